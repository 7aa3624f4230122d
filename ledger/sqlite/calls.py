"""Lists of calls: a page of those that pass a filter."""

from collections.abc import Iterable
from typing import Any

from ledger.asking import CallFilter, CallsPage
from ledger.call import Entry, State, interrupted
from ledger.ids import CallId, us_of_call_id
from ledger.sqlite.moment import Ids, Moment, ids_between
from ledger.sqlite.rows import COLUMNS, entry_of
from ledger.sqlite.search import Search, id_before, next_id


def page_before(
    moment: Moment, which: CallFilter, before: CallId | None, limit: int, search_s: float
) -> CallsPage:
    """The latest calls, or those before *before*."""
    ids = ids_between(which.from_us, which.to_us)
    ids = ids if before is None else Ids(ids.low, min(ids.high, before))
    search = Search(moment, which, ", ".join(COLUMNS), backwards=True)
    found = search.within(ids, limit + 1, search_s)
    entries = _shown(moment, found.rows[:limit])
    newest = entries[0].call.call_id if entries else None if before is None else id_before(before)
    return CallsPage(
        entries=entries,
        next_before=entries[-1].call.call_id if len(found.rows) > limit else found.came_to,
        newer_after=None if before is None else newest,
        looked_back_to_us=_came_to_us(found.came_to, is_full=len(entries) == limit),
    )


def page_after(moment: Moment, which: CallFilter, after: CallId, limit: int, search_s: float) -> CallsPage:
    """Those that come after *after*: the way back from an older page."""
    ids = ids_between(which.from_us, which.to_us)
    search = Search(moment, which, ", ".join(COLUMNS), backwards=False)
    found = search.within(Ids(max(ids.low, next_id(after)), ids.high), limit + 1, search_s)
    entries = _shown(moment, reversed(found.rows[:limit]))
    came_to = None if found.came_to is None else id_before(found.came_to)
    return CallsPage(
        entries=entries,
        next_before=entries[-1].call.call_id if entries else next_id(after),
        newer_after=entries[0].call.call_id if len(found.rows) > limit else came_to,
        looked_back_to_us=_came_to_us(found.came_to, is_full=len(entries) == limit),
    )


def _shown(moment: Moment, rows: Iterable[tuple[Any, ...]]) -> tuple[Entry, ...]:
    entries = (entry_of(row, moment.names.labels, moment.names.prices) for row in rows)
    return tuple(
        interrupted(entry) if moment.abandoned and entry.state is not State.ENDED else entry
        for entry in entries
    )


def _came_to_us(came_to: CallId | None, *, is_full: bool) -> int | None:
    return None if came_to is None or is_full else us_of_call_id(came_to)
