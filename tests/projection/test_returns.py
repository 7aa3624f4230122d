"""Rates of return: against the definition, and against pyxirr where there is one rate only."""

import math

import numpy as np
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from projection.returns import per_year, rate_of_return, rates_of_return


def test_the_rate_that_numpy_financial_gets_wrong() -> None:
    """It says -0.99979, which is a root as well; money that comes back is not a loss."""
    flows = [-1678.87, 771.96, 1814.05, 3520.30, 3552.95, 3584.99, 4789.91, -1]
    assert rate_of_return(flows) == pytest.approx(1.0042698, abs=1e-6)


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 110], 0.10),
        ([-100, 50], -0.5),
        ([-100, 100], 0.0),
        ([-100, 0, 121], 0.10),
        ([0, -100, 110], 0.10),
        ([-100, 230, -132], 0.10),  # 20 % is the other one
        ([100, -110], 0.10),
    ],
)
def test_rates_that_are_known_by_hand(flows: list[float], rate: float) -> None:
    assert rate_of_return(flows) == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize("flows", [[-100.0], [100, 50], [-1, -2], [0, 0], [-100, 220, -125]])
def test_flows_without_a_rate_have_none(flows: list[float]) -> None:
    """The last: 4 * 100 * 125 exceeds 220^2, so that no real rate solves it."""
    assert rate_of_return(flows) is None


def test_each_path_has_its_own_rate_or_none() -> None:
    rates = rates_of_return([[-100, 110], [100, 110], [-100, 50]])
    assert rates == pytest.approx([0.1, math.nan, -0.5], nan_ok=True)


def test_a_months_rate_is_compounded_to_a_years() -> None:
    assert per_year(0.01) == pytest.approx(0.12682503)


@pytest.mark.parametrize("wrong", [[[]], [[1.0, math.nan]], [1.0, 2.0]])
def test_flows_that_cannot_be_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="rows of finite numbers"):
        rates_of_return(wrong)


SAVED = st.lists(st.floats(1, 2000), min_size=1, max_size=60)


@given(st.floats(100, 20_000), SAVED)
def test_flows_that_change_sign_once_have_pyxirrs_rate(upfront: float, saved: list[float]) -> None:
    flows = [-upfront, *saved]
    expected = pyxirr.irr(flows)
    assume(expected is not None)
    assert rate_of_return(flows) == pytest.approx(expected, rel=1e-6, abs=1e-7)


CENTS = st.integers(-100_000, 100_000).map(lambda cents: cents / 100)


@given(st.lists(CENTS, min_size=2, max_size=37))
def test_a_rate_makes_the_flows_worth_nothing(flows: list[float]) -> None:
    rate = rate_of_return(flows)
    assume(rate is not None)
    assert rate is not None
    terms = np.array(flows) * (1 + rate) ** -np.arange(len(flows))
    assert abs(terms.sum()) <= 1e-7 * np.abs(terms).sum()


@given(st.floats(100, 20_000), SAVED, st.floats(1, 500))
def test_saving_more_has_a_higher_rate(upfront: float, saved: list[float], more: float) -> None:
    less, best = (
        rate_of_return([-upfront, *saved]),
        rate_of_return([-upfront, *(month + more for month in saved)]),
    )
    assert less is not None
    assert best is not None
    assert best > less
