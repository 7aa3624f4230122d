"""Charts, months and sums above a list: they are those of the reports, whatever is asked."""

from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.asking import CallFilter, SeriesLine, Unit
from ledger.call import Pricing
from ledger.ids import call_id_at
from ledger.period import US_PER_HOUR, Period, month_of, us_of
from ledger.rollup import FAILED, Dimension, Rollup
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.store import GroupBy
from tests.ledger.kept import MONTH, Ledger, nobody_writing
from tests.ledger.made_up import DAY, START_US, lives, whole_call

NOVEMBER = month_of(date(2026, 11, 1))


def drawn(lines: tuple[SeriesLine, ...]) -> list[tuple[str | None, int, list[int]]]:
    """Value, how many others, and the cost in each span."""
    return [(line.value, line.others, [sums.list_cost for sums in line.sums]) for line in lines]


def test_a_chart_has_the_largest_values_and_the_others_as_one(told_reader: SqliteReader) -> None:
    """At 2.50 USD a million:

    2026-11-02  gpt-4o  in=4000 out=0 workload=search
    2026-11-03  gpt-4o  in=2000 out=0 workload=support
    2026-11-03  gpt-4o  in=1000 out=0 workload=search
    2026-11-03  gpt-4o  in=800  out=0
    2026-11-04  gpt-4o  in=400  out=0 workload=drafts
    """
    days = Period(date(2026, 11, 2), date(2026, 11, 5))
    series = told_reader.series(days, Dimension.WORKLOAD, most=2)
    assert drawn(series.lines) == [
        ("search", 0, [10_000_000, 2_500_000, 0]),
        ("support", 0, [0, 5_000_000, 0]),
        (None, 2, [0, 2_000_000, 1_000_000]),
    ]
    assert series.starts_us == tuple(us_of(day) for day in days.days())
    assert [line.total.calls for line in series.lines] == [2, 1, 2]
    assert (series.total.list_cost, series.total.calls) == (20_500_000, 5)


def test_calls_without_a_name_are_a_value_and_not_the_others(told_reader: SqliteReader) -> None:
    """
    2026-11-02T13:59  gpt-4o  in=4000 out=0
    2026-11-02T14:00  gpt-4o  in=1000 out=0 workload=search
    """
    day = Period(DAY, date(2026, 11, 3))
    series = told_reader.series(day, Dimension.WORKLOAD, unit=Unit.HOUR)
    none, search = [0] * 24, [0] * 24
    none[13], search[14] = 10_000_000, 2_500_000
    assert drawn(series.lines) == [(None, 0, none), ("search", 0, search)]
    assert series.starts_us[14] == START_US + 14 * US_PER_HOUR


def test_a_chart_of_nothing_has_its_days_and_no_lines(told_reader: SqliteReader) -> None:
    """
    2026-11-02  gpt-4o  in=4000 out=0
    """
    series = told_reader.series(month_of(date(2026, 10, 1)), Dimension.MODEL)
    assert (series.lines, len(series.starts_us), series.total) == ((), 31, Rollup())


@settings(max_examples=25, deadline=None)
@given(st.data(), st.booleans())
def test_charts_and_sums_are_those_of_the_reports(data: st.DataObject, abandoned: bool) -> None:
    stories = [data.draw(lives(number)) for number in range(data.draw(st.integers(1, 8)))]
    with TemporaryDirectory() as folder, closing(Ledger(Path(folder) / "payback.db")) as ledger:
        for step in range(max(map(len, stories))):
            ledger.store.write([story[step] for story in stories if step < len(story)])
        if not abandoned:
            assert_sums(ledger.reader)
        else:
            with nobody_writing(ledger):
                assert_sums(ledger.reader)


def assert_sums(reader: SqliteReader) -> None:
    by_time = {Unit.DAY: reader.report(MONTH, GroupBy.DAY), Unit.HOUR: reader.report(MONTH, GroupBy.HOUR)}
    assert sum((month.sums for month in reader.months()), Rollup()) == by_time[Unit.DAY].total
    for dimension in set(Dimension) - {Dimension.TOTAL}:
        report = reader.report(MONTH, GroupBy(dimension.value))
        groups = [group for group in report.groups if group.sums.calls]
        for most, unit in ((1, Unit.DAY), (99, Unit.HOUR)):
            series = reader.series(MONTH, dimension, unit=unit, most=most)
            own = [(line.value, line.total) for line in series.lines if not line.others]
            assert own == [(group.value, group.sums) for group in groups[:most]]
            assert [line.others for line in series.lines[most:]] == [len(groups[most:])] * (
                len(groups) > most
            )
            spans = [sum(sums, Rollup()) for sums in zip(*(line.sums for line in series.lines), strict=True)]
            expected = [group.sums for group in by_time[unit].groups if group.sums.calls]
            assert [sums for sums in spans if sums.calls] == expected
            assert series.total == report.total
        for group in groups:
            which = CallFilter(**{dimension.value: group.value or ""})  # type: ignore[arg-type]
            assert reader.sums_of(which) == group.sums
        named = frozenset(group.value or "" for group in groups[::2])
        some = sum((group.sums for group in groups[::2]), Rollup())
        rest = sum((group.sums for group in groups[1::2]), Rollup())
        assert reader.sums_of(CallFilter(one_of={dimension: named})) == some
        assert reader.sums_of(CallFilter(none_of={dimension: named})) == rest


def test_months_with_calls_are_told_each_by_its_first_day(told_reader: SqliteReader) -> None:
    """At 2.50 USD a million:

    2025-12-31T23:59  gpt-4o  in=4000 out=0
    2026-02-01T00:00  gpt-4o  in=2000 out=0
    2026-02-28T23:59  gpt-4o  in=1000 out=0
    """
    months = told_reader.months()
    assert [(month.month, month.sums.calls, month.sums.list_cost) for month in months] == [
        (date(2025, 12, 1), 1, 10_000_000),
        (date(2026, 2, 1), 2, 7_500_000),
    ]


def test_an_empty_ledger_has_no_months_and_no_ends(tmp_path: Path) -> None:
    store = open_store(tmp_path / "l.db")
    reader = open_sqlite_reader(tmp_path / "l.db")
    assert reader.months() == [] == reader.health(0)
    facts = reader.ledger_facts()
    assert (facts.first_us, facts.last_us, facts.calls) == (None, None, 0)
    assert reader.series(MONTH).lines == ()
    reader.close()
    store.close()


@pytest.mark.parametrize(
    "which",
    [
        CallFilter(workload="a", model="b"),
        CallFilter(outcomes=FAILED),
        CallFilter(pricing=Pricing.UNPRICED),
        CallFilter(reason="why"),
        CallFilter(workload="a", none_of={Dimension.MODEL: frozenset({"b"})}),
        CallFilter(one_of={Dimension.USER: frozenset({"a"}), Dimension.MODEL: frozenset({"b"})}),
        CallFilter(session="s"),
        CallFilter(stream=False),
        CallFilter(from_us=START_US + 1),
        CallFilter(to_us=START_US + 1),
    ],
)
def test_sums_that_rollups_do_not_know_are_not_told(tmp_path: Path, which: CallFilter) -> None:
    """A number above a list that is not the list's would be worse than none."""
    store = open_store(tmp_path / "l.db")
    store.write([whole_call(1)])
    reader = open_sqlite_reader(tmp_path / "l.db")
    assert reader.sums_of(which) is None
    reader.close()
    store.close()


def test_sums_of_hours_and_of_a_name_that_is_nowhere(tmp_path: Path) -> None:
    store = open_store(tmp_path / "l.db")
    late = START_US + US_PER_HOUR
    store.write([whole_call(1), whole_call(2, call_id=call_id_at(late, bytes(8)), started_us=late)])
    reader = open_sqlite_reader(tmp_path / "l.db")
    model = "claude-sonnet-4-5"
    assert reader.sums_of(CallFilter(model=model, from_us=late)) == reader.sums_of(CallFilter(to_us=late))
    assert reader.sums_of(CallFilter()) == reader.report(MONTH, GroupBy.DAY).total
    assert reader.sums_of(CallFilter(model="nobody's")) == Rollup()
    both = {Dimension.MODEL: frozenset({model, "nobody's"})}
    assert reader.sums_of(CallFilter(one_of=both, none_of=both)) == Rollup()
    assert reader.sums_of(CallFilter(model="nobody's", one_of=both)) == Rollup()
    assert reader.sums_of(CallFilter(model=model, one_of=both, from_us=late)) == reader.sums_of(
        CallFilter(from_us=late)
    )
    reader.close()
    store.close()
