"""An export as bytes; what the command and the report make of it, their own tests say."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.exports.export import FORMATS, Export, file_name
from ledger.period import Period, month_of, us_of
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from tests.web.sample import entry_at, write_ledger

OCTOBER = month_of(date(2026, 10, 1))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SqliteReader]:
    """One call in September, three in October, one without a price among them."""
    days = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2))
    entries = [entry_at(us_of(day), number) for number, day in enumerate(days)]
    entries.append(entry_at(us_of(date(2026, 10, 31)), 9, unpriced_reason="no price for openai x"))
    with closing(open_sqlite_reader(write_ledger(tmp_path / "l.db", entries))) as opened:
        yield opened


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_manifest_describes_the_bytes_that_have_passed(reader: SqliteReader, format_name: str) -> None:
    export = Export(reader, format_name, OCTOBER)
    content = b"".join(export.chunks)
    made = export.manifest(
        "x", payback_version="0.1.0", ledger_schema=6, created_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    manifest = json.loads(made.as_json())
    assert (manifest["sha256"], manifest["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (manifest["rows"], manifest["sums"]["unpriced_calls"]) == (3, 1)
    assert manifest["format"] == format_name


def test_rows_come_as_they_are_taken(reader: SqliteReader) -> None:
    """Memory holds one row, however large the month."""
    export = Export(reader, "jsonl", OCTOBER)
    assert export.tally.rows == 0
    next(export.chunks)
    assert export.tally.rows == 1


@pytest.mark.parametrize(
    ("period", "name"),
    [
        (OCTOBER, "payback-2026-10.csv"),
        (Period(date(2026, 10, 1), date(2026, 10, 2)), "payback-2026-10-01_2026-10-01.csv"),
    ],
)
def test_a_file_is_named_after_its_month_or_after_its_days(period: Period, name: str) -> None:
    assert file_name(period, "csv") == name
