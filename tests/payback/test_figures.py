"""Numbers for people. The doctests have the ordinary ones; these are those at the borders."""

import math

import pytest

from payback.figures import dollars, months, number, per_mtok, percent, rate_of_return


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_what_nobody_knows_is_a_dash_and_never_zero(nothing: float | None) -> None:
    assert (dollars(nothing), percent(nothing), per_mtok(nothing)) == ("-", "-", "-")


def test_dollars_lose_their_cents_where_they_would_pretend_to_be_known() -> None:
    assert [dollars(usd) for usd in (99.994, 100.4, -0.001, -12.5, 1e6)] == [
        "99.99", "100", "0.00", "-12.50", "1,000,000",
    ]  # fmt: skip


def test_a_rate_beyond_belief_is_not_written_out() -> None:
    assert [rate_of_return(rate) for rate in (9.99, 10.0, -0.5)] == ["999%", ">999%", "-50%"]


def test_months_and_amounts_are_short() -> None:
    assert [months(0.04), months(math.inf), number(0), number(999_999), number(2.5e12)] == [
        "0.0", "never", "0", "999,999", "2.5T",
    ]  # fmt: skip
