"""The query of an API address -> typed values. Pure.

A parameter that there is not is refused by its name: whoever mistypes one would otherwise believe an answer
to another question. So is one that is there twice or says nothing."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from ledger.period import Period, month_of, read_days, read_month

EnumT = TypeVar("EnumT", bound=StrEnum)
Params = Mapping[str, str]
PERIOD = ("month", "from", "to")
_LONGEST_NUMBER = 9
"""Digits."""
_SHOWN = 60


class BadParameter(ValueError):
    """One sentence: the parameter, what stands there, what to write."""


def read_params(pairs: Iterable[tuple[str, str]], known: Collection[str]) -> Params:
    return dict(read_pairs(pairs, known))


def read_pairs(
    pairs: Iterable[tuple[str, str]], known: Collection[str], several: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Those of *several* may be there more than once."""
    params: list[tuple[str, str]] = []
    names: set[str] = set()
    for name, text in pairs:
        if name not in known:
            near = get_close_matches(name[:_SHOWN], known, n=1)
            hint = f"; nearest: {near[0]}" if near else f"; there are: {', '.join(known) or 'none'}"
            raise BadParameter(f"{shown(name)} is no parameter here{hint}")
        if name in names and name not in several:
            raise BadParameter(f"{name} is there twice; leave one out")
        if not text.strip():
            raise BadParameter(f"{name} is empty; leave it out, or write what it is to be")
        names.add(name)
        params.append((name, text))
    return params


def shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _SHOWN else f"what is {len(text)} characters long"


def period_in(params: Params, today: date) -> Period:
    """The days asked for; this month where none are. Raises BadParameter, BadPeriod."""
    month, first, last = (params.get(name) for name in PERIOD)
    if month is not None:
        if first is not None or last is not None:
            raise BadParameter("month and from, to exclude each other; give either the month or the days")
        return read_month(month)
    if first is not None:
        return read_days(first, today.isoformat() if last is None else last)
    if last is not None:
        raise BadParameter("to needs from, the first day")
    return month_of(today)


def at_most(period: Period, days: int, why: str) -> Period:
    if len(period.days()) > days:
        raise BadParameter(f"{why} are for {days} days at most; ask for fewer, or for larger parts")
    return period


def word_in(params: Params, name: str, words: type[EnumT], otherwise: EnumT) -> EnumT:
    text = params.get(name)
    try:
        return otherwise if text is None else words(text)
    except ValueError:
        raise BadParameter(f"{name} is {shown(text or '')}; write one of {', '.join(words)}") from None


def whole_in(params: Params, name: str, least: int, most: int, otherwise: int) -> int:
    text = params.get(name)
    if text is None:
        return otherwise
    number = int(text) if len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit() else -1
    if not least <= number <= most:
        raise BadParameter(f"{name} is {shown(text)}; write a whole number from {least} to {most}")
    return number
