"""One call as a line of the page."""

from dataclasses import dataclass
from enum import StrEnum

from ledger.call import Entry, Outcome, UsageBasis
from web.costs import Cost, cost_of_entry


class Ending(StrEnum):
    """How a call went, as far as its colour is concerned."""

    WELL = "well"
    CUT = "cut"
    FAILED = "failed"
    NOT_YET = "not-yet"


_ENDINGS = {
    Outcome.OK: (Ending.WELL, "ok"),
    Outcome.UPSTREAM_ERROR: (Ending.FAILED, "upstream error"),
    Outcome.UPSTREAM_BROKE: (Ending.FAILED, "upstream broke off"),
    Outcome.TIMEOUT: (Ending.FAILED, "timed out"),
    Outcome.CLIENT_LEFT: (Ending.CUT, "client left"),
    Outcome.INTERRUPTED: (Ending.CUT, "interrupted"),
}
_BASES = {
    UsageBasis.REPORTED: "",
    UsageBasis.ESTIMATED: "estimated",
    UsageBasis.PARTIAL: "partly seen, estimated",
    UsageBasis.NONE: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    started_us: int
    model: str | None
    request: str
    """What stands for a model where a call has none."""
    workload: str | None
    http_status: int | None
    ending: Ending
    outcome: str
    problem: str
    """Empty where the cost's own reason says it."""
    attempt: int
    """1 for the first; more where payback tried again."""
    input_tokens: int | None
    cache_read_tokens: int | None
    output_tokens: int | None
    basis: str
    """Empty where upstream itself said how many tokens there were."""
    cost: Cost
    duration_us: int | None


def line_of(entry: Entry) -> CallLine:
    call, usage = entry.call, entry.call.usage
    ending, outcome = _ENDINGS[call.outcome] if call.outcome else (Ending.NOT_YET, "under way")
    return CallLine(
        started_us=call.started_us,
        model=call.model,
        request=call.http_request or call.operation,
        workload=call.who.workload,
        http_status=call.http_status,
        ending=ending,
        outcome=outcome,
        problem="" if call.problem in (None, entry.unpriced_reason) else call.problem,
        attempt=call.retry_number + 1,
        input_tokens=usage.input_tokens if usage else None,
        cache_read_tokens=usage.cache_read_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        basis=_BASES[call.usage_basis],
        cost=cost_of_entry(entry),
        duration_us=None if call.ended_us is None else max(call.ended_us - call.started_us, 0),
    )
