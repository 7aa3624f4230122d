"""Calls that pass a filter, from one end of a span of ids: in steps, as a search must end in time.

Hours that cannot have such calls are left out by what rollups say of them. What is open is in no rollup,
so its hours are always looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from time import monotonic
from typing import Any

from ledger.asking import CallFilter
from ledger.ids import CallId, us_of_call_id
from ledger.period import US_PER_HOUR
from ledger.sqlite.conditions import Conditions, conditions_of
from ledger.sqlite.moment import FIRST_ID, NO_ID_AFTER, Ids, Moment, ids_of_hours
from ledger.sqlite.spans import HOURS_A_DAY, Span, Table, spans_of
from ledger.sqlite.summing import folded_before

_FIRST_STEP = 500
"""Rows. A common filter has its page filled by them."""
_LARGEST_STEP = 8000
"""Rows: some 5 ms, by which a search may last too long."""
_HOURS_AT_ONCE = 24
_AGAIN = "logical_call_id = :logical_call_id AND logical_call_id <> call_id AND "
"""Has an index."""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Found:
    rows: list[Row]
    """In the order of the search."""
    came_to: CallId | None
    """Where the time was used up: everything on this side of it was looked at. None: everything was."""


@dataclass(frozen=True, slots=True)
class Search:
    """*columns* of the calls that pass *which*; backwards: from the latest on."""

    moment: Moment
    which: CallFilter
    columns: str
    backwards: bool
    beside: str = ""
    """One more condition."""

    def within(self, ids: Ids, limit: int, search_s: float) -> Found:
        conditions = conditions_of(self.which, self.moment)
        if conditions is None or ids.is_empty:
            return Found([], None)
        until, found = monotonic() + search_s, list[Row]()
        for step, narrowed in self._steps(ids, conditions):
            found += self._passing(step, conditions, narrowed, limit - len(found))
            if len(found) >= limit:
                return Found(found, None)
            if monotonic() > until:
                return Found(found, step.low if self.backwards else step.high)
        return Found(found, None)

    def _passing(self, ids: Ids, conditions: Conditions, narrowed: str, limit: int) -> list[Row]:
        told = " AND ".join(part for part in (conditions.of_call, self.beside) if part)
        return self.moment.connection.execute(
            f"SELECT {self.columns} FROM call WHERE {narrowed}call_id >= :low AND call_id < :high"  # noqa: S608
            f" AND {told or '1'} ORDER BY call_id {self._order} LIMIT :limit",
            {**conditions.values, "low": ids.low, "high": ids.high, "limit": limit},
        ).fetchall()

    @property
    def _order(self) -> str:
        return "DESC" if self.backwards else "ASC"

    def _steps(self, ids: Ids, conditions: Conditions) -> Iterator[tuple[Ids, str]]:
        """Spans of few rows, and what else is known of the rows that are wanted there."""
        if not conditions.of_call:
            yield ids, ""
            return
        rows = _FIRST_STEP
        for span, narrowed in self._spans(ids, conditions):
            while not span.is_empty:
                step, span = self._cut(span, narrowed, conditions, rows)
                rows = min(2 * rows, _LARGEST_STEP)
                yield step, narrowed

    def _cut(self, span: Ids, narrowed: str, conditions: Conditions, rows: int) -> tuple[Ids, Ids]:
        """The first rows of *span*, and the rest of it."""
        found = self.moment.connection.execute(
            f"SELECT call_id FROM call WHERE {narrowed}call_id >= :low AND call_id < :high"  # noqa: S608
            f" ORDER BY call_id {self._order} LIMIT 1 OFFSET :rows",
            {**conditions.values, "low": span.low, "high": span.high, "rows": rows},
        ).fetchone()
        if found is None:
            return span, Ids(span.high, span.high)
        at = CallId(found[0])
        below, above = Ids(span.low, at), Ids(at, span.high)
        return (Ids(next_id(at), span.high), Ids(span.low, next_id(at))) if self.backwards else (below, above)

    def _spans(self, ids: Ids, conditions: Conditions) -> Iterator[tuple[Ids, str]]:
        if self.which.logical_call_id is not None:
            first, second = self.which.logical_call_id, next_id(self.which.logical_call_id)
            spans = [
                (Ids(FIRST_ID, first), _AGAIN),
                (Ids(first, second), ""),
                (Ids(second, NO_ID_AFTER), _AGAIN),
            ]
            for span, narrowed in reversed(spans) if self.backwards else spans:
                yield span.common(ids), narrowed
        elif conditions.hours:
            for hours in runs_of(self._hours(ids, conditions)):
                yield ids_of_hours(hours.start, hours.stop).common(ids), conditions.indexed
        else:
            yield ids, conditions.indexed

    def _hours(self, ids: Ids, conditions: Conditions) -> Iterator[int]:
        unfinished = self.moment.connection.execute(
            "SELECT call_id FROM call WHERE state < 2 AND call_id >= ? AND call_id < ?", (ids.low, ids.high)
        )
        open_hours = sorted({_hour_of(call_id) for (call_id,) in unfinished}, reverse=self.backwards)
        hours = range(_hour_of(ids.low), _hour_of(ids.high) + 1)
        return merge(self._told(hours, conditions), open_hours, reverse=self.backwards)

    def _told(self, hours: range, conditions: Conditions) -> Iterator[int]:
        """By rollups. Days are asked first, where they are summed up: a year of a rare name has few."""
        folded = folded_before(self.moment.connection)
        spans = spans_of(hours, folded, Table.DAY)
        for span in reversed(spans) if self.backwards else spans:
            for hour in self._told_by(span, conditions):
                if span.table is Table.HOUR:
                    yield hour
                else:
                    within = Span(Table.HOUR, range(hour, min(hour + HOURS_A_DAY, folded)))
                    yield from self._told_by(within, conditions)

    def _told_by(self, span: Span, conditions: Conditions) -> Iterator[int]:
        asked = conditions.hours.replace(Table.HOUR, span.table)
        ends = {"from_hour": span.hours.start, "to_hour": span.hours.stop}
        found = self.moment.connection.execute(f"{asked} {self._order}", {**conditions.values, **ends})
        return (hour for (hour,) in found)


def next_id(call_id: CallId) -> CallId:
    """Nothing sorts between the two. After the last there is none: it stays."""
    return CallId(min(int.from_bytes(call_id, "big") + 1, (1 << 128) - 1).to_bytes(16, "big"))


def id_before(call_id: CallId) -> CallId:
    return CallId(max(int.from_bytes(call_id, "big") - 1, 0).to_bytes(16, "big"))


def runs_of(hours: Iterator[int]) -> Iterator[range]:
    """Neighbouring hours as one, up to a day of them; *hours* rise or fall, and may come twice.

    >>> list(runs_of(iter([9, 8, 8, 7, 3])))
    [range(7, 10), range(3, 4)]
    """
    run: range | None = None
    for hour in hours:
        if run is not None and hour in run:
            continue
        grown = None if run is None else range(min(hour, run.start), max(hour + 1, run.stop))
        if run is not None and grown is not None and len(grown) == len(run) + 1 <= _HOURS_AT_ONCE:
            run = grown
            continue
        if run is not None:
            yield run
        run = range(hour, hour + 1)
    if run is not None:
        yield run


def _hour_of(call_id: CallId) -> int:
    return us_of_call_id(call_id) // US_PER_HOUR
