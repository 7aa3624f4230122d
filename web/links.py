"""Where a number leads: the calls that it sums. Pure."""

from collections.abc import Collection
from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from ledger.period import Period
from web.addresses import CALLS_PATH
from web.calls.query import MOST_NAMES
from web.calls.words import NONE

_LONGEST_NAME = 300
"""Characters of a name that goes into an address; longer ones come from nobody who wants to be found."""
_LONGEST_NAMES = 4000
"""Characters of all names in one address, as it is written: servers between take 8,000 of a whole one."""
Names = str | None | tuple[str | None, ...]
"""None: the calls without such a name."""


def calls_link(period: Period, **query: Names) -> str:
    """The list of the calls of *period*, narrowed by *query*; None stands for the calls without such a name.

    >>> calls_link(Period(date(2026, 10, 1), date(2026, 11, 1)), model="gpt-4o")
    '/-/report/calls?from=2026-10-01&to=2026-10-31&model=gpt-4o'
    >>> calls_link(Period(date(2026, 10, 5), date(2026, 10, 6)), user=None)
    '/-/report/calls?from=2026-10-05&to=2026-10-05&user=%28none%29'
    """
    told = _encoded(tuple(query.items()))
    return f"{CALLS_PATH}?from={period.start}&to={period.end - timedelta(days=1)}{told and '&'}{told}"


def calls_of_link(period: Period, field: str, names: Collection[str | None]) -> str:
    """The calls that have one of *names*, or none of them where the field is one such as except_model. Empty:
    no address asks that.

    >>> calls_of_link(Period(date(2026, 10, 1), date(2026, 11, 1)), "except_user", ["ada", None])
    '/-/report/calls?from=2026-10-01&to=2026-10-31&except_user=ada&except_user=%28none%29'
    """
    if not all(map(is_linkable, names)) or not 0 < len(names) <= MOST_NAMES:
        return ""
    asked = {field: tuple(names)}
    return calls_link(period, **asked) if len(_encoded(tuple(asked.items()))) <= _LONGEST_NAMES else ""


def calls_since_link(instant: str, **query: Names) -> str:
    """The calls from *instant* on, such as 2026-10-05T13:00Z."""
    told = _encoded((("from", instant), *query.items()))
    return f"{CALLS_PATH}?{told}"


def one_day(day: date) -> Period:
    return Period(day, day + timedelta(days=1))


def is_linkable(name: str | None) -> bool:
    """A name that is called as the calls without one would lead to those, a very long one to nowhere."""
    return name is None or (name != NONE and bool(name.strip()) and len(name) <= _LONGEST_NAME)


@lru_cache(maxsize=1024)
def _encoded(query: tuple[tuple[str, Names], ...]) -> str:
    """A page has some hundreds of these, for some tens of names."""
    told = [(field, names if isinstance(names, tuple) else (names,)) for field, names in query]
    return urlencode([(field, NONE if name is None else name) for field, names in told for name in names])
