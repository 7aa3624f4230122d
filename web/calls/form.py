"""Which calls -> the fields that ask for them, and chips for what is asked. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from ledger.asking import CallFilter
from ledger.period import US_PER_DAY, month_of, time_of
from web.calls.query import Asked
from web.calls.words import CHOICES, EXCEPT, LABELS, NAMES, UNITS

_HINTS = {
    "reason": "no price for openai my-model",
    "tag": "team=search",
    "status": "429",
    "least_cost": "0.10",
    "most_cost": "5",
    "least_seconds": "10",
    "least_tokens": "100000",
}
_FIRST = ("model", "workload", "project", "user")
_KEPT = ("attempts_of", *EXCEPT)
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
    kept: tuple[tuple[str, str], ...]
    """What is stated that the form has no field for, by name."""
    is_open: bool
    """Something is stated that only the folded part shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One field that is stated, and the list without it."""

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
        first=tuple(each for name in _FIRST for each in _texts(name, asked.stated)),
        others=others,
        kept=tuple((name, text) for name in _KEPT for text in asked.stated.get(name, ())),
        is_open=any(each.stated for each in others),
    )


def chips_of(asked: Asked) -> tuple[Chip, ...]:
    return tuple(
        Chip(
            label=_label(name, len(texts)),
            text=", ".join(_told(name, text) for text in texts),
            without=asked.without(name),
        )
        for name, texts in asked.stated.items()
    )


def _label(name: str, texts: int) -> str:
    """
    >>> _label("model", 1), _label("model", 2), _label("except_model", 1), _label("except_model", 12)
    ('Model', 'Model is one of 2', 'Model is not', 'Model is none of 12')
    """
    if texts == 1:
        return LABELS[name]
    return (
        f"{LABELS[EXCEPT[name]]} is none of {texts}"
        if name in EXCEPT
        else f"{LABELS[name]} is one of {texts}"
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
    rest = {name: texts for name, texts in asked.stated.items() if name not in ("from", "to")}
    stated = {name: text for name, (text, *_) in asked.stated.items() if name in ("from", "to")}
    return Span(label=label, query=urlencode({**ends, **rest}, doseq=True), is_stated=stated == ends)


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


def _inputs(stated: Mapping[str, Sequence[str]]) -> Iterator[Input]:
    for name in CHOICES:
        yield Input(
            name=name,
            label=LABELS[name],
            stated="".join(stated.get(name, ())),
            choices=tuple(CHOICES[name].items()),
        )
    for name in (*_SIZES, "status", *NAMES, "tag", "reason"):
        if name not in _FIRST:
            yield from _texts(name, stated)


def _texts(name: str, stated: Mapping[str, Sequence[str]]) -> Iterator[Input]:
    """One field, or one for each of several names."""
    for text in stated.get(name, ("",)):
        yield Input(
            name=name,
            label=LABELS[name],
            stated=text,
            unit=UNITS.get(name, ""),
            hint=_HINTS.get(name, "any"),
            is_number=name in (*_SIZES, "status"),
        )


def _told(name: str, text: str) -> str:
    words = CHOICES.get(name, {}).get(text, text)
    return f"{words} {UNITS[name]}" if name in UNITS and name != "least_tokens" else words
