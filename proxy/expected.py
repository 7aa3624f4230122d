"""What a call may cost at most, as far as its request tells. Pure.

Of the input the size of the body is known, and of the output what the request allows. What it does not say
counts for nothing: an output without a limit, images and sound, what upstream keeps and adds, searches."""

from ledger.money import LARGEST_CHARGE, NOTHING, NanoUsd
from ledger.needs import Needs
from ledger.pricebook import PriceBook, is_standard
from ledger.rating import TOO_LARGE, Unpriced, rate
from ledger.usage import TokenUsage
from proxy.plan import Plan

BYTES_PER_TOKEN = 2
"""Of a body of text. Errs high: prose and code in JSON have 3 to 5 bytes a token with OpenAI's tokenizers,
Chinese and Japanese 3 to 4; long numbers and random letters come near to 2. It leaves room for input that is
written into a cache, which costs up to twice as much."""
_MEDIA = Needs.IMAGES | Needs.AUDIO


def expected_cost(plan: Plan, prices: PriceBook) -> NanoUsd | Unpriced:
    """At the price that holds when the call begins, with nothing read from a cache.

    Of a request that names no model, or was not read for it, nothing is known: the answer may name one that
    has a price."""
    if plan.starts_billed:
        return NOTHING
    if plan.target.dialect is None and plan.session is None:
        return Unpriced("this operation is not metered")
    if plan.model is None and plan.call.provider is not None:
        return NOTHING
    return _cost_at(plan, prices, plan.asked.service_tier)


def standard_cost(plan: Plan, prices: PriceBook) -> NanoUsd:
    """Likewise, of a call whose service tier has no price, at that of the standard tier; nothing where there
    is none, either."""
    if plan.target.dialect is None or plan.model is None or is_standard(plan.asked.service_tier):
        return NOTHING
    cost = _cost_at(plan, prices, None)
    return NOTHING if isinstance(cost, Unpriced) else cost


def _cost_at(plan: Plan, prices: PriceBook, service_tier: str | None) -> NanoUsd | Unpriced:
    call, asked = plan.call, plan.asked
    price = prices.price_of(call.provider, (plan.model,), service_tier, call.started_us)
    usage = TokenUsage(input_tokens=_input_tokens(plan), output_tokens=asked.most_output_tokens or 0)
    charge = rate(usage, price, asked.units)
    if isinstance(charge, Unpriced):
        return LARGEST_CHARGE if charge is TOO_LARGE else charge
    return charge.list_cost


def _input_tokens(plan: Plan) -> int:
    """Of a prompt with images or sound in it, the size says nothing."""
    dialect, asked = plan.target.dialect, plan.asked
    if dialect is None or dialect.shape is None or asked.text is None:
        return 0
    return 0 if asked.needs is not None and asked.needs & _MEDIA else -(-len(asked.text) // BYTES_PER_TOKEN)
