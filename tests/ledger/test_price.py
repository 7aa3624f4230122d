"""Tiers are cliffs: the size of the whole request decides the rate of all its tokens."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.meter import Meter
from ledger.money import cost_of
from ledger.price import Price, Rate, Tier
from tests.ledger.made_up import SONNET

TIERED = Rate(Meter.INPUT, Decimal(1), 1_000_000, (Tier(200_000, Decimal(2)), Tier(1_000_000, Decimal(4))))


@pytest.mark.parametrize(
    ("tokens", "usd"), [(0, 1), (200_000, 1), (200_001, 2), (1_000_000, 2), (1_000_001, 4), (9_000_000, 4)]
)
def test_a_tier_begins_above_its_bound_not_at_it(tokens: int, usd: int) -> None:
    assert TIERED.usd_at(tokens) == usd


@given(
    st.integers(0, 2**53 - 1),
    st.decimals(0, 10_000, places=12) | st.sampled_from([Decimal("3.00"), Decimal("0.075"), Decimal("1E+1")]),
    st.sampled_from([1, 1000, 1_000_000]),
    st.sampled_from([(), TIERED.tiers]),
    st.integers(0, 2_000_000),
)
def test_a_rate_costs_what_its_decimal_says_whether_or_not_it_is_a_whole_number_of_nano_usd(
    quantity: int, usd: Decimal, per: int, tiers: tuple[Tier, ...], tokens: int
) -> None:
    rate = Rate(Meter.INPUT, usd, per, tiers)
    assert rate.cost_of(quantity, tokens) == cost_of(quantity, rate.usd_at(tokens), per)


def test_a_meter_without_a_rate_has_none_rather_than_a_zero() -> None:
    assert SONNET.rate_of(Meter.OUTPUT_AUDIO) is None


def test_two_prices_with_the_same_rates_are_the_same_price() -> None:
    again = Price(provider="anthropic", model=SONNET.model, rates=SONNET.rates, source="configuration")
    assert (again, hash(again)) == (SONNET, hash(SONNET))
