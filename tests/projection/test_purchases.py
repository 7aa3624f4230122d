"""What is bought and sold, with two paths at most and prices in round numbers. 0.72 x 0.85 = 0.612."""

import numpy as np
import pytest

from projection.purchases import Purchases, Stock, Tags, purchases_of

SHARE = 0.612


def bought(
    *units: float,
    first: int = 1,
    hosts: list[float] | None = None,
    decay: float = 0.0,
    life: int = 60,
    drift: list[float] | None = None,
) -> Purchases:
    """Units at $1,000 with a tenth of spares, hosts at $300; *units* are those needed in each month."""
    around = [1.0] * len(units) if hosts is None else hosts
    stock = Stock(first_units=first, units=np.array([units]), first_hosts=1, hosts=np.array([around]))
    tags = Tags(
        unit_usd=np.array([1000.0]),
        spares_share=np.array([0.1]),
        host_usd=np.array([300.0]),
        drift=np.array([drift or [1.0] * len(units)]),
        decay_per_year=np.array([decay]),
        life_months=life,
    )
    return purchases_of(stock, tags)


def test_what_is_there_at_first_is_not_bought_again() -> None:
    found = bought(1.0, 1.0, 1.0)
    assert found.later_usd.tolist() == [[0, 0, 0]]
    assert found.resale_usd.tolist() == [[1000 * SHARE] * 4]


def test_a_card_is_bought_in_the_month_that_needs_it_at_that_months_price() -> None:
    """Two more in month 1 at 80 %: 2 x 1,000 x 0.8 and a tenth of spares."""
    found = bought(1.0, 3.0, 3.0, drift=[1.0, 0.8, 0.5])
    assert found.later_usd[0] == pytest.approx([0, 1760, 0])


def test_a_host_is_bought_only_when_one_more_is_needed() -> None:
    found = bought(1.0, 2.0, 3.0, hosts=[1.0, 1.0, 2.0])
    assert found.later_usd[0] == pytest.approx([0, 1100, 1400])


def test_each_is_sold_by_its_own_age_and_by_what_it_cost() -> None:
    """At 75 % a year a unit keeps a quarter of its price over twelve months, and half of it over six.

    After 12 months the first is worth 250; one that was bought in month 6 for 900 is six months old: 450."""
    needed, drift = [1.0] * 6 + [2.0] * 6, [1.0] * 6 + [0.9] * 6
    found = bought(*needed, decay=0.75, drift=drift)
    assert found.resale_usd[0, 6] == pytest.approx(500 * SHARE)
    assert found.resale_usd[0, 12] == pytest.approx((250 + 450) * SHARE)


def test_at_the_end_of_its_life_it_is_sold_and_another_takes_its_place() -> None:
    """A life of 12 months at a loss of 50 % a year: in month 12 the first brings 500 x 0.612, and a new one
    costs 800 with 80 of spares, its host 240. Half a year on, the new one is worth 800 x 0.5^0.5."""
    found = bought(*[1.0] * 18, decay=0.5, life=12, drift=[1.0] * 12 + [0.8] * 6)
    assert found.later_usd[0, :12].tolist() == [0] * 12
    assert found.later_usd[0, 12] == pytest.approx(880 + 240 - 500 * SHARE)
    assert found.later_usd[0, 13:].tolist() == [0] * 5
    assert found.resale_usd[0, 12] == pytest.approx(500 * SHARE)
    assert found.resale_usd[0, 18] == pytest.approx(800 * 0.5**0.5 * SHARE)


def test_what_was_added_lives_as_long_as_the_first_did_and_so_does_what_replaced_it() -> None:
    """Of a life of three months, the first is bought again in 3 and 6, one of month 2 in 5."""
    found = bought(*[1.0, 1.0] + [2.0] * 6, life=3, decay=1.0)
    assert found.later_usd[0] == pytest.approx([0, 0, 1100, 1400, 0, 1100, 1400, 0])


def test_a_horizon_as_long_as_the_life_replaces_nothing() -> None:
    assert not bought(*[1.0] * 36, life=36).later_usd.any()


def test_each_path_has_its_own_needs_and_prices() -> None:
    stock = Stock(
        first_units=1, units=np.array([[1.0, 1.0], [1.0, 2.0]]), first_hosts=1, hosts=np.ones((2, 2))
    )
    tags = Tags(
        unit_usd=np.array([1000.0, 500.0]), spares_share=np.zeros(2), host_usd=np.zeros(2),
        drift=np.ones((2, 2)), decay_per_year=np.array([0.0, 1.0]), life_months=60,
    )  # fmt: skip
    found = purchases_of(stock, tags)
    assert found.later_usd.tolist() == [[0, 0], [0, 500]]
    assert found.resale_usd[:, 2] == pytest.approx([1000 * SHARE, 0])
