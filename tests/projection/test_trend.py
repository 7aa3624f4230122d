import numpy as np
import pytest

from projection.trend import NO_SLOPE, Slope, shrunk, slope_of, theil_sen


def test_one_odd_week_does_not_turn_the_slope() -> None:
    times = np.arange(5.0)
    assert theil_sen(times, np.array([0.0, 2.0, 4.0, 6.0, -50.0])) == 2.0  # 6 of 10 pairs say 2


def test_an_even_number_of_pairs_takes_the_middle_of_two() -> None:
    values = np.array([0.0, 1.0, 3.0, 7.0])  # the six pairs: 1, 3/2, 2, 7/3, 3, 4
    assert theil_sen(np.arange(4.0), values) == pytest.approx((2 + 7 / 3) / 2)


def test_a_slope_through_one_time_is_refused() -> None:
    with pytest.raises(ValueError, match="two times that differ"):
        theil_sen(np.array([1.0, 1.0]), np.array([1.0, 2.0]))


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_weeks_say_nothing_of_a_slope(count: int) -> None:
    assert slope_of(np.arange(float(count)), np.ones(count), 0.16, np.random.default_rng(1)) == NO_SLOPE


def test_weeks_on_a_line_are_no_proof_of_growth() -> None:
    """Two weeks always are on a line, and a line has no bootstrap error."""
    found = slope_of(np.array([0.0, 0.25]), np.array([0.0, 1.0]), 0.16, np.random.default_rng(1))
    assert found.value == 4.0
    assert found.error == pytest.approx(0.32)  # 0.16 / sqrt(0.25); both draws of one point are no slope


def test_noise_makes_a_slope_less_certain() -> None:
    times, rng = np.arange(8.0), np.random.default_rng(1)
    calm, wild = (slope_of(times, rng.normal(0, sd, 8), 0.0, rng).error for sd in (0.01, 1.0))
    assert calm < 0.02 < 0.1 < wild


def test_a_slope_and_the_prior_are_weighed_by_their_certainty() -> None:
    halved = shrunk(Slope(0.1, 0.08), 0.08)
    assert (halved.value, halved.error) == pytest.approx((0.05, 0.08 / 2**0.5))
    assert shrunk(Slope(0.1, 0.0), 0.08) == Slope(0.1, 0.0)
    assert shrunk(NO_SLOPE, 0.08) == Slope(0.0, 0.08)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_slope_that_no_growth_can_have_is_bounded(sign: int) -> None:
    assert shrunk(Slope(sign * 30.0, 0.0), 0.08).value == sign * 0.16
