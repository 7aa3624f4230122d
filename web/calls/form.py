"""Which calls -> the fields that ask for them, and chips for what is asked. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from ledger.asking import CallFilter
from ledger.period import US_PER_DAY, month_of, time_of
from web.calls.query import Asked
from web.calls.words import CHOICES, LABELS, NAMES, UNITS

_HINTS = {
    "tag": "team=search",
    "status": "429",
    "least_cost": "0.10",
    "most_cost": "5",
    "least_seconds": "10",
    "least_tokens": "100000",
}
_FIRST = ("model", "workload", "project", "user")
_SIZES = ("least_cost", "most_cost", "least_seconds", "least_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    name: str
    label: str
    stated: str
    unit: str = ""
    hint: str = ""
    """Shown faintly while nothing is stated."""
    choices: tuple[tuple[str, str], ...] = ()
    """Values and their words; empty: anything may be written."""
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of the span of time."""

    name: str
    label: str
    day: str
    clock: str
    """Time of day, UTC; empty: the whole day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    ends: tuple[End, ...]
    first: tuple[Input, ...]
    others: tuple[Input, ...]
    attempts_of: str
    is_open: bool
    """Something is stated that only the folded part shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One thing that is stated, and the list without it."""

    label: str
    text: str
    without: str
    """A query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span of time to choose with one click."""

    label: str
    query: str
    is_stated: bool


def form_of(asked: Asked) -> Form:
    others = tuple(_inputs(asked.stated))
    return Form(
        ends=(_end("from", asked), _end("to", asked)),
        first=tuple(_text(name, asked.stated) for name in _FIRST),
        others=others,
        attempts_of=asked.stated.get("attempts_of", ""),
        is_open=any(each.stated for each in others),
    )


def chips_of(asked: Asked) -> tuple[Chip, ...]:
    return tuple(
        Chip(label=LABELS[name], text=_told(name, text), without=asked.without(name))
        for name, text in asked.stated.items()
    )


def spans_of(asked: Asked, today: date) -> tuple[Span, ...]:
    """Each begins with a whole day, so that rollups know its sums."""
    month = month_of(today)
    week, last_month = today - timedelta(days=6), month_of(month.start - timedelta(days=1))
    named: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("Today", {"from": today.isoformat()}),
        ("7 days", {"from": week.isoformat()}),
        ("This month", {"from": month.start.isoformat()}),
        (
            "Last month",
            {
                "from": last_month.start.isoformat(),
                "to": (last_month.end - timedelta(days=1)).isoformat(),
            },
        ),
        ("All", {}),
    )
    return tuple(_span(asked, label, ends) for label, ends in named)


def _span(asked: Asked, label: str, ends: Mapping[str, str]) -> Span:
    rest = {name: text for name, text in asked.stated.items() if name not in ("from", "to")}
    stated = {name: text for name, text in asked.stated.items() if name in ("from", "to")}
    return Span(label=label, query=urlencode({**ends, **rest}), is_stated=stated == ends)


def _end(name: str, asked: Asked) -> End:
    """As day and time of day in UTC, whatever the address has: a day may stand there, or another zone."""
    us = _us_of(name, asked.which)
    if us is None:
        return End(name=name, label=LABELS[name], day="", clock="")
    if us % US_PER_DAY == 0 and name == "to":
        return End(name=name, label=LABELS[name], day=_day(us - 1), clock="")
    if us % US_PER_DAY == 0:
        return End(name=name, label=LABELS[name], day=_day(us), clock="")
    return End(name=name, label=LABELS[name], day=_day(us), clock=_clock(us))


def _us_of(name: str, which: CallFilter) -> int | None:
    return which.from_us if name == "from" else which.to_us


def _day(us: int) -> str:
    return time_of(us).date().isoformat()


def _clock(us: int) -> str:
    """As short as a browser writes it.

    >>> _clock(5_400_000_000), _clock(5_401_500_000)
    ('01:30', '01:30:01.500')
    """
    clock = time_of(us).time()
    if clock.microsecond:
        return clock.isoformat("milliseconds")
    return clock.isoformat("seconds" if clock.second else "minutes")


def _inputs(stated: Mapping[str, str]) -> Iterator[Input]:
    for name in CHOICES:
        yield Input(
            name=name,
            label=LABELS[name],
            stated=stated.get(name, ""),
            choices=tuple(CHOICES[name].items()),
        )
    yield from (_text(name, stated) for name in (*_SIZES, "status"))
    yield from (_text(name, stated) for name in (*NAMES, "tag") if name not in _FIRST)


def _text(name: str, stated: Mapping[str, str]) -> Input:
    return Input(
        name=name,
        label=LABELS[name],
        stated=stated.get(name, ""),
        unit=UNITS.get(name, ""),
        hint=_HINTS.get(name, "any"),
        is_number=name in (*_SIZES, "status"),
    )


def _told(name: str, text: str) -> str:
    words = CHOICES.get(name, {}).get(text, text)
    return f"{words} {UNITS[name]}" if name in UNITS and name != "least_tokens" else words
