"""Where a number leads: the calls that it sums. Pure."""

from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from ledger.period import Period
from web.addresses import CALLS_PATH
from web.calls.words import NONE

_LONGEST_NAME = 300
"""Characters of a name that goes into an address; longer ones come from nobody who wants to be found."""


def calls_link(period: Period, **query: str | None) -> str:
    """The list of the calls of *period*, narrowed by *query*; None stands for the calls without such a name.

    >>> calls_link(Period(date(2026, 10, 1), date(2026, 11, 1)), model="gpt-4o")
    '/-/report/calls?from=2026-10-01&to=2026-10-31&model=gpt-4o'
    >>> calls_link(Period(date(2026, 10, 5), date(2026, 10, 6)), user=None)
    '/-/report/calls?from=2026-10-05&to=2026-10-05&user=%28none%29'
    """
    told = _encoded(tuple(query.items()))
    return f"{CALLS_PATH}?from={period.start}&to={period.end - timedelta(days=1)}{told and '&'}{told}"


def calls_since_link(instant: str, **query: str | None) -> str:
    """The calls from *instant* on, such as 2026-10-05T13:00Z."""
    told = _encoded((("from", instant), *query.items()))
    return f"{CALLS_PATH}?{told}"


def one_day(day: date) -> Period:
    return Period(day, day + timedelta(days=1))


def is_linkable(name: str | None) -> bool:
    """A name that is called as the calls without one would lead to those, a very long one to nowhere."""
    return name is None or (name != NONE and bool(name.strip()) and len(name) <= _LONGEST_NAME)


@lru_cache(maxsize=1024)
def _encoded(query: tuple[tuple[str, str | None], ...]) -> str:
    """A page has some hundreds of these, for some tens of names."""
    return urlencode([(field, NONE if name is None else name) for field, name in query])
