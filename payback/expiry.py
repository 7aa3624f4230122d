"""When a key ends, as somebody writes it: a last day, or a span from now on."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from payback.issued_key import end_of

_UNITS = {"d": "days", "h": "hours"}


@dataclass(frozen=True, slots=True)
class Expiry:
    """One of the two."""

    at: datetime | None = None
    span: timedelta | None = None

    def after(self, now: datetime) -> datetime:
        if self.span is not None:
            return now + self.span
        assert self.at is not None
        return self.at


def read_expiry(text: str) -> Expiry | None:
    """None where it is neither.

    >>> read_expiry("90d").span, read_expiry("12h").span
    (datetime.timedelta(days=90), datetime.timedelta(seconds=43200))
    >>> read_expiry("2027-01-31").at.isoformat(), read_expiry("soon"), read_expiry("2027-02-30")
    ('2027-02-01T00:00:00+00:00', None, None)
    """
    if found := re.fullmatch(r"([1-9][0-9]{0,4})([dh])", text):
        return Expiry(span=timedelta(**{_UNITS[found[2]]: int(found[1])}))
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
        return None if day is None else Expiry(at=end_of(day))
    except (ValueError, OverflowError):
        return None
