"""Money is a whole number of nano-USD. Decimals come in, integers are kept, decimals are shown."""

from decimal import Decimal
from typing import NewType

NanoUsd = NewType("NanoUsd", int)
"""1 USD = 1,000,000,000 nano-USD. 64 bits hold nine billion dollars."""

NANO_PER_USD = 1_000_000_000
NOTHING = NanoUsd(0)
LARGEST_CHARGE = NanoUsd(1_000_000 * NANO_PER_USD)
"""A million USD for one call is a fault of upstream's counts; sums of such would leave 64 bits."""


def cost_of(quantity: int, usd: Decimal, per: int) -> NanoUsd:
    """List cost of *quantity* units at *usd* per *per* units, rounded half-even to 1 nano-USD.

    >>> cost_of(2455, Decimal("0.30"), 1_000_000)
    736500
    >>> cost_of(1, Decimal("0.0005"), 1_000_000)
    0
    """
    numerator, denominator = usd.as_integer_ratio()
    return NanoUsd(_divided_half_even(numerator * quantity * NANO_PER_USD, denominator * per))


def claimed_cost(usd: Decimal) -> NanoUsd | None:
    """What upstream says that a call costs, rounded half-even; None where no call can cost that.

    >>> claimed_cost(Decimal("0.008138"))
    8138000
    >>> claimed_cost(Decimal("-1")), claimed_cost(Decimal("NaN")), claimed_cost(Decimal("1e7"))
    (None, None, None)
    """
    if not usd.is_finite() or usd < 0 or usd > LARGEST_CHARGE // NANO_PER_USD:
        return None
    return cost_of(1, usd, 1)


def _divided_half_even(dividend: int, divisor: int) -> int:
    """In integers, because a Decimal rounds to 28 digits and large counts at long prices have more."""
    whole, rest = divmod(dividend, divisor)
    over = 2 * rest - divisor
    return whole + 1 if over > 0 or (over == 0 and whole % 2) else whole


def render_usd(amount: NanoUsd) -> str:
    """The exact decimal, with two places at least and no zeros after them that say nothing.

    >>> render_usd(NanoUsd(128_415_585_000))
    '128.415585'
    >>> render_usd(NanoUsd(-1_500_000_000))
    '-1.50'
    """
    if not amount:
        return "0.00"
    sign = "-" if amount < 0 else ""
    dollars, rest = divmod(abs(amount), NANO_PER_USD)
    places = f"{rest:09d}".rstrip("0").ljust(2, "0")
    return f"{sign}{dollars}.{places}"
