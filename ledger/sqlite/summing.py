"""The rollups, seen from their one writer: sums are added to hours, and hours that are over are folded into
days, and days that are over into months.

An hour is folded once, when a call of a later one comes; what is told of it afterwards is added to all sums.
So a call costs what it did without them."""

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ledger.rollup import Dimension
from ledger.sqlite.rows import MEASURE_COLUMNS
from ledger.sqlite.spans import HOURS_A_DAY, Table, day_of, month_at, month_of_hour, months_between

log = logging.getLogger(__name__)

FOLD_HOURS = 6
"""Together. A report of today by 200 users reads 1,200 rows of hours at most, which takes 1 ms; more at once
would be less work for the writer, which is 2 % of writing now."""
SAY_AFTER_S = 1.0
"""What takes longer is told of, each time that so much has passed."""
Row = tuple[Any, ...]
"""Dimension, hour, number of the label, measures."""


def folded_before(connection: sqlite3.Connection) -> int:
    """The hour up to which days have all sums; months have them up to its day."""
    (hour,) = connection.execute("SELECT hour FROM rollup_folded").fetchone()
    return int(hour)


class Summing:
    """Of the connection that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._folded_before = self._tried = folded_before(connection)
        self._newest_hour = _newest_hour(connection)

    def add(self, rows: Sequence[Row]) -> None:
        """In the transaction that writes the calls."""
        if not rows:
            return
        self._connection.executemany(_ADD[Table.HOUR], rows)
        hours = [row[1] for row in rows]
        self._newest_hour = max(self._newest_hour, *hours)
        if min(hours) < self._folded_before:
            self._add_late(rows)

    def _add_late(self, rows: Sequence[Row]) -> None:
        """What is told of hours that were folded already."""
        today = day_of(self._folded_before)
        days = [(row[0], day_of(row[1]), *row[2:]) for row in rows if row[1] < self._folded_before]
        months = [(row[0], month_of_hour(row[1]), *row[2:]) for row in rows if row[1] < today]
        self._connection.executemany(_ADD[Table.DAY], days)
        self._connection.executemany(_ADD[Table.MONTH], months)

    def fold(self) -> None:
        """What is over, in transactions of its own. What cannot be folded is read from hours, and tried again
        when more is over: no reason to raise."""
        end = self._newest_hour // FOLD_HOURS * FOLD_HOURS
        if end <= self._tried:
            return
        self._tried = end
        try:
            self._fold_before(end)
        except sqlite3.Error as error:
            log.warning("hours cannot be summed up by day, so that reports are slow: %s", error)

    def _fold_before(self, end: int) -> None:
        say_at = time.monotonic() + SAY_AFTER_S
        for hours in self._unfolded(end):
            if time.monotonic() > say_at:
                say_at = time.monotonic() + SAY_AFTER_S
                log.warning("the ledger's hours are being summed up by day, once: %s", month_at(hours.start))
            with self._transaction():
                self._fold(hours)
            self._folded_before = hours.stop

    def _unfolded(self, end: int) -> Iterator[range]:
        """From the first hour that has calls, a month at a time."""
        first = _first(self._connection, Table.HOUR, self._folded_before)
        return iter(()) if first is None else months_between(range(first, end))

    def _fold(self, hours: range) -> None:
        self._into(_INTO_DAYS, hours, 0)
        first = _first(self._connection, Table.DAY, day_of(self._folded_before))
        if first is not None:
            for days in months_between(range(first, day_of(hours.stop))):
                self._into(_INTO_MONTH, days, month_of_hour(days.start))
        self._connection.execute("UPDATE rollup_folded SET hour = ?", (hours.stop,))

    def _into(self, statement: str, hours: range, month: int) -> None:
        span = {"month": month, "from_hour": hours.start, "to_hour": hours.stop}
        self._connection.executemany(statement, [{"dimension": each.value, **span} for each in Dimension])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _first(connection: sqlite3.Connection, table: Table, from_hour: int) -> int | None:
    """The first hour, or the first of a day, that has calls."""
    found = connection.execute(
        f"SELECT min(hour) FROM {table} WHERE dimension = 'total' AND hour >= ?",  # noqa: S608
        (from_hour,),
    )
    hour: int | None = found.fetchone()[0]
    return hour


def _newest_hour(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT max(hour) FROM rollup_hour WHERE dimension = 'total'")
    return int(found.fetchone()[0] or 0)


_MEASURES = ", ".join(MEASURE_COLUMNS)
_SUMS = ", ".join(f"sum({column})" for column in MEASURE_COLUMNS)
_ADDING = "ON CONFLICT DO UPDATE SET " + ", ".join(
    f"{column} = {column} + excluded.{column}" for column in MEASURE_COLUMNS
)
_ADD = {
    table: f"INSERT INTO {table} (dimension, hour, label_id, {_MEASURES})"  # noqa: S608
    f" VALUES (?, ?, ?{', ?' * len(MEASURE_COLUMNS)}) {_ADDING}"
    for table in Table
}
_INTO_DAYS = (
    f"INSERT INTO rollup_day (dimension, hour, label_id, {_MEASURES})"  # noqa: S608
    f" SELECT dimension, hour / {HOURS_A_DAY} * {HOURS_A_DAY} AS day, label_id, {_SUMS} FROM rollup_hour"
    f" WHERE dimension = :dimension AND hour >= :from_hour AND hour < :to_hour"
    f" GROUP BY day, label_id {_ADDING}"
)
_INTO_MONTH = (
    f"INSERT INTO rollup_month (dimension, hour, label_id, {_MEASURES})"  # noqa: S608
    f" SELECT dimension, :month, label_id, {_SUMS} FROM rollup_day"
    f" WHERE dimension = :dimension AND hour >= :from_hour AND hour < :to_hour GROUP BY label_id {_ADDING}"
)
