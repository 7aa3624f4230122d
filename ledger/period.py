"""Spans of time that people ask for. All are UTC: hours, days and months begin there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ledger.errors import BadPeriod

US_PER_HOUR = 3_600_000_000
US_PER_DAY = 24 * US_PER_HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From the start of one UTC day up to the start of another. *end* is not part of it."""

    start: date
    end: date

    @property
    def from_us(self) -> int:
        return us_of(self.start)

    @property
    def to_us(self) -> int:
        return us_of(self.end)

    def days(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days)]


def us_of(day: date) -> int:
    """Microseconds since the Unix epoch at the start of *day*, UTC.

    >>> us_of(date(1970, 1, 2))
    86400000000
    """
    return (day - date(1970, 1, 1)).days * US_PER_DAY


def time_of(us: int) -> datetime:
    """Exact: a float of seconds would lose the last microsecond."""
    return _EPOCH + timedelta(0, us // 1_000_000, us % 1_000_000)


def us_at(instant: datetime) -> int:
    """The inverse of time_of; smaller parts than a microsecond a datetime does not have."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def month_of(day: date) -> Period:
    start = day.replace(day=1)
    return Period(start, (start + timedelta(days=31)).replace(day=1))


def read_month(text: str) -> Period:
    """
    >>> read_month("2026-12")
    Period(start=datetime.date(2026, 12, 1), end=datetime.date(2027, 1, 1))
    """
    try:
        if len(text) != len("2026-10"):
            raise ValueError
        return month_of(_day_in_reach(f"{text}-01"))
    except (ValueError, OverflowError):
        raise BadPeriod(f"{text!r} is not a month; write it as 2026-10") from None


def read_days(first: str, last: str) -> Period:
    """Both days are part of the period, as people mean it when they write from and to."""
    start, final = _read_day(first), _read_day(last)
    if final < start:
        raise BadPeriod(f"the period ends on {last}, before it starts on {first}; swap the two")
    return Period(start, final + timedelta(days=1))


def _read_day(text: str) -> date:
    try:
        if len(text) != len("2026-10-05"):
            raise ValueError
        return _day_in_reach(text)
    except ValueError:
        raise BadPeriod(f"{text!r} is not a day; write it as 2026-10-05") from None


def _day_in_reach(text: str) -> date:
    """Ids count from 1970, and a period needs the day after its last. Raises ValueError."""
    day = date.fromisoformat(text)
    if not date(1970, 1, 1) <= day < date.max:
        raise ValueError
    return day
