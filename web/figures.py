"""Floats of a projection as people read them: as many places as it knows, a dash for the unknown. Pure."""

from math import isfinite

from web.filters import DASH
from web.manner import number

_MINUS = "\N{MINUS SIGN}"
_MOST_PERCENT = 1000
_UNIT_WORDS = {
    "USD/kWh": "per kWh",
    "USD/h": "per hour",
    "h": "hours",
    "h/month": "hours a month",
    "ratio": "times",
}


def dollars(usd: float | None) -> str:
    """Whole dollars from a hundred on: nobody believes the cents of a forecast.

    >>> dollars(1234.5), dollars(-12.3), dollars(-0.001), dollars(None)
    ('$1,234', '\N{MINUS SIGN}$12.30', '$0.00', '—')
    """
    if usd is None or not isfinite(usd):
        return DASH
    if usd == 0:
        return "$0"
    told = f"{abs(usd):,.0f}" if abs(usd) >= 100 else f"{abs(usd):.2f}"
    return number(f"{_MINUS if usd < 0 and told != '0.00' else ''}${told}")


def brief_dollars(usd: float) -> str:
    """For axes.

    >>> brief_dollars(250_000), brief_dollars(-1_512_345), brief_dollars(500), brief_dollars(0.5)
    ('$250k', '\N{MINUS SIGN}$1.51M', '$500', '$0.5')
    """
    sign = _MINUS if usd < 0 else ""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(usd) >= size:
            return number(f"{sign}${abs(usd) / size:.3g}{letter}")
    return number(f"{sign}${abs(usd):.3g}")


def month(count: float | None) -> str:
    """None is a month that does not come.

    >>> month(7.25), month(None)
    ('7.2', 'never')
    """
    return "never" if count is None else number(f"{count:.1f}")


def percent(part: float | None) -> str:
    """All is 100 % only when it is all, and none 0 % only when it is none.

    >>> percent(0.256), percent(0.0004), percent(0.9996), percent(1.0), percent(67.03), percent(None)
    ('26%', '<1%', '>99%', '100%', '>1,000%', '—')
    >>> percent(-0.3)
    '\N{MINUS SIGN}30%'
    """
    if part is None or not isfinite(part):
        return DASH
    if part * 100 > _MOST_PERCENT:
        return number(f">{_MOST_PERCENT:,}%")
    if 0 < part < 0.005:
        return "<1%"
    if 0.995 <= part < 1:
        return ">99%"
    return number(f"{part * 100:,.0f}%".replace("-", _MINUS).replace(f"{_MINUS}0%", "0%"))


def per_mtok(usd: float | None) -> str:
    """
    >>> per_mtok(0.2091), per_mtok(15.25), per_mtok(None)
    ('$0.209', '$15.25', '—')
    """
    if usd is None or not isfinite(usd):
        return DASH
    return number(f"${usd:,.2f}" if usd >= 1 else f"${usd:.3f}")


def many(amount: float | None) -> str:
    """
    >>> many(950), many(12_345), many(1.5e6), many(4.2e9), many(None)
    ('950', '12,345', '1.5M', '4.2B', '—')
    """
    if amount is None or not isfinite(amount):
        return DASH
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if amount >= size:
            return number(f"{amount / size:.1f}{letter}")
    return number(f"{amount:,.0f}")


def plain(amount: float | None) -> str:
    """As it was stated, or near to it: three digits, and no exponent that a table would not need.

    >>> plain(0.17), plain(8.0), plain(-0.1), plain(13.456), plain(1200.0), plain(None)
    ('0.17', '8', '\N{MINUS SIGN}0.1', '13.5', '1,200', '—')
    """
    if amount is None or not isfinite(amount):
        return DASH
    told = f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:.3g}"
    return number(told.replace("-", _MINUS, 1) if amount < 0 else told)


def tenths(part: float) -> str:
    """
    >>> tenths(0.2564), tenths(0.0004), tenths(0.0), tenths(1.0)
    ('25.6%', '<0.1%', '0%', '100%')
    """
    if part in (0, 1):
        return percent(part)
    return number("<0.1%" if 0 < part < 0.0005 else f"{part * 100:.1f}%")


def in_unit(amount: float | None, unit: str) -> str:
    """An assumption as people say it: shares and factors in percent, money with its sign.

    >>> in_unit(0.1, "of moved calls"), in_unit(-0.15, "per year"), in_unit(6.79, "of today's price")
    ('10%', '\N{MINUS SIGN}15%', '679%')
    >>> in_unit(0.17, "USD/kWh"), in_unit(22.7, "h/month"), in_unit(None, "of time")
    ('$0.17', '22.7', '—')
    """
    if amount is None or not isfinite(amount):
        return DASH
    if unit.startswith("of ") or unit == "per year":
        return f"{plain(amount * 100)}%"
    return f"${plain(amount)}" if unit.startswith("USD/") else plain(amount)


def unit_in_words(unit: str) -> str:
    """What stands behind an amount of in_unit.

    >>> unit_in_words("USD/kWh"), unit_in_words("h/month"), unit_in_words("of time")
    ('per kWh', 'hours a month', 'of time')
    """
    return _UNIT_WORDS.get(unit, unit)


def typed(amount: float) -> str:
    """As it has to be written into a field, whoever looks.

    >>> typed(0.17), typed(100_000), typed(-0.99)
    ('0.17', '100000', '-0.99')
    """
    return f"{amount:.0f}" if abs(amount) >= 100 else f"{amount:.3g}"
