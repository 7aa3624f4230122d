"""Tables of a plan, key by key: what may stand there, and in one sentence what may not.

A reader raises ValueError with what to write; the place and what stood there are added here."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from projection.amounts import MOST_TOKENS, Unreadable, read_tokens
from projection.catalogue.shelf import nearest

Read = Callable[[object], object]
_LONGEST_SHOWN = 60
_MOST_USD = 1e12
"""More than anything costs; sums of it over months stay numbers."""
_HEADING = re.compile(r"\[+[\w.]+\]+")


def read_keys(table: object, reads: Mapping[str, Read], place: str) -> dict[str, Any]:
    """Each key of *table* by its own reader; *place* begins a complaint."""
    if not isinstance(table, Mapping):
        raise ValueError(f"{place} is {shown(table)}; write key = value, below {_heading_of(place)}")
    found = {}
    for key, value in table.items():
        if key not in reads:
            raise ValueError(f"{place} {key} is no known key; nearest: {nearest(str(key), reads)}")
        try:
            found[key] = reads[key](value)
        except ValueError as wanted:
            raise ValueError(f"{place} {key} is {shown(value)}; write {wanted}") from None
    return found


def read_rows(rows: object, reads: Mapping[str, Read], place: str) -> list[tuple[str, dict[str, Any]]]:
    """The tables of a list, each with its own place: `[[course]] 2`."""
    if not isinstance(rows, list | tuple):
        raise ValueError(f"{place} is {shown(rows)}; write {_heading_of(place)} above the keys of each")
    places = [f"{place} {number}" for number in range(1, len(rows) + 1)]
    return [(place, read_keys(row, reads, place)) for place, row in zip(places, rows, strict=True)]


def _heading_of(place: str) -> str:
    """
    >>> _heading_of("plan.toml: [[course]] 2")
    '[[course]]'
    """
    heading: str = _HEADING.findall(place)[-1]
    return heading


def shown(value: object) -> str:
    """As TOML writes it, where that is short."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_SHOWN:
        return "larger than any number here"  # Python itself refuses to write thousands of digits
    told = f'"{value}"' if isinstance(value, str) else str(value)
    return told if len(told) <= _LONGEST_SHOWN else f"{len(told)} characters long"


def number(least: float = 0.0, most: float = float("inf"), *, above: bool = False) -> Read:
    """*above*: *least* itself is too little."""

    def read(value: object) -> float:
        read = _float_of(value)
        if read is None or not least <= read <= most or read == float("inf") or (above and read == least):
            quoted = " without quotes" if isinstance(value, str) else ""
            raise ValueError(f"a number{quoted} {_span(least, most, above)}")
        return read

    return read


def whole(least: int, most: int) -> Read:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return value

    return read


def usd(value: object) -> float:
    """A number, or as the configuration writes prices: in quotes."""
    try:
        read = _float_of(Decimal(value) if isinstance(value, str) else value)
    except InvalidOperation:
        read = None
    if read is None or not 0 <= read <= _MOST_USD:
        raise ValueError(f"USD from 0 to {_MOST_USD:,.0f}, such as 3.00")
    return read


def tokens(value: object) -> float:
    """A number, or text as read_tokens has it."""
    try:
        read = read_tokens(value) if isinstance(value, str) else _float_of(value)
    except Unreadable:
        read = None
    if read is None or not 0 <= read <= MOST_TOKENS:
        raise ValueError('tokens, such as 1200000 or "1.2M"')
    return read


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text in quotes")
    return value.strip()


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def moment(value: object) -> str:
    """A time as TOML knows it, or as text."""
    return value.isoformat() if isinstance(value, date | datetime) else text(value)


def one_of(choices: type[StrEnum]) -> Read:
    def read(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in list(choices):
            raise ValueError(f"one of {', '.join(choices)}")
        return choices(value)

    return read


def unread(value: object) -> object:
    """Of what somebody else reads."""
    return value


def _float_of(value: object) -> float | None:
    """None: not a number, or none that a float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None


def _span(least: float, most: float, above: bool) -> str:
    if most < float("inf"):
        return f"above {least:g}, {most:g} at most" if above else f"from {least:g} to {most:g}"
    return f"above {least:g}" if above else f"of {least:g} or more"
