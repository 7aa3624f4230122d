from functools import lru_cache

import numpy as np
import pytest

from projection.backtest import (
    METHODS,
    Row,
    Score,
    TooFewDays,
    backtest_families,
    backtest_of,
    flat_totals,
    forecast_totals,
)
from projection.families import FAMILIES, growing
from projection.period import Floats

FORECAST, FLAT = METHODS


@lru_cache
def table() -> tuple[Row, ...]:
    return backtest_families(rng=np.random.default_rng(8300), series=40)


def score(method: str, history_days: int, family: str | None = None) -> Score:
    wanted = (method, history_days, family)
    found = [row.score for row in table() if (row.method, row.history_days, row.family) == wanted]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("history_days", [14, 28, 60])
def test_the_80_percent_interval_holds_about_80_percent_of_outcomes(history_days: int) -> None:
    found = score(FORECAST, history_days)
    assert found.cases == 6 * 40
    assert 0.70 <= found.cover <= 0.92
    assert found.median_error < 0.30


@pytest.mark.parametrize("history_days", [14, 28, 60])
def test_weeks_drawn_again_alone_hold_hardly_any(history_days: int) -> None:
    assert score(FLAT, history_days).cover < 0.25


def test_the_table_has_each_family_by_itself_and_the_sum_of_them() -> None:
    assert len(table()) == 3 * len(METHODS) * (len(FAMILIES) + 1)
    covers = [score(FORECAST, 28, family).cover for family in FAMILIES]
    assert score(FORECAST, 28).cover == pytest.approx(sum(covers) / 6)
    assert len(set(covers)) > 1


def test_the_same_seed_gives_the_same_table() -> None:
    first, again = (
        backtest_families(rng=np.random.default_rng(1), series=2, history_days=[14]) for _ in range(2)
    )
    assert first == again


def test_a_real_history_is_asked_week_by_week() -> None:
    """300 days: the last of the first 60 is day 60; 58 days are left beyond 182, in 9 steps of 7 days."""
    daily = growing(300, np.random.default_rng(3))
    found = backtest_of(daily, rng=np.random.default_rng(1))
    assert isinstance(found, Score)
    assert found.cases == 9  # after 60, 67, ... 116 days; 116 + 182 = 298


def wrong_by_a_tenth(history: Floats, days: int, rng: np.random.Generator) -> Floats:
    return np.full(3, days * 1.1)


def test_cover_and_error_are_those_of_the_outcomes() -> None:
    """Ones, and twos from day 50: the 30 days after day 20 sum to 30, after day 27 to 37, after 34 to 44."""
    daily = [1.0] * 50 + [2.0] * 14

    def spoken(history: Floats, days: int, rng: np.random.Generator) -> Floats:
        return np.linspace(30.0, 40.0, 11)  # P10 31, P50 35, P90 39

    found = backtest_of(daily, rng=np.random.default_rng(1), history_days=20, ahead_days=30, method=spoken)
    assert isinstance(found, Score)
    assert (found.cases, found.cover) == pytest.approx((3, 1 / 3))
    assert found.median_error == pytest.approx(35 / 30 - 1)  # of 5/30, 2/37, 9/44


@pytest.mark.parametrize(("outcome", "error", "cover"), [(0.0, float("inf"), 0.0), (1.0, 0.1, 0.0)])
def test_an_outcome_of_nothing_is_no_division_by_zero(outcome: float, error: float, cover: float) -> None:
    daily = [1.0] * 14 + [outcome] * 10
    found = backtest_of(
        daily, rng=np.random.default_rng(1), history_days=14, ahead_days=10, method=wrong_by_a_tenth
    )
    assert isinstance(found, Score)
    assert (found.cases, found.cover, found.median_error) == pytest.approx((1, cover, error))


def test_nothing_that_was_foreseen_is_no_error() -> None:
    found = backtest_of([5.0] + [0.0] * 240, rng=np.random.default_rng(1), history_days=29)
    assert isinstance(found, Score)
    assert (found.cover, found.median_error) == (1.0, 0.0)


@pytest.mark.parametrize(("days", "history_days", "needed"), [(241, 60, 242), (0, 14, 196), (400, 10, 196)])
def test_a_history_without_an_outcome_says_what_it_lacks(days: int, history_days: int, needed: int) -> None:
    found = backtest_of([1.0] * days, rng=np.random.default_rng(1), history_days=history_days)
    assert found == TooFewDays(days=days, needed_days=needed)


def test_flat_weeks_are_the_weeks_of_the_past() -> None:
    rng = np.random.default_rng(1)
    totals = flat_totals(np.array([1.0] * 7 + [2.0] * 7), 14, rng)
    assert totals is not None
    assert set(totals.tolist()) == {14.0, 21.0, 28.0}
    assert flat_totals(np.ones(6), 14, rng) is None
    assert forecast_totals(np.ones(13), 14, rng) is None


def test_lengths_and_series_of_nothing_are_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="days on both sides"):
        backtest_of([1.0], rng=rng, history_days=0)
    with pytest.raises(ValueError, match="at least 1 series"):
        backtest_families(rng=rng, series=0)
    with pytest.raises(ValueError, match="no forecast is made from 13 days"):
        backtest_families(rng=rng, history_days=[28, 13])
