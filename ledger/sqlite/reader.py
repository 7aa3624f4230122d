"""The SQLite ledger, seen from those who ask: reports, exports, pages."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

from ledger import lock
from ledger.call import Entry, State, interrupted
from ledger.ids import CallId, first_call_id_at
from ledger.period import US_PER_HOUR, Period, time_of
from ledger.rollup import MEASURES, Contributions, Dimension, Rollup, Sums, sum_of
from ledger.sqlite.connection import explaining, open_reader
from ledger.sqlite.names import Names
from ledger.sqlite.rows import COLUMNS, MEASURE_COLUMNS, entry_of
from ledger.store import DemandRow, Disagreement, Group, GroupBy, ModelSeen, Report

_ROWS_AT_A_TIME = 1000
_DEMAND_ROWS_AT_A_TIME = 8192
"""Tuples of plain numbers: some 2 MB."""
_ROLLUP_COLUMNS = ", ".join(["hour", "label_id", *MEASURE_COLUMNS])


class SqliteReader:
    """A ledger.store.Reader. One thread at a time; open one for each. Methods raise LedgerError."""

    def __init__(self, path: Path, limit_s: float | None = None) -> None:
        self._path = path
        self._connection = open_reader(path, limit_s)
        self._names = Names(self._connection)
        self._abandoned: bool | None = None
        """Within a snapshot: whether no process wrote the ledger at its moment."""

    def report(self, period: Period, by: GroupBy) -> Report:
        in_time = by in (GroupBy.DAY, GroupBy.HOUR)
        dimension = Dimension.TOTAL if in_time else Dimension(by.value)
        found: dict[str | None, list[Sums]] = defaultdict(list)
        with self._snapshot() as abandoned:
            for hour, label, sums in self._sums(period, dimension, by_hour=in_time):
                found[_name_of(hour, by) if in_time else label or None].append(sums)
            for hour, value, sums in self._loose_ends(period, dimension) if abandoned else ():
                found[_name_of(hour, by) if in_time else value or None].append(sums)
        groups = [Group(value, sum_of(rows)) for value, rows in found.items()]
        groups.sort(key=(lambda group: group.value or "") if in_time else _by_cost)
        return Report(period, by, tuple(groups), sum((group.sums for group in groups), Rollup()))

    def calls(self, period: Period) -> Iterator[Entry]:
        yield from self._entries("WHERE call_id >= ? AND call_id < ? ORDER BY call_id", _ids(period))

    def last_calls(self, limit: int) -> list[Entry]:
        return list(self._entries("ORDER BY call_id DESC LIMIT ?", (limit,)))

    def demand(self, period: Period) -> Iterator[Sequence[DemandRow]]:
        from_id, to_id = _ids(period)
        with self._snapshot() as abandoned:
            span = {"from_id": from_id, "to_id": to_id, "abandoned": abandoned}
            rows = self._connection.execute(_query("demand"), span)
            while some := rows.fetchmany(_DEMAND_ROWS_AT_A_TIME):
                yield some

    def names_of(self, labels: Iterable[int]) -> Mapping[int, str]:
        with explaining(self._path):
            return {label: self._names.labels[label] for label in labels}

    def first_and_last(self, period: Period) -> tuple[CallId, CallId] | None:
        from_id, to_id = _ids(period)
        with explaining(self._path):
            found = self._connection.execute(_query("first_and_last"), {"from_id": from_id, "to_id": to_id})
            first, last = found.fetchone()
        return None if first is None else (CallId(first), CallId(last))

    def unpriced_reasons(self, period: Period) -> list[tuple[str, int]]:
        from_id, to_id = _ids(period)
        with self._snapshot() as abandoned:
            rows = self._connection.execute(_query("unpriced_reasons"), {"from_id": from_id, "to_id": to_id})
            reasons = Counter(dict(rows.fetchall()))
            for entry in self._left_open(period) if abandoned else ():
                reasons.update([interrupted(entry).unpriced_reason] if entry.state is State.OPEN else [])
        return sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))

    def models_seen(self, period: Period) -> list[ModelSeen]:
        from_id, to_id = _ids(period)
        with explaining(self._path):
            rows = self._connection.execute(
                _query("models_seen"), {"from_id": from_id, "to_id": to_id}
            ).fetchall()
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
        with self._snapshot():
            return [found for dimension in Dimension for found in self._compared(dimension)]

    def close(self) -> None:
        self._connection.close()

    def _sums(
        self, period: Period, dimension: Dimension, *, by_hour: bool
    ) -> Iterator[tuple[int, str, Sums]]:
        """Hour (0 unless by_hour), value, measures."""
        span = {"from_hour": period.from_us // US_PER_HOUR, "to_hour": period.to_us // US_PER_HOUR}
        rows = self._connection.execute(
            _query("rollup_groups"), {"dimension": dimension, "by_hour": int(by_hour), **span}
        ).fetchall()
        for hour, label_id, *sums in rows:
            yield hour, self._names.labels[label_id], tuple(sums)

    def _loose_ends(self, period: Period, dimension: Dimension) -> Iterator[tuple[int, str, Sums]]:
        """What the rollups lack while nobody has ended what a killed process left open."""
        contributions = Contributions()
        for entry in self._left_open(period):
            contributions.move(entry, interrupted(entry))
        for found, hour, value, added in contributions.by_dimension():
            if found is dimension:
                yield hour, value, added

    def _left_open(self, period: Period) -> Iterator[Entry]:
        return self._select("WHERE state < 2 AND call_id >= ? AND call_id < ?", _ids(period))

    def _entries(self, where: str, values: tuple[object, ...]) -> Iterator[Entry]:
        """Entries as they are to be shown: without a living writer nothing is still open."""
        abandoned = not lock.is_held(self._path)
        with explaining(self._path):
            for entry in self._select(where, values):
                yield interrupted(entry) if abandoned and entry.state is not State.ENDED else entry

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._snapshot():
            yield

    @contextmanager
    def _snapshot(self) -> Iterator[bool]:
        """All questions inside see the same moment. Yields whether no process wrote the ledger then: that is
        asked first, so what is open at the moment stays so."""
        if self._abandoned is not None:
            yield self._abandoned
            return
        self._abandoned = not lock.is_held(self._path)
        try:
            with explaining(self._path):
                self._connection.execute("BEGIN")
                try:
                    yield self._abandoned
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("COMMIT")
        finally:
            self._abandoned = None

    def _select(self, where: str, values: tuple[object, ...]) -> Iterator[Entry]:
        cursor = self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM call {where}", values)  # noqa: S608
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            for row in rows:
                yield entry_of(row, self._names.labels, self._names.prices)

    def _compared(self, dimension: Dimension) -> Iterator[Disagreement]:
        kept = self._connection.execute(
            f"SELECT {_ROLLUP_COLUMNS} FROM rollup_hour WHERE dimension = ?",  # noqa: S608
            (dimension,),
        )
        in_rollup = {(hour, label_id): sums for hour, label_id, *sums in kept}
        counted = self._connection.execute(_recount_sql(dimension))
        in_calls = {(hour, label_id): sums for hour, label_id, *sums in counted}
        nothing = [0] * len(MEASURES)
        for cell in sorted(in_rollup.keys() | in_calls.keys()):
            kept_sums, counted_sums = in_rollup.get(cell, nothing), in_calls.get(cell, nothing)
            for measure, kept_sum, counted_sum in zip(MEASURES, kept_sums, counted_sums, strict=True):
                if kept_sum != counted_sum:
                    value = self._names.labels[cell[1]]
                    yield Disagreement(dimension, cell[0], value, measure, kept_sum, counted_sum)


def open_sqlite_reader(path: Path, *, limit_s: float | None = None) -> SqliteReader:
    """With *limit_s*, a question that is not answered so long after the opening raises LedgerError."""
    return SqliteReader(path, limit_s)


@cache
def _query(name: str) -> str:
    return files("ledger.sqlite").joinpath("queries", f"{name}.sql").read_text("utf-8")


def _recount_sql(dimension: Dimension) -> str:
    """The rollup of one dimension, counted from the calls: what ledger.rollup says, said again in SQL."""
    label = {
        Dimension.TOTAL: "0",
        Dimension.MODEL: "coalesce(nullif(request_model_label, 0), response_model_label, 0)",
    }.get(dimension, f"coalesce({dimension}_label, 0)")
    return (
        f"SELECT started_us / {US_PER_HOUR} AS hour, {label} AS label_id,"  # noqa: S608
        " count(*), sum(coalesce(input_tokens, 0)), sum(coalesce(cache_read_tokens, 0)),"
        " sum(coalesce(cache_write_tokens, 0)), sum(coalesce(output_tokens, 0)),"
        " sum(coalesce(reasoning_tokens, 0)), sum(coalesce(list_cost_nusd, 0)),"
        " sum(pricing IS 'unpriced'), sum(pricing IS 'self_hosted'), sum(pricing IS 'not_billed'),"
        " sum(usage_basis IN ('estimated', 'partial')), sum(outcome IS 'interrupted'),"
        " sum(coalesce(outcome IN ('upstream_error', 'upstream_broke', 'timeout'), 0)),"
        " sum(coalesce(upstream_cost_nusd, 0)),"
        " sum(CASE WHEN upstream_cost_nusd IS NULL THEN 0 ELSE coalesce(list_cost_nusd, 0) END),"
        " sum(CASE WHEN usage_basis IN ('estimated', 'partial') THEN coalesce(list_cost_nusd, 0) ELSE 0 END)"
        " FROM call WHERE state > 0 GROUP BY 1, 2"
    )


def _ids(period: Period) -> tuple[CallId, CallId]:
    return first_call_id_at(period.from_us), first_call_id_at(period.to_us)


def _name_of(hour: int, by: GroupBy) -> str:
    start = time_of(hour * US_PER_HOUR)
    return start.strftime("%Y-%m-%d" if by is GroupBy.DAY else "%Y-%m-%dT%H:%MZ")


def _by_cost(group: Group) -> tuple[int, int, str]:
    return -group.sums.list_cost, -group.sums.calls, group.value or ""
