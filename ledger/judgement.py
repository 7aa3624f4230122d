"""The opinion on a call's cost: facts in, the ledger's entry out. Decided here and nowhere else."""

from ledger.call import Call, Entry, Outcome, Pricing, State
from ledger.price import Price
from ledger.pricebook import PriceBook
from ledger.rating import Unpriced, list_cost_of

UNMETERED = "other"
"""The operation of calls that pass without being looked into."""

_WHY_NO_USAGE = {
    Outcome.UPSTREAM_ERROR: "upstream answered an error",
    Outcome.UPSTREAM_BROKE: "upstream cut its answer",
    Outcome.TIMEOUT: "upstream was silent for too long",
    Outcome.CLIENT_LEFT: "the client left before usage was known",
    Outcome.INTERRUPTED: "interrupted",
}


def judged(
    call: Call, state: State, book: PriceBook, *, self_hosted: bool = False, billable: bool = True
) -> Entry:
    """The entry for *call* at today's knowledge of prices.

    *self_hosted*: the upstream is not billed per token. *billable* is False for what no provider charges:
    reads such as GET /v1/models, and calls that never left."""
    if state is State.OPEN:
        return Entry(call=call, state=state)
    if self_hosted:
        return Entry(call=call, state=state, pricing=Pricing.SELF_HOSTED)
    if call.usage is not None:
        return _rated(call, state, book)
    if not billable:
        return Entry(call=call, state=state, pricing=Pricing.NOT_BILLED)
    return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason=_why_no_usage(call))


def _rated(call: Call, state: State, book: PriceBook) -> Entry:
    assert call.usage is not None
    models = (call.response_model, call.request_model)
    price = book.price_of(call.provider, models, call.service_tier, call.started_us)
    cost = list_cost_of(call.usage, price, call.units)
    if isinstance(cost, Unpriced):
        return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason=cost.reason)
    assert isinstance(price, Price)
    return Entry(call=call, state=state, pricing=Pricing.PRICED, list_cost=cost, price=price)


def _why_no_usage(call: Call) -> str:
    if call.outcome is not None and call.outcome in _WHY_NO_USAGE:
        return _WHY_NO_USAGE[call.outcome]
    if call.operation == UNMETERED:
        return "this operation is not metered"
    return call.problem or "usage is not known"
