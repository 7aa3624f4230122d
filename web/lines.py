"""One call as a line of the page."""

from dataclasses import dataclass
from enum import StrEnum

from ledger.call import Call, Entry, Outcome, UsageBasis
from ledger.ids import render_call_id
from ledger.units import Units
from web.costs import Cost, cost_of_entry
from web.filters import duration, tokens


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


_UNITS = {
    "images": "image",
    "characters": "character",
    "web_searches": "web search",
    "file_searches": "file search",
    "search_units": "search unit",
    "pages": "page",
}
"""What one of each is called; audio is a duration and not a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    call_id: str
    """As an address has it."""
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
    units: str
    """What is charged for beside tokens, or in place of them; empty where nothing is."""
    basis: str
    """Empty where upstream itself said how many tokens there were."""
    cost: Cost
    duration_us: int | None
    first_byte_us: int | None
    """Since the start."""


def line_of(entry: Entry) -> CallLine:
    call, usage = entry.call, entry.call.usage
    ending, outcome = _ENDINGS[call.outcome] if call.outcome else (Ending.NOT_YET, "under way")
    return CallLine(
        call_id=render_call_id(call.call_id),
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
        units=_units_in_words(call.units) if call.units else "",
        basis=_BASES[call.usage_basis],
        cost=cost_of_entry(entry),
        duration_us=_since_start(call, call.ended_us),
        first_byte_us=_since_start(call, call.first_byte_us),
    )


def _since_start(call: Call, us: int | None) -> int | None:
    """A clock that was set back meanwhile takes nothing away."""
    return None if us is None else max(us - call.started_us, 0)


def _units_in_words(units: Units) -> str:
    """
    >>> _units_in_words(Units(images=1, audio_ms=2500, web_searches=2))
    '1 image, 2.5 s of audio, 2 web searches'
    """
    told = [_how_many(getattr(units, name), one) for name, one in _UNITS.items() if getattr(units, name)]
    if units.audio_ms:
        told.insert(bool(units.images), f"{duration(units.audio_ms * 1000)} of audio")
    return ", ".join(told)


def _how_many(count: int, one: str) -> str:
    ending = "" if count == 1 else "es" if one.endswith("search") else "s"
    return f"{tokens(count)} {one}{ending}"
