"""The asking side: what reports say beside a writer, after a killed one, and of a tampered ledger."""

from datetime import date
from pathlib import Path

import pytest

from ledger.call import Entry, Outcome, State, interrupted
from ledger.errors import LedgerError
from ledger.lock import LedgerLock
from ledger.period import Period, month_of
from ledger.rollup import Rollup
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.store import GroupBy
from tests.ledger.made_up import DAY, START_US, ended, metered, opened, whole_call

NOVEMBER = month_of(date(2026, 11, 1))


def groups(reader: SqliteReader, by: GroupBy, period: Period = NOVEMBER) -> list[tuple[str | None, int, int]]:
    """Name, calls and cost of each group in the order of the report."""
    return [
        (group.value, group.sums.calls, group.sums.list_cost) for group in reader.report(period, by).groups
    ]


def test_a_report_groups_and_orders_by_cost(told_reader: SqliteReader) -> None:
    """At 3, 0.30 and 15 USD a million, and gpt-4o at 2.50 and 10:

    2026-11-02  claude-sonnet-4-5  in=2459 cached=2455 out=23 workload=support
    2026-11-02  gpt-4o             in=1000 out=100 workload=search
    2026-11-03  gpt-4o             in=1000 out=100
    """
    assert groups(told_reader, GroupBy.MODEL) == [
        ("gpt-4o", 2, 7_000_000),
        ("claude-sonnet-4-5", 1, 1_093_500),
    ]
    assert groups(told_reader, GroupBy.WORKLOAD) == [
        (None, 1, 3_500_000),
        ("search", 1, 3_500_000),
        ("support", 1, 1_093_500),
    ]
    total = told_reader.report(NOVEMBER, GroupBy.MODEL).total
    assert total == Rollup(
        calls=3,
        input_tokens=4459,
        cache_read_tokens=2455,
        output_tokens=223,
        list_cost=8_093_500,  # type: ignore[arg-type]
    )


def test_days_and_hours_are_in_the_order_of_time(told_reader: SqliteReader) -> None:
    """
    2026-11-03T13:30  gpt-4o  in=1000 out=100
    2026-11-02T23:59  gpt-4o  in=10 out=1
    2026-11-03T13:59  gpt-4o  in=1000 out=100
    """
    assert groups(told_reader, GroupBy.DAY) == [("2026-11-02", 1, 35_000), ("2026-11-03", 2, 7_000_000)]
    assert groups(told_reader, GroupBy.HOUR) == [
        ("2026-11-02T23:00Z", 1, 35_000),
        ("2026-11-03T13:00Z", 2, 7_000_000),
    ]


def test_a_period_begins_and_ends_at_midnight_utc(told_reader: SqliteReader) -> None:
    """
    2026-11-01T23:59  gpt-4o  in=1 out=0
    2026-11-02T00:00  gpt-4o  in=2 out=0
    2026-11-02T23:58  gpt-4o  in=4 out=0
    2026-11-03T00:00  gpt-4o  in=8 out=0
    """
    day = Period(date(2026, 11, 2), date(2026, 11, 3))
    assert told_reader.report(day, GroupBy.MODEL).total.input_tokens == 2 + 4
    assert [entry.call.usage.input_tokens for entry in told_reader.calls(day) if entry.call.usage] == [2, 4]


def test_calls_come_in_the_order_of_time_and_the_last_ones_the_other_way_round(
    told_reader: SqliteReader, told_calls: list[Entry]
) -> None:
    """
    2026-11-02  gpt-4o             in=10 out=1 workload=support user=ana tags=a=1,b=2
    2026-11-03  claude-sonnet-4-5  in=10 out=1 outcome=client_left basis=partial
    2026-11-04  llama3.1:8b        in=10 out=1 upstream=lab pricing=self_hosted
    """
    assert list(told_reader.calls(NOVEMBER)) == told_calls
    assert told_reader.last_calls(2) == [told_calls[2], told_calls[1]]


def test_an_empty_period_is_a_report_of_nothing(told_reader: SqliteReader) -> None:
    """
    2026-11-02  gpt-4o  in=10 out=1
    """
    report = told_reader.report(month_of(date(2026, 10, 1)), GroupBy.MODEL)
    assert (report.groups, report.total) == ((), Rollup())


def test_reasons_are_counted_the_most_frequent_first(told_reader: SqliteReader) -> None:
    """
    2026-11-02  gpt-4o   in=10 out=1
    2026-11-02  made-up  in=10 out=1 provider=openai
    2026-11-02  other    in=10 out=1
    2026-11-02  made-up  in=10 out=1 provider=openai
    """
    assert told_reader.unpriced_reasons(NOVEMBER) == [
        ("no price for openai made-up", 2),
        ("the upstream has no provider whose prices apply; set provider or self_hosted for it", 1),
    ]


def test_reasons_of_very_many_calls_are_counted_from_an_instant_on(tmp_path: Path) -> None:
    """4 unpriced calls a microsecond apart, and a priced one that is passed over."""
    store = open_store(tmp_path / "payback.db")
    store.write([*(ended(opened(number)) for number in range(1, 5)), whole_call(6)])
    reader = open_sqlite_reader(tmp_path / "payback.db")
    assert [reader.unpriced_since(NOVEMBER, latest) for latest in (1, 3)] == [START_US + 4, START_US + 2]
    assert reader.unpriced_reasons(NOVEMBER, START_US + 2) == [("no usage", 3)]
    assert reader.unpriced_since(NOVEMBER, 5) == NOVEMBER.from_us
    reader.close()
    store.close()


def test_an_open_call_of_a_living_writer_is_under_way_and_of_a_dead_one_interrupted(tmp_path: Path) -> None:
    """The same numbers before and after the restart that ends it."""
    path = tmp_path / "payback.db"
    lock = LedgerLock(path)
    store = open_store(path)
    store.write([opened(1), metered(opened(2)), whole_call(3)])
    reader = open_sqlite_reader(path)
    assert reader.last_calls(9) == [whole_call(3), metered(opened(2)), opened(1)]
    assert reader.report(NOVEMBER, GroupBy.MODEL).total == Rollup(
        calls=2,
        input_tokens=20,
        output_tokens=4,
        list_cost=120_000,  # type: ignore[arg-type]
    )
    assert reader.unpriced_reasons(NOVEMBER) == []
    lock.release()
    left = answers(reader)
    assert reader.last_calls(9) == [whole_call(3), interrupted(metered(opened(2))), interrupted(opened(1))]
    assert reader.report(NOVEMBER, GroupBy.MODEL).total == Rollup(
        calls=3,
        input_tokens=20,
        output_tokens=4,
        list_cost=120_000,  # type: ignore[arg-type]
        unpriced_calls=1,
        interrupted_calls=2,
    )
    assert reader.unpriced_reasons(NOVEMBER) == [("interrupted", 1)]
    assert reader.disagreements() == []
    store.recover()
    assert answers(reader) == left
    reader.close()
    store.close()


def answers(reader: SqliteReader) -> tuple[object, ...]:
    return (
        reader.last_calls(9),
        reader.report(NOVEMBER, GroupBy.MODEL),
        reader.report(NOVEMBER, GroupBy.HOUR),
        reader.unpriced_reasons(NOVEMBER),
    )


def test_what_was_left_open_before_a_period_is_not_in_it(tmp_path: Path) -> None:
    store = open_store(tmp_path / "payback.db")
    store.write([opened(1), whole_call(2)])
    reader = open_sqlite_reader(tmp_path / "payback.db")
    december = month_of(date(2026, 12, 1))
    assert reader.report(december, GroupBy.MODEL).groups == ()
    assert reader.unpriced_reasons(december) == []
    reader.close()
    store.close()


def test_interrupted_calls_of_two_crashes_are_one_reason(tmp_path: Path) -> None:
    store = open_store(tmp_path / "payback.db")
    store.write([opened(1)])
    store.recover()
    store.write([opened(2), opened(3)])
    reader = open_sqlite_reader(tmp_path / "payback.db")
    assert reader.unpriced_reasons(NOVEMBER) == [("interrupted", 3)]
    reader.close()
    store.close()


def test_a_reader_sees_what_a_writer_commits_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "payback.db"
    store = open_store(path)
    reader = open_sqlite_reader(path)
    for number in range(3):
        store.write([whole_call(number)])
        assert reader.report(NOVEMBER, GroupBy.MODEL).total.calls == number + 1
    reader.close()
    store.close()


def test_a_reader_in_the_middle_of_its_calls_neither_stops_a_writer_nor_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "payback.db"
    store = open_store(path)
    store.write([whole_call(number) for number in range(3000)])
    reader = open_sqlite_reader(path)
    calls = reader.calls(NOVEMBER)
    first = next(calls)
    store.write([whole_call(number) for number in range(3000, 3010)])
    assert reader.report(NOVEMBER, GroupBy.DAY).total.calls == 3000  # the moment at which its calls began
    assert len([first, *calls]) == 3000
    assert reader.report(NOVEMBER, GroupBy.DAY).total.calls == 3010
    reader.close()
    store.close()


def test_a_fault_in_the_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "payback.db"
    store = open_store(path)
    store.write([whole_call(number) for number in range(3000)])
    store.close()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40_000] = b"\xff" * 40_000
    path.write_bytes(data)
    reader = open_sqlite_reader(path)
    with pytest.raises(LedgerError, match="damaged"):
        list(reader.calls(NOVEMBER))
    reader.close()


def test_what_an_ended_call_was_is_shown_as_it_was_whoever_writes(tmp_path: Path) -> None:
    """Only what is open is changed in the showing."""
    store = open_store(tmp_path / "payback.db")
    store.write([whole_call(1)])
    reader = open_sqlite_reader(tmp_path / "payback.db")
    (entry,) = reader.last_calls(1)
    assert (entry.state, entry.call.outcome, entry.call.started_us // 86_400_000_000) == (
        State.ENDED,
        Outcome.OK,
        (DAY - date(1970, 1, 1)).days,
    )
    reader.close()
    store.close()


def test_questions_in_one_snapshot_see_one_moment_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    """Else the parts of a page would not add up to its headline."""
    lock, store = LedgerLock(tmp_path / "l.db"), open_store(tmp_path / "l.db")
    store.write([whole_call(1)])
    reader = open_sqlite_reader(tmp_path / "l.db")
    with reader.snapshot():
        before = reader.report(month_of(DAY), GroupBy.MODEL).total.calls
        store.write([whole_call(2)])
        within = reader.report(month_of(DAY), GroupBy.DAY).total.calls
    after = reader.report(month_of(DAY), GroupBy.DAY).total.calls
    assert (before, within, after) == (1, 1, 2)
    reader.close()
    store.close()
    lock.release()


def test_a_question_past_its_time_is_given_up_with_a_sentence(tmp_path: Path) -> None:
    """A page's question must not hold its thread for ever."""
    store = open_store(tmp_path / "l.db")
    store.write([whole_call(number) for number in range(3000)])
    store.close()
    reader = open_sqlite_reader(tmp_path / "l.db", limit_s=0)
    with pytest.raises(LedgerError, match="did not answer in time; ask for fewer days"):
        reader.disagreements()
    reader.close()
