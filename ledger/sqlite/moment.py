"""The ledger as one transaction sees it: what all questions are asked of."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.call import Entry, State, interrupted
from ledger.ids import CallId, first_call_id_at
from ledger.period import US_PER_HOUR
from ledger.sqlite.names import Names
from ledger.sqlite.query import query
from ledger.sqlite.rows import COLUMNS, entry_of
from ledger.sqlite.spans import Table, spans_of
from ledger.sqlite.summing import folded_before

_ROWS_AT_A_TIME = 1000
LATEST_US = ((1 << 48) - 1) * 1000
"""Ids have 48 bits for their milliseconds."""


@dataclass(frozen=True, slots=True)
class Ids:
    """A span of call ids, which is one of time: *low* inclusive, *high* exclusive."""

    low: CallId
    high: CallId

    @property
    def is_empty(self) -> bool:
        return self.low >= self.high

    def common(self, other: "Ids") -> "Ids":
        return Ids(max(self.low, other.low), min(self.high, other.high))


FIRST_ID = CallId(bytes(16))
NO_ID_AFTER = CallId(b"\xff" * 16)
ALL_IDS = Ids(FIRST_ID, NO_ID_AFTER)


def ids_between(from_us: int | None, to_us: int | None) -> Ids:
    low = FIRST_ID if from_us is None else first_call_id_at(min(from_us, LATEST_US))
    return Ids(low, NO_ID_AFTER if to_us is None else first_call_id_at(min(to_us, LATEST_US)))


def ids_of_hours(from_hour: int, to_hour: int) -> Ids:
    return ids_between(from_hour * US_PER_HOUR, to_hour * US_PER_HOUR)


@dataclass(frozen=True, slots=True)
class Moment:
    connection: sqlite3.Connection
    names: Names
    abandoned: bool
    """No process writes the ledger: what is open was left so, and is answered as interrupted."""

    def rows(self, name: str, **values: object) -> list[tuple[Any, ...]]:
        """The answer to queries/*name*.sql."""
        return self.connection.execute(query(name), values).fetchall()

    def summed(
        self, name: str, hours: range, coarsest: Table = Table.MONTH, **values: object
    ) -> list[tuple[Any, ...]]:
        """The answers to queries/*name*.sql, which asks for *hours* of rollup_hour, put to the tables that
        have those hours summed up: a group may come more than once."""
        asked = query(name)
        rows: list[tuple[Any, ...]] = []
        for span in spans_of(hours, folded_before(self.connection), coarsest):
            named = {**values, "from_hour": span.hours.start, "to_hour": span.hours.stop}
            rows += self.connection.execute(asked.replace(Table.HOUR, span.table), named)
        return rows

    def label_of(self, text: str) -> int | None:
        """None: no row has that text anywhere."""
        found = self.connection.execute("SELECT label_id FROM label WHERE text = ?", (text,)).fetchone()
        return None if found is None else int(found[0])

    def kept(self, where: str, values: Sequence[object] | dict[str, object]) -> Iterator[Entry]:
        """Entries as they are in the file."""
        cursor = self.connection.execute(f"SELECT {', '.join(COLUMNS)} FROM call {where}", values)  # noqa: S608
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            for row in rows:
                yield entry_of(row, self.names.labels, self.names.prices)

    def entries(self, where: str, values: Sequence[object] | dict[str, object]) -> Iterator[Entry]:
        """Entries as they are to be shown: without a living writer nothing is still open."""
        for entry in self.kept(where, values):
            yield interrupted(entry) if self.abandoned and entry.state is not State.ENDED else entry

    def left_open(self, ids: Ids) -> Iterator[Entry]:
        """What rollups lack, as nobody has ended it: as it was left."""
        if self.abandoned:
            yield from self.kept("WHERE state < 2 AND call_id >= ? AND call_id < ?", (ids.low, ids.high))
