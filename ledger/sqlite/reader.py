"""The SQLite ledger, seen from those who ask: reports, exports, pages."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger import lock
from ledger.asking import (
    MOST_AT_ONCE,
    SEARCH_S,
    CallFilter,
    CallsPage,
    LedgerFacts,
    MonthSums,
    Series,
    Unit,
    UpstreamHealth,
)
from ledger.call import Entry, State, interrupted
from ledger.ids import CallId, us_of_call_id
from ledger.period import US_PER_HOUR, Period, time_of
from ledger.rollup import Dimension, Rollup, Sums, sum_of
from ledger.sqlite.calls import page_after, page_before
from ledger.sqlite.connection import explaining, open_reader
from ledger.sqlite.moment import ALL_IDS, Ids, Moment, ids_between
from ledger.sqlite.names import Names
from ledger.sqlite.query import query
from ledger.sqlite.recount import compared
from ledger.sqlite.rollups import hours_of, months_in, series_of, sums_in, sums_in_spans, sums_of_filter
from ledger.sqlite.spans import EVER
from ledger.sqlite.upstreams import health_since
from ledger.store import DemandRow, Disagreement, Group, GroupBy, ModelSeen, Report

_HOURS = {GroupBy.DAY: 24, GroupBy.HOUR: 1}
_DEMAND_ROWS_AT_A_TIME = 8192
"""Tuples of plain numbers: some 2 MB."""


class SqliteReader:
    """A ledger.store.Reader. One thread at a time; open one for each. Methods raise LedgerError."""

    def __init__(self, path: Path, limit_s: float | None = None) -> None:
        self._path = path
        self._connection = open_reader(path, limit_s)
        self._names = Names(self._connection)
        self._moment: Moment | None = None
        """Within a snapshot: what it sees."""

    def report(self, period: Period, by: GroupBy) -> Report:
        found: dict[str | None, list[Sums]] = defaultdict(list)
        with self._snapshot() as moment:
            for value, sums in _groups(moment, hours_of(period), by):
                found[value].append(sums)
        groups = [Group(value, sum_of(rows)) for value, rows in found.items()]
        groups.sort(key=(lambda group: group.value or "") if by in _HOURS else _by_cost)
        return Report(period, by, tuple(groups), sum((group.sums for group in groups), Rollup()))

    def calls(self, period: Period) -> Iterator[Entry]:
        ids = _ids(period)
        yield from self._entries("call_id >= ? AND call_id < ? ORDER BY call_id", (ids.low, ids.high))

    def last_calls(self, limit: int) -> list[Entry]:
        return list(self._entries("1 ORDER BY call_id DESC LIMIT ?", (limit,)))

    def calls_page(
        self,
        which: CallFilter,
        *,
        before: CallId | None = None,
        after: CallId | None = None,
        limit: int = 50,
        search_s: float = SEARCH_S,
    ) -> CallsPage:
        assert before is None or after is None
        with self._snapshot() as moment:
            if after is not None:
                return page_after(moment, which, after, _bounded(limit), search_s)
            return page_before(moment, which, before, _bounded(limit), search_s)

    def sums_of(self, which: CallFilter) -> Rollup | None:
        with self._snapshot() as moment:
            return sums_of_filter(moment, which)

    def call(self, call_id: CallId) -> Entry | None:
        return next(iter([*self._entries("call_id = ?", (call_id,))]), None)

    def attempts(self, logical_call_id: CallId, *, limit: int = MOST_AT_ONCE) -> list[Entry]:
        with explaining(self._path):
            found = self._connection.execute(query("attempts"), (logical_call_id, _bounded(limit))).fetchall()
            ids = [call_id for (call_id,) in found]
            return list(self._entries(f"call_id IN ({', '.join('?' * len(ids))}) ORDER BY call_id", ids))

    def tail(self, after: CallId, limit: int = 50) -> list[Entry]:
        return list(self._entries("call_id > ? ORDER BY call_id DESC LIMIT ?", (after, _bounded(limit))))

    def unfinished(self, limit: int = MOST_AT_ONCE) -> list[Entry]:
        found = self._entries("state < 2 ORDER BY call_id DESC LIMIT ?", (_bounded(limit),))
        return [entry for entry in found if entry.state is not State.ENDED]

    def series(
        self, period: Period, by: Dimension = Dimension.TOTAL, *, unit: Unit = Unit.DAY, most: int = 8
    ) -> Series:
        with self._snapshot() as moment:
            return series_of(moment, period, by, unit, most)

    def months(self) -> list[MonthSums]:
        with self._snapshot() as moment:
            return months_in(moment)

    def health(self, since_us: int) -> list[UpstreamHealth]:
        with self._snapshot() as moment:
            return health_since(moment, since_us)

    def ledger_facts(self) -> LedgerFacts:
        wal = self._path.with_name(f"{self._path.name}-wal")
        with self._snapshot() as moment:
            ends = self._first_and_last(ALL_IDS)
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            sums = (sums for _, sums in sums_in(moment, EVER, Dimension.TOTAL))
            return LedgerFacts(
                path=str(self._path),
                size_bytes=self._path.stat().st_size,
                wal_bytes=wal.stat().st_size if wal.exists() else 0,
                schema_version=version,
                sqlite_version=sqlite3.sqlite_version,
                first_us=ends and us_of_call_id(ends[0]),
                last_us=ends and us_of_call_id(ends[1]),
                calls=sum_of(sums).calls,
            )

    def demand(self, period: Period) -> Iterator[Sequence[DemandRow]]:
        ids = _ids(period)
        with self._snapshot() as moment:
            span = {"from_id": ids.low, "to_id": ids.high, "abandoned": moment.abandoned}
            rows = self._connection.execute(query("demand"), span)
            while some := rows.fetchmany(_DEMAND_ROWS_AT_A_TIME):
                yield some

    def names_of(self, labels: Iterable[int]) -> Mapping[int, str]:
        with explaining(self._path):
            return {label: self._names.labels[label] for label in labels}

    def first_and_last(self, period: Period) -> tuple[CallId, CallId] | None:
        with explaining(self._path):
            return self._first_and_last(_ids(period))

    def unpriced_since(self, period: Period, latest: int) -> int:
        ids = _ids(period)
        with self._snapshot() as moment:
            found = moment.rows("unpriced_since", from_id=ids.low, to_id=ids.high, earlier=max(latest - 1, 0))
        return us_of_call_id(CallId(found[0][0])) if found else period.from_us

    def unpriced_reasons(self, period: Period, since_us: int | None = None) -> list[tuple[str, int]]:
        ids = _ids(period) if since_us is None else ids_between(since_us, period.to_us)
        with self._snapshot() as moment:
            reasons = Counter(dict(moment.rows("unpriced_reasons", from_id=ids.low, to_id=ids.high)))
            for entry in moment.left_open(ids):
                reasons.update([interrupted(entry).unpriced_reason] if entry.state is State.OPEN else [])
        return sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))

    def models_seen(self, period: Period) -> list[ModelSeen]:
        ids = _ids(period)
        with self._snapshot() as moment:
            rows = moment.rows("models_seen", from_id=ids.low, to_id=ids.high)
        return [
            ModelSeen(
                provider=provider,
                request_model=request_model,
                response_model=response_model,
                service_tier=service_tier,
                self_hosted=bool(self_hosted),
                calls=calls,
            )
            for provider, request_model, response_model, service_tier, self_hosted, calls in rows
        ]

    def disagreements(self) -> list[Disagreement]:
        with self._snapshot() as moment:
            return [found for dimension in Dimension for found in compared(moment, dimension)]

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._snapshot():
            yield

    @contextmanager
    def _snapshot(self) -> Iterator[Moment]:
        """All questions inside see the same moment. Whether a process writes the ledger is asked first, so
        what is open at the moment stays so."""
        if self._moment is not None:
            yield self._moment
            return
        self._moment = self._now()
        try:
            with explaining(self._path):
                self._connection.execute("BEGIN")
                try:
                    yield self._moment
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("COMMIT")
        finally:
            self._moment = None

    def _now(self) -> Moment:
        return Moment(self._connection, self._names, abandoned=not lock.is_held(self._path))

    def _entries(self, where: str, values: Sequence[object]) -> Iterator[Entry]:
        with explaining(self._path):
            yield from (self._moment or self._now()).entries(f"WHERE {where}", values)

    def _first_and_last(self, ids: Ids) -> tuple[CallId, CallId] | None:
        found = self._connection.execute(query("first_and_last"), {"from_id": ids.low, "to_id": ids.high})
        first, last = found.fetchone()
        return None if first is None else (CallId(first), CallId(last))


def open_sqlite_reader(path: Path, *, limit_s: float | None = None) -> SqliteReader:
    """With *limit_s*, a question that is not answered so long after the opening raises LedgerError."""
    return SqliteReader(path, limit_s)


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_AT_ONCE))


def _ids(period: Period) -> Ids:
    return ids_between(period.from_us, period.to_us)


def _groups(moment: Moment, hours: range, by: GroupBy) -> Iterator[tuple[str | None, Sums]]:
    """A group may come more than once."""
    if by in _HOURS:
        for span, _, sums in sums_in_spans(moment, hours, Dimension.TOTAL, _HOURS[by]):
            yield _name_of(span * _HOURS[by], by), sums
    else:
        for value, sums in sums_in(moment, hours, Dimension(by.value)):
            yield value or None, sums


def _name_of(hour: int, by: GroupBy) -> str:
    start = time_of(hour * US_PER_HOUR)
    return start.strftime("%Y-%m-%d" if by is GroupBy.DAY else "%Y-%m-%dT%H:%MZ")


def _by_cost(group: Group) -> tuple[int, int, str]:
    return -group.sums.list_cost, -group.sums.calls, group.value or ""
