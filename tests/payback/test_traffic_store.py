"""From a ledger to what is projected: the day files change how long it takes and nothing else."""

import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.call import Attribution, Entry, interrupted
from ledger.lock import LedgerLock
from ledger.period import US_PER_DAY, Period, us_of
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from ledger.sqlite.store import open_store
from payback.traffic_store import Traffics, traffics
from projection.columns import Calls
from projection.traffic import COLUMNS, Traffic
from tests.ledger.kept import Ledger
from tests.ledger.made_up import DAY, ended, lives, metered, opened, whole_call
from tests.payback.books import at, entry_at, keep

DAYS = Period(date(2026, 11, 1), date(2026, 11, 22))
NOW_US = us_of(date(2026, 11, 21)) + US_PER_DAY // 2
"""Noon of the last day."""


def as_told(traffic: Traffic) -> dict[str, object]:
    """Everything that a projection reads; billings by name, for their order says nothing."""
    columns = {field.name: getattr(traffic.calls, field.name).tolist() for field in fields(Calls)}
    columns |= {name: getattr(traffic, name).tolist() for name in COLUMNS if name != "billed"}
    beside = (
        traffic.workload,
        traffic.from_us,
        traffic.to_us,
        traffic.self_hosted_calls,
        traffic.other_calls,
    )
    return columns | {"billed": [traffic.billings[place] for place in traffic.billed], "beside": beside}


def told_of(found: Traffics) -> list[dict[str, object]]:
    return [as_told(found.together), *(as_told(found.of(name)) for name in found.workloads)]


def by_files(ledger: Path, reader: SqliteReader, period: Period = DAYS, now_us: int = NOW_US) -> Traffics:
    return traffics(reader, ledger, period, now_us=now_us)


def directly(reader: SqliteReader, period: Period = DAYS, now_us: int = NOW_US) -> Traffics:
    """No folder can be made there, so nothing is kept and nothing is read."""
    return traffics(reader, Path("/dev/null/payback.db"), period, now_us=now_us)


def files_of(ledger: Path) -> dict[str, int]:
    """Days that are kept, and when each was written."""
    folder = ledger.with_name(f"{ledger.name}.columns")
    return {file.stem: file.stat().st_mtime_ns for file in sorted(folder.iterdir())}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """
    2026-11-02  support  two calls of 0.0045 USD
    2026-11-03  search   one call, and one at home
    2026-11-21  support  today
    """
    return keep(
        tmp_path / "payback.db",
        entry_at("2026-11-02T08:00:00", who=Attribution(workload="support")),
        entry_at("2026-11-02T09:00:00", who=Attribution(workload="support"), retry_number=1),
        entry_at("2026-11-03T08:00:00", who=Attribution(workload="search"), request_model="other"),
        entry_at("2026-11-03T09:00:00", who=Attribution(workload="search"), self_hosted=True),
        entry_at("2026-11-21T08:00:00", who=Attribution(workload="support")),
    )


@pytest.fixture
def reader(ledger: Path) -> Iterator[SqliteReader]:
    reader = open_sqlite_reader(ledger)
    yield reader
    reader.close()


def test_a_column_of_one_number_takes_no_memory_and_neither_do_its_parts(reader: SqliteReader) -> None:
    """Of a million calls each copy of a column takes 8 MB; of these four, one was a retry and none failed."""
    found = directly(reader)
    together, part = found.together.calls, found.of("support").calls
    assert (together.failed.strides, together.retry_number.strides) == ((0,), (8,))
    assert (part.failed.strides, part.failed.tolist()) == ((0,), [0, 0, 0])
    assert part.retry_number.tolist() == [0, 1, 0]


def test_where_all_calls_are_meant_nothing_is_copied(reader: SqliteReader) -> None:
    together = directly(reader).together
    assert together.picked(together.calls.started_us > 0) is together


def test_each_workload_has_its_own_calls_and_the_dearest_is_first(ledger: Path, reader: SqliteReader) -> None:
    found = by_files(ledger, reader)
    assert found.workloads == ("support", "search")
    support, search = found.of("support"), found.of("search")
    assert support.calls.started_us.tolist() == [
        at("2026-11-02T08:00:00"), at("2026-11-02T09:00:00"), at("2026-11-21T08:00:00"),
    ]  # fmt: skip
    assert support.list_cost_usd == pytest.approx(3 * 0.0045)
    assert (len(search), search.unpriced_calls, search.self_hosted_calls) == (1, 1, 1)
    assert (len(found.together), found.together.self_hosted_calls) == (4, 1)
    assert [billed.models for billed in search.billings][search.billed[0]] == ("other",)


def test_the_period_ends_now_and_not_at_midnight(ledger: Path, reader: SqliteReader) -> None:
    """Half a day is no quiet day; and a call from a clock that is ahead is not measured yet."""
    found = by_files(ledger, reader, now_us=at("2026-11-21T07:00:00"))
    assert found.together.to_us == at("2026-11-21T07:00:00")
    assert len(found.together) == 3
    assert len(found.of("support")) == 2


def test_days_that_are_over_are_kept_and_today_is_not(ledger: Path, reader: SqliteReader) -> None:
    by_files(ledger, reader)
    assert list(files_of(ledger)) == ["2026-11-02", "2026-11-03"]


def test_a_day_that_is_kept_is_not_asked_of_the_ledger_again(ledger: Path, reader: SqliteReader) -> None:
    """The rows are changed behind the ledger's back, its sums are not."""
    first = told_of(by_files(ledger, reader))
    before = files_of(ledger)
    with sqlite3.connect(ledger) as prompt:
        prompt.execute("UPDATE call SET input_tokens = input_tokens + 1 WHERE input_tokens > 0")
    prompt.close()
    assert told_of(by_files(ledger, reader))[0]["input_tokens"] == [1000, 1000, 1000, 1001]
    assert files_of(ledger) == before
    assert first[0]["input_tokens"] == [1000] * 4


def test_a_day_that_got_a_late_call_is_read_again_and_others_are_not(
    ledger: Path, reader: SqliteReader
) -> None:
    by_files(ledger, reader)
    before = files_of(ledger)
    keep(ledger, entry_at("2026-11-03T10:00:00", who=Attribution(workload="support")))
    assert len(by_files(ledger, reader).of("support")) == 4
    after = files_of(ledger)
    assert after["2026-11-02"] == before["2026-11-02"]
    assert after["2026-11-03"] != before["2026-11-03"]


def test_a_damaged_file_is_written_again(ledger: Path, reader: SqliteReader) -> None:
    told = told_of(by_files(ledger, reader))
    file = ledger.with_name("payback.db.columns") / "2026-11-02.day"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert told_of(by_files(ledger, reader)) == told
    assert file.read_bytes() == whole


def test_files_of_another_ledger_are_not_taken_for_this_ones(ledger: Path, tmp_path: Path) -> None:
    """The other has the same sums on the same day, from calls an hour later."""
    with_reader(ledger, lambda reader: by_files(ledger, reader))
    ledger.unlink()
    keep(
        ledger,
        entry_at("2026-11-02T09:00:00", who=Attribution(workload="other")),
        entry_at("2026-11-02T10:00:00", who=Attribution(workload="other")),
    )
    assert with_reader(ledger, lambda reader: by_files(ledger, reader)).workloads == ("other",)


def with_reader(ledger: Path, ask):  # type: ignore[no-untyped-def]
    reader = open_sqlite_reader(ledger)
    try:
        return ask(reader)
    finally:
        reader.close()


@pytest.mark.parametrize("emptied", [("call", "rollup_hour"), ("call",)])
def test_a_day_whose_calls_were_deleted_is_gone_with_its_file(
    ledger: Path, reader: SqliteReader, emptied: tuple[str, ...]
) -> None:
    """The rollups of deleted calls may stay: they say what was spent, and nothing of arrivals."""
    by_files(ledger, reader)
    with sqlite3.connect(ledger) as prompt:
        for table in emptied:
            prompt.execute(f"DELETE FROM {table}")
    prompt.close()
    assert len(by_files(ledger, reader).together) == 0
    assert files_of(ledger) == {}


def test_a_call_under_way_at_midnight_is_not_lost(tmp_path: Path) -> None:
    """Its tokens are in the sums before it ends, and its end does not change them."""
    path = tmp_path / "payback.db"
    lock = LedgerLock(path)
    store = open_store(path)
    under_way = metered(opened(2))
    store.write([whole_call(1), under_way])
    reader = open_sqlite_reader(path)
    assert len(by_files(path, reader).together) == 1
    store.write([ended(under_way)])
    assert len(by_files(path, reader).together) == 2
    assert list(files_of(path)) == [DAY.isoformat()]
    reader.close()
    store.close()
    lock.release()


def test_a_call_that_was_left_open_may_yet_become_another_workloads(tmp_path: Path) -> None:
    """What waits in a spool ends it with the same tokens and another name: no sum changes."""
    path = tmp_path / "payback.db"
    store = open_store(path)
    left_open = metered(opened(1, who=Attribution(workload="before")))
    store.write([left_open])
    reader = open_sqlite_reader(path)
    assert by_files(path, reader).workloads == ("before",)
    call = replace(interrupted(left_open).call, who=Attribution(workload="after"))
    store.write([replace(interrupted(left_open), call=call)])
    assert by_files(path, reader).workloads == ("after",)
    reader.close()
    store.close()


def test_progress_is_told_day_by_day(ledger: Path, reader: SqliteReader) -> None:
    told: list[tuple[int, int]] = []
    period = Period(DAYS.start, DAYS.start + timedelta(days=3))
    traffics(reader, ledger, period, now_us=NOW_US, progress=lambda done, days: told.append((done, days)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_period_without_calls_is_traffic_without_calls(ledger: Path, reader: SqliteReader) -> None:
    found = by_files(ledger, reader, Period(date(2026, 10, 1), date(2026, 10, 8)))
    assert (len(found.together), found.workloads) == (0, ())
    assert found.together.to_us - found.together.from_us == 7 * US_PER_DAY


@settings(max_examples=25, deadline=None)
@given(st.tuples(*(lives(number) for number in range(5))), st.data())
def test_whatever_is_written_late_the_files_tell_what_the_ledger_tells(
    lived: tuple[list[Entry], ...], data: st.DataObject
) -> None:
    """Calls are opened, metered, ended, left open and recovered in any order, with projections between."""
    with TemporaryDirectory() as folder:
        books = Ledger(Path(folder) / "payback.db")
        for entry in interleaved(lived, data):
            what = data.draw(st.sampled_from(["write", "write", "recover", "crash"]))
            after(what, entry, books)
            assert told_of(by_files(books.path, books.reader)) == told_of(directly(books.reader))
        books.close()


def interleaved(lived: tuple[list[Entry], ...], data: st.DataObject) -> Iterator[Entry]:
    order = data.draw(st.permutations([number for number, life in enumerate(lived) for _ in life]))
    stories = [iter(life) for life in lived]
    return (next(stories[number]) for number in order)


def after(what: str, entry: Entry, books: Ledger) -> None:
    """A crash: nobody writes any more. The next process recovers, or takes over what waited in a spool."""
    if what == "crash":
        books.lock.release()
        told_of(by_files(books.path, books.reader))
        books.lock = LedgerLock(books.path)
    elif what == "recover":
        books.store.recover()
    books.store.write([entry])
