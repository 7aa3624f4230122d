import math

import numpy as np
import pytest
import pyxirr

from projection.compare import compared, flows_between
from projection.courses import stay
from projection.machines import buy, rent
from projection.plan import Kind
from tests.projection.cases import base, machine, move


def test_a_course_is_the_difference_to_the_other_month_by_month() -> None:
    told = base(electricity_usd_per_kwh=0.0)
    flows = flows_between(buy(told, move(), machine()), stay(told, "gpt-4o"))
    assert flows.shape == (100, 13)
    assert flows[0].tolist() == pytest.approx([-2000] + [1000] * 12)


def test_a_card_of_2000_that_saves_1000_a_month_pays_back_in_two_months() -> None:
    told = base(electricity_usd_per_kwh=0.0)
    found = compared(buy(told, move(), machine()), stay(told, "gpt-4o"), 0.0)
    assert (found.payback.p10, found.payback.p50, found.payback.p90) == (2.0, 2.0, 2.0)
    assert found.payback.never_share == 0.0
    assert found.against is Kind.STAY
    assert found.within == {12: 1.0, 24: None, 36: None}  # nobody has looked beyond a year
    assert found.saved_usd_per_month == pytest.approx(1000)
    assert found.cash_usd[1].tolist() == pytest.approx([-2000 + 1000 * month for month in range(13)])


def test_a_month_that_pays_back_is_that_of_discounted_savings_and_a_sale_is_discounted_too() -> None:
    """At 1 % a month 1,000 are worth 990.10, 980.30 and 970.59; 29.60 of 2,000 are left to the third."""
    told = base(electricity_usd_per_kwh=0.0, resale_decay_per_year=0.0)
    found = compared(buy(told, move(), machine()), stay(told, "gpt-4o"), 0.12)
    assert found.payback.p50 == pytest.approx(2 + 29.60 / 970.59, abs=1e-4)
    # sold for 1,224 at once: 776 are left, at the end of the first month 1,211.88 + 990.10 of 2,000 are back
    assert found.payback_with_resale.p50 == pytest.approx(776 / (776 + 201.98), abs=1e-4)
    assert found.npv_usd[1] == pytest.approx(-2000 + 1000 * 11.2550775 + 1224 / 1.01**12, abs=0.01)


def test_selling_the_machine_pays_back_earlier_and_counts_in_the_present_value() -> None:
    told = base(electricity_usd_per_kwh=0.0, resale_decay_per_year=0.25)
    found = compared(buy(told, move(), machine()), stay(told, "gpt-4o"), 0.0)
    sold_after_a_year = 2000 * 0.72 * 0.85 * 0.75
    assert found.payback_with_resale.p50 < found.payback.p50
    assert found.npv_usd[1] == pytest.approx(12_000 - 2000 + sold_after_a_year)


def test_what_costs_more_than_staying_never_pays_back_and_is_worth_less_than_nothing() -> None:
    told = base(100)
    found = compared(rent(told, move(100), machine()), stay(told, "gpt-4o"), 0.0)
    assert math.isinf(found.payback.p50)
    assert found.payback.never_share == 1.0
    assert found.npv_usd[1] == pytest.approx(12 * (100 - 365.25))
    assert found.irr_per_year == (None, None, None)


def test_a_saving_of_exactly_nothing_never_pays_back() -> None:
    told = base(365.25, setup_h=20)
    found = compared(rent(told, move(365.25), machine()), stay(told, "gpt-4o"), 0.0)
    assert found.saved_usd_per_month == pytest.approx(0.0)
    assert math.isinf(found.payback.p50)


def test_the_rate_of_return_is_that_of_another_program() -> None:
    told = base(200, electricity_usd_per_kwh=0.0)
    found = compared(buy(told, move(200), machine()), stay(told, "gpt-4o"), 0.1)
    sold = 2000 * 0.72 * 0.85 * 0.75
    monthly = pyxirr.irr([-2000.0] + [200.0] * 11 + [200.0 + sold])
    assert monthly is not None
    assert found.irr_per_year[1] == pytest.approx((1 + monthly) ** 12 - 1, abs=1e-6)


def test_half_of_the_paths_without_a_rate_of_return_is_no_rate_of_return() -> None:
    volume = np.ones((100, 12))
    volume[:60] = 0.0  # nothing to save on these
    told = base(1000, volume=volume, resale_decay_per_year=1.0)
    assert compared(buy(told, move(), machine()), stay(told, "gpt-4o"), 0.1).irr_per_year == (None,) * 3
