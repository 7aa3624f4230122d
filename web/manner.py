"""How numbers, days and times read to whoever looks: the one room that puts in a separator or orders a date.

All text is English. Numbers are written in one form first, 1,234.5, and put into the viewer's here; what is
for programs (addresses, attributes, files, the API) never comes here. Who looks is a context variable:
pages are made in threads, from functions that would all have to hand it on otherwise."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

_MONTHS = ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December")  # fmt: skip


class Numbers(StrEnum):
    """Named for the sign between thousands and the one before decimals."""

    COMMA_POINT = "comma-point"
    POINT_COMMA = "point-comma"
    SPACE_COMMA = "space-comma"


class Dates(StrEnum):
    WORDS = "words"
    ISO = "iso"
    DOTS = "dots"
    SLASHES = "slashes"


@dataclass(frozen=True, slots=True)
class Manner:
    numbers: Numbers = Numbers.COMMA_POINT
    dates: Dates = Dates.WORDS
    zone: ZoneInfo | None = None
    """None: UTC."""


_HELD: ContextVar[Manner] = ContextVar("manner", default=Manner())  # noqa: B039  # it is frozen
_SIGNS = {
    Numbers.POINT_COMMA: str.maketrans(",.", ".,"),
    Numbers.SPACE_COMMA: str.maketrans(",.", "\N{NARROW NO-BREAK SPACE},"),
}
_DAYS = {Dates.ISO: "%Y-%m-%d", Dates.DOTS: "%d.%m.%Y", Dates.SLASHES: "%m/%d/%Y"}
_SHORT_DAYS = {Dates.ISO: "%m-%d", Dates.DOTS: "%d.%m.", Dates.SLASHES: "%m/%d"}
_SURELY_NUMBERS = re.compile(
    r"\$\d[\d,]*(?:\.\d+)?|(?<=\bmonth )\d+\.\d+|(?<=\bP\d0 )\d+\.\d+|\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b"
    r"|(?<![\w.,])\d+\.\d+(?=%| GB\b| tok/s\b| times\b)"
)


def held() -> Manner:
    return _HELD.get()


@contextmanager
def reading_as(manner: Manner) -> Iterator[None]:
    """What is written meanwhile is for somebody of this manner."""
    token = _HELD.set(manner)
    try:
        yield
    finally:
        _HELD.reset(token)


def number(text: str) -> str:
    """*text* of our own making, with numbers such as 1,234.5 and no other comma or point, as the viewer
    reads it.

    >>> with reading_as(Manner(Numbers.POINT_COMMA)): number("$1,234.50")
    '$1.234,50'
    """
    signs = _SIGNS.get(held().numbers)
    return text.translate(signs) if signs else text


def decimal_sign() -> str:
    return "." if held().numbers is Numbers.COMMA_POINT else ","


def sentence(text: str) -> str:
    """A sentence that was made elsewhere, as the viewer reads it: what in it is a number beyond doubt. The
    3.3 in the name of a model is none.

    >>> with reading_as(Manner(Numbers.POINT_COMMA)):
    ...     sentence("To Llama 3.3 70B it pays off in month 7.2 and saves $1,234 of 24.5 GB.")
    'To Llama 3.3 70B it pays off in month 7,2 and saves $1.234 of 24,5 GB.'
    """
    return _SURELY_NUMBERS.sub(lambda found: number(found[0]), text)


def month_name(day: date) -> str:
    """
    >>> month_name(date(2026, 10, 1))
    'October 2026'
    """
    return f"{_MONTHS[day.month - 1]} {day.year}"


def day_name(day: date) -> str:
    """
    >>> day_name(date(2026, 10, 5))
    '5 October 2026'
    >>> with reading_as(Manner(dates=Dates.DOTS)): day_name(date(2026, 10, 5))
    '05.10.2026'
    """
    form = _DAYS.get(held().dates)
    return f"{day:{form}}" if form else f"{day.day} {month_name(day)}"


def days_name(first: date, last: date) -> str:
    """
    >>> days_name(date(2026, 10, 1), date(2026, 10, 21)), days_name(date(2026, 10, 1), date(2026, 10, 1))
    ('1 to 21 October 2026', '1 October 2026')
    >>> with reading_as(Manner(dates=Dates.ISO)): days_name(date(2026, 10, 1), date(2026, 10, 21))
    '2026-10-01 to 2026-10-21'
    """
    if first == last:
        return day_name(last)
    is_brief = held().dates is Dates.WORDS and (first.year, first.month) == (last.year, last.month)
    return f"{first.day if is_brief else day_name(first)} to {day_name(last)}"


def short_time(moment: datetime) -> str:
    """Without its year, in the viewer's zone.

    >>> short_time(datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC))
    '22 Nov 14:30:05'
    """
    local, form = _local(moment), _SHORT_DAYS.get(held().dates)
    day = f"{local:{form}}" if form else f"{local.day} {_MONTHS[local.month - 1][:3]}"
    return f"{day} {local:%H:%M:%S}"


def long_time(moment: datetime, *, with_ms: bool = False) -> str:
    """With its year and the name of the viewer's zone.

    >>> long_time(datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC))
    '22 Nov 2026 14:30:05 UTC'
    >>> with reading_as(Manner(dates=Dates.ISO, zone=ZoneInfo("Europe/Berlin"))):
    ...     long_time(datetime(2026, 11, 22, 14, 30, 5, 123000, tzinfo=UTC), with_ms=True)
    '2026-11-22 15:30:05.123 CET'
    """
    local, form = _local(moment), _DAYS.get(held().dates)
    day = f"{local:{form}}" if form else f"{local.day} {_MONTHS[local.month - 1][:3]} {local.year}"
    ms = f".{local.microsecond // 1000:03d}" if with_ms else ""
    return f"{day} {local:%H:%M:%S}{ms} {_zone_of(local)}"


def _zone_of(local: datetime) -> str:
    """
    >>> _zone_of(datetime(2026, 11, 22, tzinfo=ZoneInfo("Asia/Kathmandu")))
    'UTC+05:45'
    """
    name = f"{local:%Z}"
    return name if name.isalpha() else f"UTC{local.isoformat()[-6:]}"


def _local(moment: datetime) -> datetime:
    try:
        return moment.astimezone(held().zone or UTC)
    except OverflowError:  # the last hours of the year 9999, somewhere east
        return moment.astimezone(UTC)
