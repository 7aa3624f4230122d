import numpy as np
import pytest

from ledger.period import US_PER_DAY, US_PER_HOUR
from projection.arrivals import US_PER_MINUTE, concurrency_of, minutes_of, week_of, week_of_hours
from projection.columns import Calls, columns_of

MONDAY_US = 4 * US_PER_DAY
"""1970-01-05"""


def calls_at(*started_us: int, ended_us: list[int | None] | None = None) -> Calls:
    tokens = [10] * len(started_us)
    return columns_of(
        started_us=list(started_us), input_tokens=tokens, output_tokens=tokens, ended_us=ended_us
    )


def test_quiet_minutes_are_minutes() -> None:
    calls = calls_at(60_000_000, 61_000_000, 119_999_999, 240_000_000)
    minutes = minutes_of(calls, 0, 5 * US_PER_MINUTE)
    assert minutes.calls.tolist() == [0, 3, 0, 0, 1]
    assert minutes.peak_calls == 3
    assert minutes.peak_factor == pytest.approx(3 / 0.8)
    assert (minutes.calls_at(0.5), minutes.calls_at(1.0)) == (0.0, 3.0)


def test_minutes_without_a_call_have_no_peak() -> None:
    for to_us, count in ((0, 0), (2 * US_PER_MINUTE, 2)):
        minutes = minutes_of(calls_at(), 0, to_us)
        assert (len(minutes.calls), minutes.peak_calls, minutes.peak_factor) == (count, 0, None)
        assert minutes.calls_at(0.99) == 0.0


def test_a_clock_that_was_years_off_does_not_fill_the_memory() -> None:
    with pytest.raises(ValueError, match="longer than 20 years"):
        minutes_of(calls_at(), 0, 21 * 366 * US_PER_DAY)


def test_a_week_begins_on_monday_and_its_hours_are_means_of_their_own_kind() -> None:
    """Eight days: Monday has been seen twice. Three calls in its first hours are 1.5 an hour."""
    calls = calls_at(MONDAY_US, MONDAY_US + 5, MONDAY_US + 7 * US_PER_DAY, MONDAY_US + 25 * US_PER_HOUR)
    week = week_of(calls, MONDAY_US, MONDAY_US + 8 * US_PER_DAY)
    assert (week.observed_h[0], week.observed_h[25]) == (2.0, 1.0)
    assert (week.calls_per_h()[0], week.calls_per_h()[25], week.calls_per_h()[26]) == (1.5, 1.0, 0.0)
    assert week.output_tokens_per_h()[0] == 15.0
    assert (week.calls.sum(), week.input_tokens.sum(), week.output_tokens.sum()) == (4, 40, 40)


def test_an_hour_that_was_never_watched_is_not_an_idle_one() -> None:
    week = week_of(calls_at(MONDAY_US), MONDAY_US, MONDAY_US + US_PER_HOUR // 2)
    assert week.observed_h[0] == 0.5
    assert week.calls_per_h()[0] == 2.0
    assert np.isnan(week.calls_per_h()[1:]).all()


def test_rollups_give_the_profile_that_rows_give() -> None:
    calls = calls_at(MONDAY_US, MONDAY_US + 1, MONDAY_US + 30 * US_PER_HOUR)
    first = MONDAY_US // US_PER_HOUR
    rows = week_of(calls, MONDAY_US, MONDAY_US + 7 * US_PER_DAY)
    rollups = week_of_hours(
        hours=np.array([first, first + 30]),
        calls=np.array([2, 1]),
        input_tokens=np.array([20, 10]),
        output_tokens=np.array([20, 10]),
        from_us=MONDAY_US,
        to_us=MONDAY_US + 7 * US_PER_DAY,
    )
    for name in ("observed_h", "calls", "input_tokens", "output_tokens"):
        assert np.array_equal(getattr(rows, name), getattr(rollups, name))


def test_calls_under_way_are_counted_by_how_long() -> None:
    """10-40 and 20-30 of 100: nothing for 70, one for 20, two for 10."""
    found = concurrency_of(calls_at(10, 20, ended_us=[40, 30]), 0, 100)
    assert found.us_at.tolist() == [70, 20, 10]
    assert (found.most, found.mean, found.idle_share) == (2, 0.4, 0.7)
    assert [found.at(quantile) for quantile in (0.7, 0.71, 0.9, 0.91, 1.0)] == [0, 1, 1, 2, 2]


def test_one_that_begins_as_another_ends_is_not_beside_it() -> None:
    assert concurrency_of(calls_at(10, 20, ended_us=[20, 30]), 0, 40).us_at.tolist() == [20, 20]


def test_calls_that_lasted_no_time_are_never_under_way_at_once() -> None:
    """Three in the same microsecond, beside one that lasts: one at most."""
    found = concurrency_of(calls_at(10, 20, 20, 20, ended_us=[40, 20, 20, 20]), 0, 50)
    assert found.us_at.tolist() == [20, 30]


def test_a_call_that_outlasts_the_period_counts_up_to_its_end() -> None:
    assert concurrency_of(calls_at(10, ended_us=[500]), 0, 40).us_at.tolist() == [10, 30]


def test_calls_whose_end_nobody_saw_are_told_and_left_out() -> None:
    found = concurrency_of(calls_at(10, 20, 30, ended_us=[None, 15, 30]), 0, 100)
    assert (found.us_at.tolist(), found.calls_without_end) == ([100], 2)


def test_no_time_at_all_is_idle() -> None:
    found = concurrency_of(calls_at(), 0, 0)
    assert (found.most, found.mean, found.idle_share, found.at(0.99)) == (0, 0.0, 1.0, 0)
