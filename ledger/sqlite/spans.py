"""Which rollups answer for which hours: months where whole ones are asked for, days beside them, hours at the
ends. Hours are counted from the Unix epoch; days and months are UTC's. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

HOURS_A_DAY = 24
EVER = range(1 << 40)
"""All hours."""
_EPOCH = date(1970, 1, 1)
_LAST_MONTH = date(9999, 12, 1)
"""Ids reach further than dates: what comes after it counts as part of it."""


class Table(StrEnum):
    HOUR = "rollup_hour"
    DAY = "rollup_day"
    MONTH = "rollup_month"


@dataclass(frozen=True, slots=True)
class Span:
    """Hours for which *table* has the sums."""

    table: Table
    hours: range


def day_of(hour: int) -> int:
    """The first hour of the day."""
    return hour // HOURS_A_DAY * HOURS_A_DAY


def month_at(hour: int) -> date:
    """Its first day."""
    last = (_LAST_MONTH - _EPOCH).days
    return (_EPOCH + timedelta(days=min(hour // HOURS_A_DAY, last))).replace(day=1)


def month_of_hour(hour: int) -> int:
    """The first hour of the month.

    >>> month_of_hour(24 * 58 + 23), month_of_hour(24 * 59)
    (744, 1416)
    """
    return _hour_of(month_at(hour))


def next_month(hour: int) -> int:
    """The first hour of the month after that of *hour*.

    >>> next_month(743), next_month(744)
    (744, 1416)
    """
    month = month_at(hour)
    return EVER.stop if month == _LAST_MONTH else _hour_of((month + timedelta(days=31)).replace(day=1))


def months_between(hours: range) -> Iterator[range]:
    """*hours*, cut where months begin."""
    start = hours.start
    while start < hours.stop:
        end = min(next_month(start), hours.stop)
        yield range(start, end)
        start = end


def spans_of(hours: range, folded_before: int, coarsest: Table = Table.MONTH) -> list[Span]:
    """Spans that together are *hours*, each hour in one of them.

    Days have the sums of the hours before *folded_before* and of none after it, months those of the days
    before its day. So the day and the month that these are in are good for all up to there."""
    today = day_of(folded_before)
    days_end = min(hours.stop, folded_before) if hours.stop >= folded_before else day_of(hours.stop)
    months_end = _month_up(today) if hours.stop >= today else month_of_hour(hours.stop)
    days_start, months_start = _day_up(hours.start), _month_up(hours.start)
    if coarsest is Table.HOUR or days_start >= days_end:
        return [Span(Table.HOUR, hours)]
    if coarsest is Table.DAY or months_start >= months_end:
        months_start = months_end = days_start
    days_again = min(months_end, max(today, days_start))
    found = [
        Span(Table.HOUR, range(hours.start, days_start)),
        Span(Table.DAY, range(days_start, months_start)),
        Span(Table.MONTH, range(months_start, months_end)),
        Span(Table.DAY, range(days_again, _day_up(days_end))),
        Span(Table.HOUR, range(days_end, hours.stop)),
    ]
    return [span for span in found if span.hours]


def _day_up(hour: int) -> int:
    """The first day that begins at *hour* or later."""
    return -(-hour // HOURS_A_DAY) * HOURS_A_DAY


def _month_up(hour: int) -> int:
    """The first month that begins at *hour* or later."""
    month = month_of_hour(hour)
    return month if month == hour else next_month(hour)


def _hour_of(day: date) -> int:
    return (day - _EPOCH).days * HOURS_A_DAY
