"""What a test says of a row of the ledger."""

from dataclasses import dataclass

from ledger.call import Entry, Outcome, Pricing, UsageBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A call that went well, with tokens that upstream reported."""

    operation: str = "chat"
    model: str
    client: str
    tokens: tuple[int, int]
    """Input and output."""
    stream: bool = True


def told(row: Entry) -> Told:
    """Fails unless the call went well and upstream reported its tokens."""
    call = row.call
    assert (call.outcome, call.usage_basis) == (Outcome.OK, UsageBasis.REPORTED), row
    assert row.pricing in (Pricing.PRICED, Pricing.SELF_HOSTED), row
    assert call.usage is not None
    return Told(
        operation=call.operation,
        model=call.request_model or "",
        client=call.who.client or "",
        tokens=(call.usage.input_tokens, call.usage.output_tokens),
        stream=call.stream,
    )
