"""Months and present values by hand, and what must rise or fall with what."""

import math
from itertools import accumulate

import numpy as np
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from projection.finance import (
    Spread,
    net_present_usd,
    paid_back_shares,
    payback_months,
    spread_of,
    summed_up,
)
from tests.projection.flows import flows_of

AMOUNTS = st.floats(-5000, 5000)
PATHS = st.lists(AMOUNTS, min_size=1, max_size=40)
RATES = st.floats(0, 1)


def test_the_month_that_pays_back_is_counted_in_parts() -> None:
    assert payback_months(flows_of(400, [125] * 12)) == 3.2


def test_discounting_makes_later_savings_count_less() -> None:
    flows = [-210, 110, 121]  # at 10 % a month: 100 each, so 200 of 210 are back
    assert payback_months(flows) == pytest.approx(1 + 100 / 121)
    assert payback_months(flows, 1.2) == math.inf


def test_what_is_not_back_by_the_horizon_is_never() -> None:
    assert payback_months(flows_of(400, [125] * 3)) == math.inf
    assert payback_months(flows_of(400, [-5] * 36)) == math.inf


def test_a_sale_brings_the_month_nearer() -> None:
    """400 spent, 100 saved a month, 200 for the machine whenever it is sold: two months, not four."""
    flows = flows_of(400, [100] * 6)
    assert [payback_months(flows), payback_months(flows, 0, [200] * 7)] == [4, 2]


def test_who_spends_nothing_first_has_paid_back_at_once_unless_the_first_month_costs() -> None:
    months = payback_months(np.array([[0, 5, 5], [0, 0, 3], [0, -1, 0.5], [0, -1, 2], [7, -9, 0]]))
    assert months.tolist() == [0, 0, math.inf, 1.5, 0]


def test_where_nothing_is_spent_and_nothing_saved_no_month_is_named() -> None:
    assert payback_months([[0, 0, 0], [-5, 0, 5]]).tolist() == [math.inf, 2]
    assert payback_months([0, 0, 0], 0.1, [0, 0, 0]) == math.inf


def test_one_month_that_only_costs_is_never_back() -> None:
    assert payback_months([-1]) == math.inf
    assert payback_months([1]) == 0


def test_each_path_has_its_own_month_and_its_own_price() -> None:
    flows = flows_of([100, 200], [[50, 50, 50, 50], [50, 50, 50, 50]])
    assert payback_months(flows).tolist() == [2, 4]
    assert payback_months(flows, 0, [[0] * 5, [100] * 5]).tolist() == [2, 2]


def test_the_present_value_of_a_loan_is_known() -> None:
    assert net_present_usd(flows_of(2000, [95] * 24), 0.10) == pytest.approx(58.7312, abs=1e-4)


def test_a_sale_in_the_last_month_is_discounted_as_that_month() -> None:
    assert net_present_usd([-100, 0, 0], 1.2, 121) == pytest.approx(0)


def test_sums_up_to_each_month_are_of_one_path_and_leave_the_flows_as_they_were() -> None:
    flows = np.array([[1.0, 2.0, 3.0], [10.0, -20.0, 30.0]])
    for told in (flows, np.asfortranarray(flows)):
        assert summed_up(told).tolist() == [[1, 3, 6], [10, -10, 20]]
    assert flows.tolist() == [[1, 2, 3], [10, -20, 30]]


def test_a_spread_keeps_never_apart_from_months() -> None:
    months = [float(month) for month in range(1, 9)] + [math.inf] * 2
    assert spread_of(months) == Spread(1, 5, math.inf, 0.2)
    assert spread_of([math.inf]) == Spread(math.inf, math.inf, math.inf, 1)


def test_shares_that_are_paid_back_count_the_month_itself() -> None:
    assert paid_back_shares([12.0, 12.1, 30.0, math.inf]) == {12: 0.25, 24: 0.5, 36: 0.75}


@pytest.mark.parametrize("wrong", [[], 5.0, [1.0, math.nan], [math.inf]])
def test_flows_that_cannot_be_are_refused(wrong: list[float] | float) -> None:
    with pytest.raises(ValueError, match="flows"):
        payback_months(wrong)
    with pytest.raises(ValueError, match="flows"):
        net_present_usd(wrong, 0.1)


def test_rates_and_paths_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="a rate of -12"):
        net_present_usd([1.0], -12)
    with pytest.raises(ValueError, match="one path"):
        spread_of([])
    with pytest.raises(ValueError, match="one path"):
        spread_of([math.nan])
    with pytest.raises(ValueError, match="one path"):
        paid_back_shares([])


def positions(flows: list[float], rate: float) -> list[float]:
    return list(accumulate(flow / (1 + rate / 12) ** month for month, flow in enumerate(flows)))


def plainly(flows: list[float], rate: float) -> float:
    """Month by month, as one would on paper."""
    position = positions(flows, rate)
    if position[0] > 0:
        return 0.0
    for month in range(1, len(position)):
        if position[month] >= 0:
            return month - position[month] / (position[month] - position[month - 1])
    return math.inf


@given(PATHS, RATES)
def test_all_paths_at_once_are_each_path_on_paper(flows: list[float], rate: float) -> None:
    other = [-1.0, *flows[1:]]
    # Where a sum is nothing but for rounding, either answer is right.
    assume(all(abs(usd) > 1e-6 for path in (flows, other) for usd in positions(path, rate)))
    months = payback_months([flows, other], rate)
    assert months.tolist() == [pytest.approx(plainly(path, rate), abs=1e-6) for path in (flows, other)]


@given(PATHS, RATES, st.floats(0, 5000))
def test_a_present_value_is_that_of_another_program(flows: list[float], rate: float, sold: float) -> None:
    expected = pyxirr.npv(rate / 12, [*flows[:-1], flows[-1] + sold])
    scale = sum(map(abs, flows)) + sold
    assert net_present_usd(flows, rate, sold) == pytest.approx(expected, abs=1e-9 * scale)


@given(st.floats(1, 5000), PATHS, st.floats(0, 100), RATES)
def test_saving_more_never_pays_back_later(
    upfront: float, saved: list[float], more: float, rate: float
) -> None:
    less_saved = payback_months(flows_of(upfront, saved), rate)
    more_saved = payback_months(flows_of(upfront, np.array(saved) + more), rate)
    assert more_saved <= less_saved + 1e-9


@given(st.floats(1, 5000), st.lists(st.floats(0, 500), min_size=1, max_size=40), RATES, RATES)
def test_a_higher_rate_never_pays_back_sooner(
    upfront: float, saved: list[float], one: float, two: float
) -> None:
    flows = flows_of(upfront, saved)
    assert payback_months(flows, min(one, two)) <= payback_months(flows, max(one, two)) + 1e-9


@given(st.floats(1, 5000), PATHS, RATES)
def test_a_sale_never_pays_back_later(upfront: float, saved: list[float], rate: float) -> None:
    flows = flows_of(upfront, saved)
    brought = payback_months(flows, rate, [upfront * 0.6] * (len(saved) + 1))
    assert brought <= payback_months(flows, rate) + 1e-9
