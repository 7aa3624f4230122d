"""What a ledger's columns can hold, and that their names say what a number in them counts."""

import re
import sqlite3
from collections.abc import Iterator

import pytest

from ledger.exports.columns import COLUMNS
from ledger.sqlite.schema import migrate

COUNTED = re.compile(
    r"(_tokens|_us|_ms|_nusd|_usd|_usd_per_mtok|_seconds|calls|images|characters|pages|searches|search_units)$"
)
NO_QUANTITY = re.compile(r"(_label|_id|_at)$|^(retry_number|state|stream|http_status|needs)$")
HOUR = "hour"
"""Of rollups: its unit is its name."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, "x.db")
    yield connection
    connection.close()


def columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Name and type of every column of every table."""
    question = """
        SELECT c.name, c.type FROM pragma_table_list t, pragma_table_info(t.name) c
        WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
    """
    return connection.execute(question).fetchall()


def test_no_column_can_hold_a_rounded_number(connection: sqlite3.Connection) -> None:
    """SQLite has no decimals: NUMERIC and REAL are floats, and a lax table takes text for a number."""
    assert {kind for _, kind in columns(connection)} == {"INTEGER", "TEXT", "BLOB"}
    lax = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
    names = [name for (name,) in connection.execute(lax)]
    assert names == ["sqlite_schema"]


def test_no_number_in_the_ledger_is_without_its_unit(connection: sqlite3.Connection) -> None:
    numbers = {name for name, kind in columns(connection) if kind == "INTEGER"} - {HOUR}
    assert len(numbers) > 40
    assert {name for name in numbers if not (COUNTED.search(name) or NO_QUANTITY.search(name))} == set()


def test_no_quantity_in_an_export_is_without_its_unit() -> None:
    words = {"outcome", "pricing", "usage_basis"}
    quantities = {column.name for column in COLUMNS if not column.is_text} - words
    assert {name for name in quantities if not (COUNTED.search(name) or NO_QUANTITY.search(name))} == set()
