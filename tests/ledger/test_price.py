"""Tiers are cliffs: the size of the whole request decides the rate of all its tokens."""

from decimal import Decimal

import pytest

from ledger.meter import Meter
from ledger.price import Price, Rate, Tier
from tests.ledger.made_up import SONNET

TIERED = Rate(Meter.INPUT, Decimal(1), 1_000_000, (Tier(200_000, Decimal(2)), Tier(1_000_000, Decimal(4))))


@pytest.mark.parametrize(
    ("tokens", "usd"), [(0, 1), (200_000, 1), (200_001, 2), (1_000_000, 2), (1_000_001, 4), (9_000_000, 4)]
)
def test_a_tier_begins_above_its_bound_not_at_it(tokens: int, usd: int) -> None:
    assert TIERED.usd_at(tokens) == usd


def test_a_meter_without_a_rate_has_none_rather_than_a_zero() -> None:
    assert SONNET.rate_of(Meter.OUTPUT_AUDIO) is None


def test_two_prices_with_the_same_rates_are_the_same_price() -> None:
    again = Price(provider="anthropic", model=SONNET.model, rates=SONNET.rates, source="configuration")
    assert (again, hash(again)) == (SONNET, hash(SONNET))
