"""Names that the ledger has learned lately, for whoever bounds how many it learns."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ledger.period import US_PER_HOUR
from ledger.rollup import Dimension
from ledger.sqlite.connection import explaining, open_reader
from ledger.sqlite.names import Names
from ledger.sqlite.query import query

MOST_ROWS = 20_000
"""Of each dimension's rollups, and of calls: 0.2 s in all of any ledger, at 10,000 names of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesLately:
    """The latest first, each once."""

    workloads: list[str]
    projects: list[str]
    users: list[str]
    keys: list[str]
    clients: list[str]
    models: list[str]
    """Of requests; of answers where the request named none."""
    response_models: list[str]
    http_requests: list[str]
    service_tiers: list[str]


def names_lately(path: Path, from_us: int, most_rows: int = MOST_ROWS) -> NamesLately:
    """Of what started in the hour of *from_us* or later. Raises LedgerError."""
    connection = open_reader(path)
    try:
        with explaining(path):
            return _names_lately(connection, from_us - from_us % US_PER_HOUR, most_rows)
    finally:
        connection.close()


def _names_lately(connection: sqlite3.Connection, from_us: int, most_rows: int) -> NamesLately:
    def summed(dimension: Dimension) -> list[str]:
        asked = {"dimension": dimension, "from_hour": from_us // US_PER_HOUR, "rows": most_rows}
        return [text for (text,) in connection.execute(query("names_lately"), asked)]

    calls = connection.execute(query("labels_lately"), {"from_us": from_us, "rows": most_rows})
    labels = Names(connection).labels
    told = [[labels[number] for number in _once(column)] for column in zip(*calls, strict=True)] or [[]] * 3
    return NamesLately(
        workloads=summed(Dimension.WORKLOAD),
        projects=summed(Dimension.PROJECT),
        users=summed(Dimension.USER),
        keys=summed(Dimension.KEY),
        clients=summed(Dimension.CLIENT),
        models=summed(Dimension.MODEL),
        response_models=told[0],
        http_requests=told[1],
        service_tiers=told[2],
    )


def _once(numbers: Iterable[int | None]) -> list[int]:
    return [number for number in dict.fromkeys(numbers) if number is not None]
