"""Numbers as a projection shows them: with as many places as it knows, and a dash for what nobody knows."""

import math

from payback.terminal import UNKNOWN

_LARGEST_RATE = 9.99


def dollars(usd: float | None) -> str:
    """Whole dollars from a hundred on: nobody believes the cents of a forecast.

    >>> dollars(1234.5), dollars(-0.004), dollars(12.3), dollars(None)
    ('1,234', '0.00', '12.30', '-')
    """
    if usd is None or not math.isfinite(usd):
        return UNKNOWN
    return f"{usd:,.0f}" if abs(usd) >= 100 else f"{round(usd, 2) + 0.0:,.2f}"


def months(month: float) -> str:
    """
    >>> months(7.25), months(float("inf"))
    ('7.2', 'never')
    """
    return "never" if math.isinf(month) else f"{month:.1f}"


def percent(share: float | None) -> str:
    """
    >>> percent(0.256), percent(None)
    ('26%', '-')
    """
    return UNKNOWN if share is None or not math.isfinite(share) else f"{share:.0%}"


def rate_of_return(per_year: float | None) -> str:
    """Who spends next to nothing has a rate that says nothing.

    >>> rate_of_return(0.25), rate_of_return(361.4), rate_of_return(None)
    ('25%', '>999%', '-')
    """
    return ">999%" if per_year is not None and per_year > _LARGEST_RATE else percent(per_year)


def per_mtok(usd: float | None) -> str:
    """
    >>> per_mtok(0.2091), per_mtok(15.25), per_mtok(None)
    ('0.209', '15.25', '-')
    """
    if usd is None or not math.isfinite(usd):
        return UNKNOWN
    return f"{usd:,.2f}" if usd >= 1 else f"{usd:.3f}"


def number(amount: float) -> str:
    """
    >>> number(950), number(12_345), number(1.5e6), number(4.2e9)
    ('950', '12,345', '1.5M', '4.2B')
    """
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if amount >= size:
            return f"{amount / size:.1f}{letter}"
    return f"{amount:,.0f}"
