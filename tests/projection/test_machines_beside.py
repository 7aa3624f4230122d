"""Machines beside an API: parts of a fleet, hours of a week, and who takes what they cannot."""

from dataclasses import replace

import numpy as np
import pytest

from projection.courses import stay
from projection.machines import buy, hybrid, rent_busy_hours
from projection.options import cost_usd_of
from tests.projection.cases import MONTHS, WEEK_HOURS, base, machine, move

SOLD = replace(move(250.0), hosted_usd_per_month=25.0)
"""Ten times as cheap elsewhere; at four times the traffic half overflows."""


def test_what_a_bought_fleet_cannot_take_goes_back_to_todays_api_though_another_is_cheaper() -> None:
    told = base(volume=4.0, electricity_usd_per_kwh=0.0)
    assert buy(told, SOLD, machine(grows=False)).parts_usd["overflow"] == pytest.approx(0.5 * 4 * 250)


def test_what_a_mix_cannot_take_is_paid_at_the_other_apis_price_of_that_month() -> None:
    told = base(volume=4.0, electricity_usd_per_kwh=0.0)
    draws = replace(told.draws, hosted_price=np.full_like(told.draws.hosted_price, 0.5))
    parts = hybrid(replace(told, draws=draws), SOLD, machine(), copies=1).parts_usd
    assert parts["overflow"] == pytest.approx(0.5 * 4 * 25 * 0.5)


def test_one_of_two_copies_has_twice_the_work_and_half_the_speed_of_both() -> None:
    """Two are busy for 100 h together at the measured traffic; the one is for all of them."""
    told = base(electricity_usd_per_kwh=0.2, resale_decay_per_year=0.0)
    course = hybrid(told, move(), machine(copies=2), copies=1)
    assert course.parts_usd["energy"] == pytest.approx(0.2 * (450 * 100 + 60 * 630.5) / 1000)
    worn, full = 2000 * 0.388 / MONTHS, 0.2 * 450 * 730.5 / 1000
    assert course.usd_per_mtok_full == pytest.approx((worn + full) / (1000 * 730.5 * 3600 / 1e6))


def test_a_token_of_rented_hours_costs_at_full_load_what_any_rented_token_does() -> None:
    busy = np.zeros(WEEK_HOURS)
    busy[9:17] = 1 / 8
    course = rent_busy_hours(base(), replace(move(), tokens_by_hour=busy), machine())
    assert course is not None
    assert course.usd_per_mtok_full == pytest.approx(0.5 * 1e6 / (1000 * 3600))


def test_twice_the_volume_is_asked_for_as_a_factor() -> None:
    assert set(stay(base(volume_factor=2.0), "gpt-4o").monthly_usd[:, 0].tolist()) == {2000.0}


def test_a_course_costs_what_is_paid_less_what_a_sale_brings() -> None:
    course = buy(base(electricity_usd_per_kwh=0.0, ops_h_per_month=1), move(), machine())
    assert cost_usd_of(course) == pytest.approx(2000 + 12 * 100 - 2000 * 0.612 * 0.75)
