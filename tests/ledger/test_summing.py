"""Days and months: made of hours that are over, and right whatever is told of them later."""

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.asking import CallFilter
from ledger.call import Attribution, Entry
from ledger.period import US_PER_HOUR, Period
from ledger.rollup import Dimension
from ledger.sqlite import summing
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore, open_store
from ledger.store import GroupBy
from tests.ledger.made_up import DAY, START_US, called_at, ended, metered, opened

FIRST_HOUR = START_US // US_PER_HOUR
"""Of 2 November 2026."""
NOVEMBER = FIRST_HOUR - 24
DECEMBER = NOVEMBER + 30 * 24
EVERYTHING = Period(date(2026, 1, 1), date(2028, 1, 1))
CALL_COST = 60_000
"""Nano-USD."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(open_store(tmp_path / "payback.db")) as store:
        yield store


def calls_in(store: SqliteStore, table: str) -> dict[int, int]:
    """By hour, in total."""
    rows = store._connection.execute(f"SELECT hour, calls FROM {table} WHERE dimension = 'total'")
    return dict(rows.fetchall())


def folded(store: SqliteStore) -> int:
    return int(store._connection.execute("SELECT hour FROM rollup_folded").fetchone()[0])


def assert_sums_are_those_of_the_calls(path: Path, calls: int) -> None:
    with closing(open_sqlite_reader(path)) as reader:
        assert reader.disagreements() == []
        for by in GroupBy:
            total = reader.report(EVERYTHING, by).total
            assert (total.calls, total.list_cost) == (calls, calls * CALL_COST)


def test_hours_are_folded_when_a_quarter_of_a_day_is_over(store: SqliteStore) -> None:
    store.write([called_at(0), called_at(5), called_at(5, 1)])
    assert (folded(store), calls_in(store, "rollup_day")) == (0, {})
    store.write([called_at(6)])
    assert folded(store) == FIRST_HOUR + 6
    assert calls_in(store, "rollup_day") == {FIRST_HOUR: 3}
    assert calls_in(store, "rollup_month") == {}


def test_days_are_folded_into_their_month_when_they_are_over(store: SqliteStore) -> None:
    """Also one of which a part was folded before, and after it nobody called for a month."""
    store.write([called_at(0), called_at(7)])
    store.write([called_at(700), called_at(710), called_at(720)])
    assert calls_in(store, "rollup_day") == {FIRST_HOUR: 2, FIRST_HOUR + 696: 2}
    assert calls_in(store, "rollup_month") == {NOVEMBER: 2, DECEMBER: 2}
    assert_sums_are_those_of_the_calls(store.path, 5)


def test_what_is_told_of_a_folded_hour_is_added_to_its_day_and_month(store: SqliteStore) -> None:
    store.write([called_at(1), called_at(740), called_at(751)])
    store.write([called_at(2), called_at(745)])
    assert calls_in(store, "rollup_day")[FIRST_HOUR] == 2
    assert calls_in(store, "rollup_month") == {NOVEMBER: 2, DECEMBER: 1}
    assert calls_in(store, "rollup_day")[FIRST_HOUR + 744] == 1, "of a day that is not over"
    assert_sums_are_those_of_the_calls(store.path, 5)


def test_a_call_that_ends_after_its_hour_was_folded_counts_once(store: SqliteStore) -> None:
    known = metered(opened(1, who=Attribution(user="ana")))
    store.write([known])
    store.write([called_at(30)])
    store.write([ended(known)])
    assert_sums_are_those_of_the_calls(store.path, 2)
    with closing(open_sqlite_reader(store.path)) as reader:
        sums = reader.sums_of(CallFilter(user="ana"))
        assert sums is not None
        assert (sums.calls, sums.output_tokens) == (1, 2)


def test_a_store_that_is_opened_again_goes_on_from_there(tmp_path: Path) -> None:
    path = tmp_path / "payback.db"
    for hour in (0, 13, 26, 27, 800):
        with closing(open_store(path)) as store:
            store.write([called_at(hour)])
    assert_sums_are_those_of_the_calls(path, 5)


def test_sums_that_cannot_be_folded_are_read_from_hours_and_folded_later(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The calls are kept by then: what is wrong with the sums by day is no reason to keep them elsewhere."""
    store._connection.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON rollup_day BEGIN SELECT RAISE(ABORT, 'no day'); END"
    )
    store.write([called_at(0), called_at(30)])
    store.write([called_at(1), called_at(31)])
    assert (folded(store), [record.message for record in caplog.records]) == (
        0,
        ["hours cannot be summed up by day, so that reports are slow: no day"],
    )
    assert_sums_are_those_of_the_calls(store.path, 4)
    store._connection.execute("DROP TRIGGER broken")
    store.write([called_at(60)])
    assert folded(store) == FIRST_HOUR + 60
    assert_sums_are_those_of_the_calls(store.path, 5)


def test_a_ledger_without_days_gets_them_when_it_is_opened_and_is_told_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As one of the schema before has none; one call on each of 90 days."""
    path = tmp_path / "payback.db"
    with closing(open_store(path)) as store:
        store.write([called_at(24 * day) for day in range(90)])
        store._connection.executescript(
            "DROP TABLE rollup_day; DROP TABLE rollup_month; DROP TABLE rollup_folded;"
            "PRAGMA user_version = 6;"
        )
    monkeypatch.setattr(summing, "SAY_AFTER_S", -1.0)
    with caplog.at_level(logging.WARNING), closing(open_store(path)) as store:
        assert calls_in(store, "rollup_month") == {NOVEMBER: 29, DECEMBER: 31, DECEMBER + 31 * 24: 29}
        assert len(calls_in(store, "rollup_day")) == 89
    told = "the ledger's hours are being summed up by day, once:"
    assert [record.message for record in caplog.records] == [
        f"{told} 2026-11-01", f"{told} 2026-12-01", f"{told} 2027-01-01"
    ]  # fmt: skip
    assert_sums_are_those_of_the_calls(path, 90)


HOURS = st.integers(0, 24 * 100)
USERS = st.sampled_from([None, "ana", "ben"])
BATCHES = st.lists(st.lists(st.tuples(HOURS, USERS), min_size=1, max_size=4), min_size=1, max_size=6)
DAYS = st.integers(-3, 110).map(lambda days: DAY + timedelta(days))


@settings(max_examples=15, deadline=None)
@given(BATCHES, DAYS, DAYS)
def test_reports_of_any_days_are_the_sums_of_the_calls(
    batches: list[list[tuple[int, str | None]]], one: date, other: date
) -> None:
    days, users = Period(min(one, other), max(one, other)), Counter[str | None]()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "payback.db"
        entries = list(numbered(batches))
        with closing(open_store(path)) as store:
            for batch in entries:
                store.write(batch)
        for entry in (entry for batch in entries for entry in batch):
            if days.from_us <= entry.call.started_us < days.to_us:
                users[entry.call.who.user] += 1
        with closing(open_sqlite_reader(path)) as reader:
            assert reader.disagreements() == []
            found = reader.report(days, GroupBy.USER)
            assert {group.value: group.sums.calls for group in found.groups} == users
            assert reader.series(days, Dimension.USER, most=1).total == found.total
            within = CallFilter(from_us=days.from_us, to_us=days.to_us, user="ana")
            assert len(reader.calls_page(within, search_s=60).entries) == users["ana"]


def numbered(batches: list[list[tuple[int, str | None]]]) -> Iterator[list[Entry]]:
    number = 0
    for batch in batches:
        entries = []
        for hour, user in batch:
            number += 1
            entries.append(called_at(hour, number, who=Attribution(user=user)))
        yield entries


def test_a_ledger_whose_folded_hours_were_tampered_with_is_found_out(tmp_path: Path) -> None:
    """Hours are proved by the calls, days by hours, months by days."""
    path = tmp_path / "payback.db"
    with closing(open_store(path)) as store:
        store.write([called_at(0), called_at(1000)])
    for table, unit in (("rollup_day", "day"), ("rollup_month", "month")):
        with closing(sqlite3.connect(path, isolation_level=None)) as prompt:
            prompt.execute(f"UPDATE {table} SET calls = calls + 2 WHERE dimension = 'key'")
        with closing(open_sqlite_reader(path)) as reader:
            found = reader.disagreements()
        with closing(sqlite3.connect(path, isolation_level=None)) as prompt:
            prompt.execute(f"UPDATE {table} SET calls = calls - 2 WHERE dimension = 'key'")
        assert {one.dimension for one in found} == {"key"}
        assert (unit, "calls", 3, 1) in {
            (one.unit, one.measure, one.in_rollup, one.in_calls) for one in found
        }
