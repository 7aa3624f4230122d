"""Rollups are proved against the calls: whatever was tampered with is found."""

import sqlite3
from pathlib import Path

import pytest

from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.store import Disagreement
from tests.ledger.made_up import whole_call


def tampered(path: Path, statement: str) -> list[Disagreement]:
    """What a reader finds after *statement* was run at a SQL prompt on a ledger of two calls."""
    store = open_store(path)
    store.write([whole_call(1), whole_call(2)])
    store.close()
    prompt = sqlite3.connect(path, isolation_level=None)
    assert prompt.execute(statement).rowcount == 1
    prompt.close()
    reader = open_sqlite_reader(path)
    found = reader.disagreements()
    reader.close()
    return found


def test_a_rollup_that_was_tampered_with_is_found(tmp_path: Path) -> None:
    cheaper = "UPDATE rollup_hour SET list_cost_nusd = list_cost_nusd - 1 WHERE dimension = 'total'"
    (found,) = tampered(tmp_path / "payback.db", cheaper)
    assert (found.dimension, found.measure, found.in_rollup, found.in_calls) == (
        "total",
        "list_cost",
        119_999,
        120_000,
    )


def test_a_rollup_that_is_gone_is_found(tmp_path: Path) -> None:
    found = tampered(tmp_path / "payback.db", "DELETE FROM rollup_hour WHERE dimension = 'model'")
    assert {disagreement.value for disagreement in found} == {"claude-sonnet-4-5"}
    assert ("calls", 0, 2) in [(one.measure, one.in_rollup, one.in_calls) for one in found]


@pytest.mark.parametrize(
    ("change", "measures"),
    [
        ("list_cost_nusd = 1", ["list_cost"]),
        ("output_tokens = 3", ["output_tokens"]),
        ("outcome = 'timeout'", ["failed_calls"]),
        ("usage_basis = 'estimated'", ["estimated_calls", "estimated_list_cost"]),
        ("upstream_cost_nusd = 7", ["upstream_cost", "upstream_cost_list"]),
    ],
)
def test_a_call_that_was_tampered_with_is_found_in_every_dimension(
    tmp_path: Path, change: str, measures: list[str]
) -> None:
    first = "(SELECT min(call_id) FROM call)"
    found = tampered(tmp_path / "payback.db", f"UPDATE call SET {change} WHERE call_id = {first}")
    assert [one.measure for one in found] == measures * 8


def test_a_call_that_was_deleted_is_found(tmp_path: Path) -> None:
    found = tampered(
        tmp_path / "payback.db", "DELETE FROM call WHERE call_id = (SELECT max(call_id) FROM call)"
    )
    assert {(one.measure, one.in_rollup, one.in_calls) for one in found} >= {("calls", 2, 1)}
