"""Money is exact: whole nano-USD, rounded once, half to even, whatever the size."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import NANO_PER_USD, NanoUsd, claimed_cost, cost_of, render_usd

MTOK = 1_000_000


def test_a_million_tokens_cost_their_price() -> None:
    assert cost_of(1_000_000, Decimal("0.15"), MTOK) == 150_000_000


@pytest.mark.parametrize(
    ("tokens", "nano_usd"),
    [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)],  # 0.5, 1, 1.5, 2.5, 3.5
)
def test_half_a_nano_usd_goes_to_the_even_neighbour(tokens: int, nano_usd: int) -> None:
    assert cost_of(tokens, Decimal("0.0005"), MTOK) == nano_usd


def test_a_price_per_thousand_is_not_one_per_million() -> None:
    assert cost_of(1, Decimal(5), 1000) == 5_000_000  # 5 USD per thousand requests


def test_a_count_of_sixteen_digits_at_a_price_of_sixteen_is_exact() -> None:
    """A product of 32 digits: Decimal's usual 28 would lose the last ones."""
    assert cost_of(9_007_199_254_740_991, Decimal("0.08333333333333334"), MTOK) == 750_599_937_895_082_643


def test_the_precision_that_a_program_sets_for_its_decimals_does_not_change_money() -> None:
    with localcontext(prec=3):
        assert cost_of(123_456_789, Decimal("3"), MTOK) == 370_370_367_000  # noqa: FURB157


@given(
    st.integers(0, 2**53 - 1),
    st.decimals(0, 10_000, places=12),
    st.sampled_from([1, 1000, MTOK]),
)
def test_a_cost_is_within_half_a_nano_usd_of_the_truth(quantity: int, usd: Decimal, per: int) -> None:
    truth = Fraction(usd) * quantity * NANO_PER_USD / per
    assert abs(cost_of(quantity, usd, per) - truth) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (1, "0.000000001"),
        (10_000_000, "0.01"),
        (1_093_500, "0.0010935"),
        (-1, "-0.000000001"),
        (9_223_372_036_854_775_807, "9223372036.854775807"),
    ],
)
def test_an_amount_is_shown_in_full(amount: int, text: str) -> None:
    assert render_usd(NanoUsd(amount)) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_shown_amount_reads_back_as_itself(amount: int) -> None:
    assert Fraction(render_usd(NanoUsd(amount))) * NANO_PER_USD == amount


@pytest.mark.parametrize(
    ("usd", "nano_usd"),
    [
        ("0", 0),
        ("0.0011", 1_100_000),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("1000000", 10**15),
        ("1000000.000000001", None),
        ("-0.000000001", None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
    ],
)
def test_a_claim_that_no_call_can_cost_is_none(usd: str, nano_usd: int | None) -> None:
    """The ledger would refuse it, and with it all else that is known of the call."""
    assert claimed_cost(Decimal(usd)) == nano_usd
