"""What a fleet costs whoever buys it: hosts with slots, lives that end, current. HOURS_PER_MONTH is 730.5."""

from dataclasses import replace

import numpy as np
import pytest

from projection.buying import bought_first, bought_later, labour_of
from projection.machines import buy
from projection.work import work_of
from tests.projection.cases import base, fleet, machine, move
from tests.projection.rigs import LLAMA_8B, RTX_4090
from tests.projection.rigs import rig as rig_of
from tests.projection.test_machines import month_usd, only


def test_what_is_bought_at_first_is_bought_once() -> None:
    """Two cards of 2,000 and a tenth of spares; nothing later, as the traffic stays."""
    told = base(spares_share=0.1)
    two = replace(machine(copies=2), host_usd=1500.0)
    first, later = bought_first(told, two), bought_later(told, two, work_of(told, two, kept=True))
    assert only(np.asarray(first.upfront_usd)) == pytest.approx(4000 + 400 + 1500)
    assert not later.later_usd.any()


def test_setting_up_is_paid_by_the_hour() -> None:
    assert only(np.asarray(labour_of(base(setup_h=3, labour_usd_per_h=50)).setup_usd)) == 150


def test_a_row_may_say_how_many_cards_one_host_takes() -> None:
    """Four to a host instead of two: the third needs none."""
    wide = rig_of(replace(RTX_4090, units_per_host=4), LLAMA_8B)
    told = base(volume=np.array([1.0, 3.0, 5.0]), months=3, electricity_usd_per_kwh=0.0)
    course = buy(told, move(), replace(machine(), host_usd=1500.0, fleet=fleet(rig=wide)))
    assert only(course.upfront_usd) == pytest.approx(2000 + 1500)
    assert [month_usd(course, month) for month in (1, 2)] == pytest.approx([2000, 2000])


def test_a_card_that_fills_a_slot_draws_no_second_hosts_power() -> None:
    """Three times the 100 busy hours on two cards, with one host's 40 and 50 W."""
    course = buy(base(volume=3.0, electricity_usd_per_kwh=0.2), move(), machine())
    kwh = (425 * 300 + 40 * (2 * 730.5 - 300)) / 1000
    assert course.parts_usd["energy"] == pytest.approx(0.2 * kwh)


def test_a_machine_is_replaced_at_the_end_of_its_life_and_not_before() -> None:
    """Of a life of two years at the horizon of three; nothing of it is lost, so the old one brings 61.2 %."""
    told = base(months=36, electricity_usd_per_kwh=0.0, resale_decay_per_year=0.0, hardware_life_months=24)
    course = buy(told, move(), replace(machine(), host_usd=300.0))
    assert month_usd(course, 23) == 0
    assert month_usd(course, 24) == pytest.approx(2300 - 2000 * 0.612)
    assert only(course.resale_usd[:, 36]) == pytest.approx(2000 * 0.612)
    row = rig_of(replace(RTX_4090, life_months=12), LLAMA_8B)
    sooner = buy(told, move(), replace(machine(), host_usd=300.0, fleet=fleet(rig=row)))
    assert [month_usd(sooner, month) > 0 for month in (11, 12, 13, 24)] == [False, True, False, True]


def test_by_default_nothing_is_replaced_within_the_default_horizon() -> None:
    told = base(months=60, electricity_usd_per_kwh=0.0)
    assert not buy(told, move(), machine()).monthly_usd.any()


def test_machines_that_were_added_wear_by_their_own_age() -> None:
    """At a loss of three quarters a year: after a year the first is worth 500 of 2,000, one of half a year
    1,000. Sold as if both were a year old they would bring 1,000 only."""
    volume = np.array([1.0] * 6 + [3.0] * 6)
    told = base(volume=volume, electricity_usd_per_kwh=0.0, resale_decay_per_year=0.75)
    course = buy(told, move(), machine())
    assert only(course.resale_usd[:, 12]) == pytest.approx((500 + 1000) * 0.612)
