"""What a machine costs a month, by hand; and that dearer never pays back sooner."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.finance import payback_months
from projection.owning import Electricity, Labour, Owned, Rented, usd_per_mtok
from projection.period import HOURS_PER_MONTH
from tests.projection.flows import flows_of

NO_LABOUR = Labour(setup_h=0, ops_h_per_month=0)
BOX = Owned(
    hardware_usd=2000,
    host_usd=800,
    spares_usd=200,
    idle_w=100,
    busy_w=500,
    decay_per_year=0.25,
    electricity=Electricity(usd_per_kwh=0.20, pue=1.5),
    labour=Labour(setup_h=20, ops_h_per_month=4, usd_per_h=100),
)


def test_month_zero_is_hardware_host_spares_and_the_hours_of_setting_up() -> None:
    assert BOX.upfront_usd == 2000 + 800 + 200 + 20 * 100


def test_a_month_is_electricity_for_idle_and_busy_hours_and_the_hours_of_keeping_it_up() -> None:
    kwh = (530.5 * 100 + 200 * 500) / 1000
    assert BOX.month_usd(busy_h=200) == pytest.approx(1.5 * 0.20 * kwh + 400)  # no share of the purchase


def test_idle_is_not_free() -> None:
    assert replace(BOX, labour=NO_LABOUR).month_usd(busy_h=0) == pytest.approx(1.5 * 0.2 * 0.1 * 730.5)


def test_what_it_is_sold_for_decays_by_the_year() -> None:
    """The units only: 2,000 less a quarter a year, times 0.72, times 0.85."""
    assert BOX.resale_usd([0, 12, 24]).tolist() == pytest.approx([1224, 918, 688.5])


def test_each_path_has_its_own_decay_and_a_column_for_each_month() -> None:
    paths = replace(BOX, decay_per_year=np.array([0.0, 0.5]))
    assert paths.resale_usd(12).tolist() == pytest.approx([1224, 612])
    assert paths.resale_usd([0, 12]).tolist() == [pytest.approx([1224, 1224]), pytest.approx([1224, 612])]


def test_rent_is_paid_for_every_hour_it_is_held() -> None:
    two = Rented(units=2, usd_per_h=1.5, labour=NO_LABOUR)
    assert (two.upfront_usd, two.month_usd(), two.month_usd(100)) == (0, 3 * 730.5, 300)


def test_setting_up_a_rented_machine_takes_hours_too() -> None:
    one = Rented(usd_per_h=1, labour=Labour(setup_h=10, ops_h_per_month=2, usd_per_h=50))
    assert (one.upfront_usd, one.month_usd(0)) == (500, 100)


def test_tokens_cost_more_the_fewer_there_are_and_without_end_where_there_are_none() -> None:
    assert usd_per_mtok(3.6, 1000) == pytest.approx(1.0)
    assert usd_per_mtok(3.6, np.array([1000.0, 100.0, 0.0])).tolist() == pytest.approx([1, 10, np.inf])  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="tokens_per_s"):
        usd_per_mtok(1, -1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hardware_usd": -1.0}, "hardware_usd is -1"),
        ({"busy_w": float("nan")}, "busy_w is nan"),
        ({"decay_per_year": 1.5}, "decay_per_year is 1.5"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(BOX, **wrong)  # type: ignore[arg-type]


def test_a_meter_that_shows_less_than_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="pue is 0"):
        Electricity(pue=0.9)


@pytest.mark.parametrize("hours", [-1.0, 731.0])
def test_more_hours_than_a_month_has_are_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="a month has 0 to"):
        BOX.month_usd(hours)
    with pytest.raises(ValueError, match="a month has 0 to"):
        Rented(usd_per_h=1, labour=NO_LABOUR).month_usd(hours)


BUSY_H_PER_MTOK = 0.5
"""Of BOX, whose capacity is thus 1,461 Mtok a month."""


def break_even(
    owned: Owned = BOX, *, usd_per_mtok: float = 3.0, mtok: float = 400.0, discount: float = 0.1
) -> float:
    """The API's bill for *mtok* a month, less what BOX costs for them; with the sale, over 60 months."""
    saved = mtok * usd_per_mtok - owned.month_usd(mtok * BUSY_H_PER_MTOK)
    flows = flows_of(owned.upfront_usd, np.full(60, saved))
    return float(payback_months(flows, discount, owned.resale_usd(np.arange(61))))


def within(least: float, most: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(least, most), min_size=2, max_size=2).map(sorted)


@given(within(0.1, 30))
def test_break_even_falls_as_the_api_gets_dearer(prices: list[float]) -> None:
    assert break_even(usd_per_mtok=prices[1]) <= break_even(usd_per_mtok=prices[0]) + 1e-9


@given(within(0, 2 * HOURS_PER_MONTH))
def test_break_even_falls_as_volume_rises_up_to_capacity(mtok: list[float]) -> None:
    """A million tokens cost $3 there and $0.06 of electricity here."""
    assert break_even(mtok=mtok[1]) <= break_even(mtok=mtok[0]) + 1e-9


@given(within(0, 1))
def test_break_even_falls_as_resale_rises(decays: list[float]) -> None:
    keeps, loses = (replace(BOX, decay_per_year=decay) for decay in decays)
    assert break_even(keeps) <= break_even(loses) + 1e-9


@given(within(0, 40))
def test_break_even_rises_with_the_hours_of_keeping_it_up(hours: list[float]) -> None:
    few, many = (replace(BOX, labour=Labour(ops_h_per_month=ops_h)) for ops_h in hours)
    assert break_even(few) <= break_even(many) + 1e-9


@given(within(0, 5))
def test_break_even_rises_with_the_price_of_electricity(prices: list[float]) -> None:
    cheap, dear = (replace(BOX, electricity=Electricity(usd_per_kwh=price)) for price in prices)
    assert break_even(cheap) <= break_even(dear) + 1e-9


@given(within(0, 2), within(0.5, 10))
def test_break_even_rises_with_the_discount_rate(rates: list[float], prices: list[float]) -> None:
    low, high = (break_even(discount=rate, usd_per_mtok=prices[0]) for rate in rates)
    assert low <= high + 1e-9
