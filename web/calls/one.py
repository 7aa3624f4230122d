"""The ledger's answer -> what the page of one call says. Everything but `ask` is pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.call import Entry
from ledger.ids import CallId, render_call_id
from ledger.money import NanoUsd
from ledger.store import Reader
from web.calls.charges import Charges, Remedy, charges_of, remedy_of
from web.calls.facts import Count, Section, day_query, reported_of, sections_of, tokens_of
from web.costs import Cost, cost_of_entry
from web.lines import CallLine, line_of

MOST_ATTEMPTS = 20
"""Listed on the page; the list of calls has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    entry: Entry
    attempts: Sequence[Entry]
    """Of the same call of the application, this one among them; some of them where there are many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamsOwn:
    """What upstream itself says that the call costs."""

    cost: NanoUsd
    more: NanoUsd | None
    """Than our list cost; None: that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """Everything that the template prints."""

    call_id: str
    logical_call_id: str
    line: CallLine
    cost: Cost
    charges: Charges | None
    remedy: Remedy | None
    upstreams_own: UpstreamsOwn | None
    tokens: tuple[Count, ...]
    sections: tuple[Section, ...]
    reported: tuple[tuple[str, str], ...]
    attempts: tuple[CallLine, ...]
    """Empty where this one is the only one."""
    has_more_attempts: bool
    day_query: str
    is_under_way: bool


def ask(reader: Reader, call_id: CallId) -> Answers | None:
    """Blocks while the ledger is read. None: the ledger has no such call."""
    entry = reader.call(call_id)
    if entry is None:
        return None
    return Answers(entry=entry, attempts=reader.attempts(entry.call.logical_call_id, limit=MOST_ATTEMPTS + 1))


def call_page(answers: Answers) -> CallPage:
    entry, attempts = answers.entry, answers.attempts
    return CallPage(
        call_id=render_call_id(entry.call.call_id),
        logical_call_id=render_call_id(entry.call.logical_call_id),
        line=line_of(entry),
        cost=cost_of_entry(entry),
        charges=charges_of(entry),
        remedy=remedy_of(entry),
        upstreams_own=_upstreams_own(entry),
        tokens=tokens_of(entry.call.usage, entry.call.units),
        sections=sections_of(entry),
        reported=reported_of(entry.call),
        attempts=tuple(map(line_of, attempts[:MOST_ATTEMPTS])) if len(attempts) > 1 else (),
        has_more_attempts=len(attempts) > MOST_ATTEMPTS,
        day_query=day_query(entry.call),
        is_under_way=entry.call.outcome is None,
    )


def _upstreams_own(entry: Entry) -> UpstreamsOwn | None:
    cost, ours = entry.call.upstream_cost, entry.list_cost
    if cost is None:
        return None
    return UpstreamsOwn(cost=cost, more=None if ours is None else NanoUsd(cost - ours))
