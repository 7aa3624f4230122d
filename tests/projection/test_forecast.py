import time
from collections.abc import Sequence

import numpy as np
import pytest

from projection.forecast import (
    Forecast,
    Outlook,
    TooShort,
    _levels_of,
    forecast,
    forecast_months,
    today_per_day,
)
from projection.period import Floats, by_month

WEEK = [10.0, 10.0, 10.0, 10.0, 10.0, 4.0, 2.0]
"""56 in a week, 8 on a mean day."""


def made(daily: Sequence[float] | Floats, days: int = 182, seed: int = 1) -> Forecast:
    found = forecast(daily, days=days, rng=np.random.default_rng(seed))
    assert isinstance(found, Forecast)
    return found


def middle_of(found: Forecast) -> float:
    return float(np.median(found.daily.sum(axis=1)))


@pytest.mark.parametrize(
    ("daily", "days", "today"),
    [
        ([], 0, 0.0),
        ([0.0] * 60, 0, 0.0),
        ([5.0], 1, 5.0),
        ([0.0] * 59 + [7.0], 1, 7.0),
        ([*WEEK, 99.0, *WEEK[:5]], 13, 151 / 7),  # the last seven: 2, 99 and five times 10
    ],
)
def test_under_two_weeks_no_path_is_made(daily: list[float], days: int, today: float) -> None:
    found = forecast(daily, days=182, rng=np.random.default_rng(1))
    assert isinstance(found, TooShort)
    assert (found.days, found.today_per_day) == pytest.approx((days, today))
    assert found.today_per_month == pytest.approx(today * 30.4375)


def test_two_weeks_are_enough_for_a_path() -> None:
    found = made(WEEK * 2)
    assert (found.days, found.today_per_day, found.daily.shape) == (14, 8.0, (2000, 182))


def test_days_before_the_first_call_are_no_history() -> None:
    """A ledger may be older than the traffic: its empty months would be taken for quiet ones."""
    late, bare = made([0.0] * 40 + WEEK * 3), made(WEEK * 3)
    assert late.days == 21
    assert np.array_equal(late.daily, bare.daily)


def test_the_same_seed_gives_the_same_paths_and_another_gives_others() -> None:
    first, again, other = made(WEEK * 4), made(WEEK * 4), made(WEEK * 4, seed=2)
    assert np.array_equal(first.daily, again.daily)
    assert not np.array_equal(first.daily, other.daily)


def test_what_never_changed_is_expected_to_stay_within_a_range() -> None:
    totals = made(WEEK * 8).daily.sum(axis=1) / (182 * 8)
    low, middle, high = np.quantile(totals, [0.1, 0.5, 0.9])
    assert middle == pytest.approx(1.0, abs=0.03)
    assert 0.6 < low < 0.8 < 1.25 < high < 1.6


def test_the_range_grows_with_the_time_ahead() -> None:
    monthly = by_month(made(WEEK * 8, days=1096).daily, 36)
    spread = np.ptp(np.quantile(np.log(monthly), [0.1, 0.9], axis=0), axis=0)
    assert spread[0] < spread[5] < spread[35]


def test_weekends_stay_weekends() -> None:
    by_weekday = np.median(made(WEEK * 8).daily.reshape(2000, 26, 7), axis=(0, 1))
    assert by_weekday / by_weekday[0] == pytest.approx([1, 1, 1, 1, 1, 0.4, 0.2])


def test_growth_is_followed_in_part_and_fades() -> None:
    """10 % a month for a year: half a year is trusted mostly, and adds 4.27 months of it at most."""
    daily = np.exp(0.10 / 30.4375 * np.arange(365))
    found = made(daily, days=3650)
    assert found.growth_per_month == pytest.approx(0.10 * 0.6, abs=0.02)
    year_ten = float(np.median(found.daily[:, -365:].mean(axis=1))) / daily[-1]
    assert 1.1 < year_ten < np.exp(0.10 * 4.27)


def test_decline_is_followed_downwards() -> None:
    found = made(np.exp(-0.10 / 30.4375 * np.arange(365)))
    assert found.growth_per_month == pytest.approx(-0.10 * 0.6, abs=0.02)


def test_growth_seen_in_two_weeks_is_hardly_believed() -> None:
    """A tenth more in the second week is 0.41 a month in logarithms, if one took it at its word."""
    assert 0 < made(WEEK + [1.1 * day for day in WEEK]).growth_per_month < 0.03


def test_a_single_huge_day_is_a_week_that_may_come_again() -> None:
    daily = np.array(WEEK * 8)
    daily[30] = 56 * 7  # eight weeks hold 7 * 56 + (56 - 10 + 392) = 830, 103.75 in the mean week
    assert 0.7 < middle_of(made(daily)) / (26 * 103.75) < 1.3


def test_a_week_of_a_pilot_does_not_blow_up_the_weeks_after_it() -> None:
    totals = made([0.01] * 7 + [10.0] * 7).daily.sum(axis=1)
    assert np.quantile(totals, 0.9) < 4 * 182 * 10


def test_a_gap_of_a_week_comes_again_as_often_as_it_came() -> None:
    found = made(WEEK * 3 + [0.0] * 7 + WEEK * 4)
    silent = np.mean(found.daily.reshape(2000, 26, 7).sum(axis=2) == 0)
    assert silent == pytest.approx(1 / 8, abs=0.01)
    assert 0.7 < middle_of(found) / (26 * 56 * 7 / 8) < 1.3


@pytest.mark.parametrize("daily", [[7.0] + [0.0] * 21, [7.0] + [0.0] * 400])
def test_what_has_stopped_long_ago_stays_stopped(daily: list[float]) -> None:
    found = made(daily)
    assert (found.today_per_day, found.growth_per_month, found.daily.max()) == (0.0, 0.0, 0.0)


def test_one_path_of_mostly_silent_weeks_is_a_number() -> None:
    for seed in range(30):
        found = forecast([7.0] + [0.0] * 13, days=30, paths=1, rng=np.random.default_rng(seed))
        assert isinstance(found, Forecast)
        assert np.all(np.isfinite(found.daily))


def test_today_is_the_last_four_whole_weeks() -> None:
    assert today_per_day([1000.0] * 30 + WEEK * 4) == 8.0
    assert today_per_day([3.0, 5.0]) == 4.0


@pytest.mark.parametrize("daily", [[1.0, -1.0], [float("nan")], [float("inf")]])
def test_volumes_that_cannot_be_are_refused(daily: list[float]) -> None:
    with pytest.raises(ValueError, match="finite and 0 or more"):
        forecast(daily, days=182, rng=np.random.default_rng(1))


def test_a_table_is_no_history() -> None:
    with pytest.raises(ValueError, match="one row of daily volumes"):
        today_per_day(np.ones((14, 2)))


@pytest.mark.parametrize(("days", "paths"), [(0, 2000), (182, 0)])
def test_nothing_to_draw_is_refused(days: int, paths: int) -> None:
    with pytest.raises(ValueError, match="at least 1 day and 1 path"):
        forecast(WEEK * 2, days=days, paths=paths, rng=np.random.default_rng(1))


def test_three_years_are_drawn_while_a_page_is_waited_for() -> None:
    took_s = []
    for seed in range(3):
        start = time.perf_counter()
        found = forecast_months(WEEK * 52, months=36, rng=np.random.default_rng(seed))
        assert isinstance(found, Outlook)
        assert found.monthly.shape == (2000, 36)
        took_s.append(time.perf_counter() - start)
    assert min(took_s) < 0.3


def test_two_weeks_are_not_taken_to_be_all_that_weeks_can_be() -> None:
    """Weeks of 7 and 21 have a mean of 14 and an error of 7; drawn again as they are, of 4.95."""
    weeks = np.array([[1.0] * 7, [3.0] * 7])
    levels = _levels_of(weeks, np.zeros(20_000), np.random.default_rng(1))
    assert set(np.round(levels, 2)) == {5.25, 14.0, 24.84}  # 14 * 0.5, 1 and 1.5 to the power of sqrt 2
    assert levels.std() == pytest.approx(7.0, abs=0.1)
