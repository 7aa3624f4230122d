"""Numbers, times and names as people read them. Pure; the templates' only vocabulary."""

import unicodedata
from datetime import date

from ledger.money import NANO_PER_USD, NanoUsd, render_usd
from ledger.period import time_of
from web.manner import long_time, number, short_time

DASH = "\N{EM DASH}"
LONGEST_NAME = 80
"""Characters of a name that are shown; names come from clients and may hold 10,000."""
_LONGEST_TITLE = 300
_MINUS = "\N{MINUS SIGN}"
_UNSEEN = frozenset({"Cc", "Zl", "Zp", "Cs"})
_STEERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that only turn the direction of others; a name that needs them can still do without."""


def usd(amount: NanoUsd, places: int = 2) -> str:
    """Rounded half-even to *places*. What is not zero is never shown as zero.

    >>> usd(NanoUsd(1_284_415_585_000)), usd(NanoUsd(4_000_000)), usd(NanoUsd(0))
    ('$1,284.42', '<$0.01', '$0.00')
    """
    unit = 10 ** (9 - places)
    whole, rest = divmod(abs(amount), unit)
    whole += rest * 2 > unit or (rest * 2 == unit and whole % 2)
    if amount and not whole:
        return f"<{_signed(NanoUsd(unit if amount > 0 else -unit), places)}"
    return _signed(NanoUsd(whole * unit if amount >= 0 else -whole * unit), places)


def usd_exact(amount: NanoUsd, places: int = 2) -> str:
    """Every nano-USD, with *places* at least.

    >>> usd_exact(NanoUsd(1_284_415_585_000))
    '$1,284.415585'
    """
    return _signed(amount, places)


def _signed(amount: NanoUsd, places: int) -> str:
    dollars, rest = render_usd(NanoUsd(abs(amount))).split(".")
    return number(f"{_MINUS if amount < 0 else ''}${int(dollars):,}.{rest.ljust(places, '0')}")


def plain_usd(amount: NanoUsd) -> str:
    """For programs: the exact decimal, no sign of the currency, no separators."""
    return render_usd(amount)


def usd_told(amount: NanoUsd) -> str:
    """For tooltips: every nano-USD, the same to everybody.

    >>> usd_told(NanoUsd(1_284_415_585_000))
    '1284.415585 USD'
    """
    return f"{render_usd(amount)} USD"


def places_for(largest: NanoUsd) -> int:
    """Decimals with which a column whose largest amount is *largest* says something and still lines up."""
    if abs(largest) >= 10 * NANO_PER_USD:
        return 2
    return 4 if abs(largest) >= NANO_PER_USD // 10 else 6


def exact_places(amounts: list[NanoUsd]) -> int:
    """Decimals that show every one of *amounts* exactly."""
    return max((len(render_usd(amount).partition(".")[2]) for amount in amounts), default=2)


def tokens(count: int) -> str:
    """
    >>> tokens(1234567)
    '1,234,567'
    """
    return number(f"{count:,}")


def of_calls(part: int, calls: int) -> str:
    """
    >>> of_calls(2, 31), of_calls(0, 1)
    ('2 of 31 calls', '0 of 1 call')
    """
    return f"{tokens(part)} of {counted(calls, 'call')}"


def counted(count: int, noun: str) -> str:
    """
    >>> counted(1, "day"), counted(2000, "day")
    ('1 day', '2,000 days')
    """
    return f"{tokens(count)} {noun}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """A share is 100 % only when it is the whole, and 0 % only when it is nothing.

    >>> share(1, 3), share(1, 5000), share(4999, 5000), share(0, 0)
    ('33.3%', '<0.1%', '>99.9%', '—')
    """
    if whole <= 0:
        return DASH
    if part in (0, whole):
        return "100%" if part else "0%"
    permille = round(part * 1000 / whole)
    if permille == 0:
        return number("<0.1%")
    return number(">99.9%" if permille == 1000 else f"{permille / 10:.1f}%")


def when(us: int) -> str:
    """
    >>> when(1_700_000_000_123_456)
    '14 Nov 22:13:20'
    """
    return short_time(time_of(us))


def stamp(us: int, *, with_ms: bool = False) -> str:
    """
    >>> stamp(1_700_000_000_123_456)
    '14 Nov 2023 22:13:20 UTC'
    """
    return long_time(time_of(us), with_ms=with_ms)


def iso(us: int) -> str:
    return f"{time_of(us):%Y-%m-%dT%H:%M:%S.%fZ}"


def month_key(day: date) -> str:
    """As the address has it.

    >>> month_key(date(2026, 10, 1))
    '2026-10'
    """
    return f"{day.year:04d}-{day.month:02d}"


def duration(us: int) -> str:
    """
    >>> duration(87_400), duration(12_340_000), duration(185_000_000)
    ('87 ms', '12.3 s', '3 min 05 s')
    """
    if us < 1_000_000:
        return f"{us // 1000} ms"
    if us < 60_000_000:
        return number(f"{us // 100_000 / 10:.1f} s")
    minutes, seconds = divmod(us // 1_000_000, 60)
    return number(f"{minutes:,} min {seconds:02d} s")


def shown(text: str, longest: int = LONGEST_NAME) -> str:
    """*text* from outside, fit for one line: bounded, and without characters that nobody sees.

    >>> shown("gpt-4o"), shown("a\\x00b"), shown("abcdef", 4)
    ('gpt-4o', 'a\N{REPLACEMENT CHARACTER}b', 'abc…')
    """
    cut = text if len(text) <= longest else f"{text[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
    if cut.isprintable():
        return cut
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_unseen(char) else char for char in cut)


def full(text: str) -> str:
    """*text* for a tooltip: longer than what is shown, and still bounded."""
    return shown(text, _LONGEST_TITLE)


def _is_unseen(char: str) -> bool:
    return char in _STEERING or unicodedata.category(char) in _UNSEEN
