"""The proof that rollups are the sums of their calls: hours of the calls, days of hours, months of days."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from ledger.period import US_PER_HOUR
from ledger.rollup import MEASURES, Dimension
from ledger.sqlite.conditions import label_sql
from ledger.sqlite.moment import Moment
from ledger.sqlite.rows import MEASURE_COLUMNS
from ledger.sqlite.spans import HOURS_A_DAY, Table, day_of, month_of_hour, months_between
from ledger.sqlite.summing import folded_before
from ledger.store import Disagreement

_NOTHING = (0,) * len(MEASURES)
_MEASURES = ", ".join(MEASURE_COLUMNS)
_SUMS = ", ".join(f"sum({column})" for column in MEASURE_COLUMNS)
_UNITS = {Table.HOUR: "hour", Table.DAY: "day", Table.MONTH: "month"}
Row = tuple[Any, ...]
"""Hour, number of the label, measures; in the order of the first two."""
Pair = tuple[Row, Row]
"""Of one hour and label: as it is kept, and as it was counted."""


def compared(moment: Moment, dimension: Dimension) -> Iterator[Disagreement]:
    connection = moment.connection
    again = {
        Table.HOUR: connection.execute(_recount_sql(dimension)),
        Table.DAY: _days(connection, dimension),
        Table.MONTH: _months(connection, dimension),
    }
    for table, counted in again.items():
        kept = connection.execute(
            f"SELECT hour, label_id, {_MEASURES} FROM {table} WHERE dimension = ? ORDER BY hour, label_id",  # noqa: S608
            (dimension,),
        )
        for ours, theirs in _unequal(kept, counted):
            for measure, kept_sum, counted_sum in zip(MEASURES, ours[2:], theirs[2:], strict=True):
                if kept_sum != counted_sum:
                    value = moment.names.labels[ours[1]]
                    yield Disagreement(
                        dimension, ours[0], value, measure, kept_sum, counted_sum, _UNITS[table]
                    )


def _unequal(kept: Iterable[Row], counted: Iterable[Row]) -> Iterator[Pair]:
    """Both are read along: a ledger has millions of them. What one of the two lacks is nothing there."""
    ours, theirs = iter(kept), iter(counted)
    left, right = next(ours, None), next(theirs, None)
    while left is not None or right is not None:
        cell = min(row[:2] for row in (left, right) if row is not None)
        pair = tuple(row if row is not None and row[:2] == cell else None for row in (left, right))
        if pair[0] != pair[1]:
            yield pair[0] or (*cell, *_NOTHING), pair[1] or (*cell, *_NOTHING)
        left = left if pair[0] is None else next(ours, None)
        right = right if pair[1] is None else next(theirs, None)


def _days(connection: sqlite3.Connection, dimension: Dimension) -> Iterable[Row]:
    """Of what is folded."""
    return connection.execute(
        f"SELECT hour / {HOURS_A_DAY} * {HOURS_A_DAY} AS day, label_id, {_SUMS} FROM rollup_hour"  # noqa: S608
        " WHERE dimension = ? AND hour < ? GROUP BY day, label_id ORDER BY day, label_id",
        (dimension, folded_before(connection)),
    )


def _months(connection: sqlite3.Connection, dimension: Dimension) -> Iterable[Row]:
    (first,) = connection.execute(
        "SELECT min(hour) FROM rollup_day WHERE dimension = ?", (dimension,)
    ).fetchone()
    days = range(0) if first is None else range(first, day_of(folded_before(connection)))
    return chain.from_iterable(
        connection.execute(
            f"SELECT ?, label_id, {_SUMS} FROM rollup_day"  # noqa: S608
            " WHERE dimension = ? AND hour >= ? AND hour < ? GROUP BY label_id ORDER BY label_id",
            (month_of_hour(hours.start), dimension, hours.start, hours.stop),
        )
        for hours in months_between(days)
    )


def _recount_sql(dimension: Dimension) -> str:
    """The rollup of one dimension, counted from the calls: what ledger.rollup says, said again in SQL."""
    return (
        f"SELECT started_us / {US_PER_HOUR} AS hour, {label_sql(dimension)} AS label_id,"  # noqa: S608
        " count(*), sum(coalesce(input_tokens, 0)), sum(coalesce(cache_read_tokens, 0)),"
        " sum(coalesce(cache_write_tokens, 0)), sum(coalesce(output_tokens, 0)),"
        " sum(coalesce(reasoning_tokens, 0)), sum(coalesce(list_cost_nusd, 0)),"
        " sum(pricing IS 'unpriced'), sum(pricing IS 'self_hosted'), sum(pricing IS 'not_billed'),"
        " sum(usage_basis IN ('estimated', 'partial')), sum(outcome IS 'interrupted'),"
        " sum(coalesce(outcome IN ('upstream_error', 'upstream_broke', 'timeout'), 0)),"
        " sum(coalesce(upstream_cost_nusd, 0)),"
        " sum(CASE WHEN upstream_cost_nusd IS NULL THEN 0 ELSE coalesce(list_cost_nusd, 0) END),"
        " sum(CASE WHEN usage_basis IN ('estimated', 'partial') THEN coalesce(list_cost_nusd, 0) ELSE 0 END)"
        " FROM call WHERE state > 0 GROUP BY hour, label_id ORDER BY hour, label_id"
    )
