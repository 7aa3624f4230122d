"""Spans of time as people write them, in UTC."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BadPeriod
from ledger.period import US_PER_DAY, Period, month_of, read_days, read_month, time_of, us_at, us_of


def test_the_last_day_that_is_written_is_part_of_the_period() -> None:
    period = read_days("2026-10-01", "2026-10-02")
    assert period == Period(date(2026, 10, 1), date(2026, 10, 3))
    assert period.to_us - period.from_us == 2 * US_PER_DAY
    assert period.days() == [date(2026, 10, 1), date(2026, 10, 2)]


@pytest.mark.parametrize(
    ("text", "days"), [("2026-10", 31), ("2024-02", 29), ("2026-02", 28), ("2026-12", 31)]
)
def test_a_month_has_its_own_number_of_days(text: str, days: int) -> None:
    assert len(read_month(text).days()) == days


@given(st.dates(max_value=date(9999, 11, 30)))
def test_months_neither_overlap_nor_leave_a_day_out(day: date) -> None:
    month = month_of(day)
    assert month.start <= day < month.end
    assert month_of(month.end).start == month.end


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-1", "26-10", "9999-12", "2026-W1", "0000-01", "2026 10"]
)
def test_a_month_that_is_none_is_answered_with_how_to_write_one(text: str) -> None:
    with pytest.raises(BadPeriod, match="write it as 2026-10"):
        read_month(text)


@pytest.mark.parametrize("text", ["", "today", "2026-02-30", "20261005", "2026-10-5", "2026-10-05T00:00"])
def test_a_day_that_is_none_is_answered_with_how_to_write_one(text: str) -> None:
    with pytest.raises(BadPeriod, match="write it as 2026-10-05"):
        read_days(text, "2026-10-05")


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(BadPeriod, match="swap the two"):
        read_days("2026-10-05", "2026-10-04")


@pytest.mark.parametrize("day", ["1969-12-31", "9999-12-31"])
def test_a_day_that_no_id_or_no_end_of_a_period_can_tell_is_refused(day: str) -> None:
    with pytest.raises(BadPeriod, match="write it as"):
        read_days(day, day)


@given(st.integers(us_of(date(1, 1, 1)), us_of(date(9999, 12, 31))))
def test_no_microsecond_is_lost_between_a_time_and_its_count(us: int) -> None:
    assert us_at(time_of(us)) == us


def test_days_begin_in_utc() -> None:
    assert time_of(us_of(date(2026, 10, 5))) == datetime(2026, 10, 5, tzinfo=UTC)
