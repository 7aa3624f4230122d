"""The query of an address -> which calls. Pure.

A field that is left empty is not stated. A field that there is not is refused by its name: whoever mistypes
one would otherwise believe that the list is narrowed by it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TypeVar
from urllib.parse import urlencode

from ledger.asking import CallFilter
from ledger.call import Pricing
from ledger.errors import BadPeriod
from ledger.ids import CallId, read_call_id, render_call_id
from ledger.money import LARGEST_CHARGE, NANO_PER_USD, cost_of
from ledger.period import read_days, us_at
from ledger.rollup import Dimension
from ledger.usage import MAX_TOKENS
from web.calls.words import BASES, EXCEPT, NAMES, NONE, OUTCOMES, PRICINGS, SEVERAL, STREAMS

MOST_NAMES = 20
"""Of one field; each of them is looked up for each hour of the ledger."""

_LONGEST_SECONDS = 10_000_000
_LONGEST_NUMBER = 32
_LONGEST_WORD = 100
_NUMBER = re.compile(r"\d+\.?\d*|\.\d+", re.ASCII)
_SHOWN = 60
_A_TIME = "a day such as 2026-11-22, or a time such as 2026-11-22T14:30Z"
_A_CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
_CLOCKS = {"from_at": "from", "to_at": "to"}
"""A form asks for day and time of day apart; an address has one field for both."""
ValueT = TypeVar("ValueT")
Read = Callable[[str], Mapping[str, object]]
"""From a field's text to what it sets in a CallFilter. Raises ValueError with what is to be written."""


class BadFilter(ValueError):
    """One sentence: the field, what stands there, what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    which: CallFilter
    stated: Mapping[str, Sequence[str]]
    """As it was written, by field: what a form shows again. Without the cursors."""
    before: CallId | None = None
    after: CallId | None = None
    is_form: bool = False
    """As a form sends it: with empty fields, or with times of day apart. An address to keep has neither."""

    @property
    def query(self) -> str:
        return self.also()

    @property
    def whole_query(self) -> str:
        """With the cursor."""
        cursors = {"before": self.before, "after": self.after}
        return self.also(**{name: render_call_id(at) for name, at in cursors.items() if at is not None})

    @property
    def is_of_latest(self) -> bool:
        return self.before is None and self.after is None

    def also(self, **fields: str) -> str:
        """The query, with *fields* in place of what is stated of them."""
        return urlencode({**self.stated, **fields}, doseq=True)

    def without(self, *names: str) -> str:
        kept = {name: texts for name, texts in self.stated.items() if name not in names}
        return urlencode(kept, doseq=True)


def read_query(pairs: Iterable[tuple[str, str]]) -> Asked:
    """Raises BadFilter."""
    texts, is_form = _texts(pairs)
    cursors = {
        name: _read(name, next(iter(texts.pop(name, ())), None), _cursor) for name in ("before", "after")
    }
    if None not in cursors.values():
        raise BadFilter("before and after are both there; leave one out")
    which = _which(texts)
    _refuse_nothing(which, texts)
    return Asked(which=which, stated=texts, is_form=is_form, **cursors)


def _which(stated: Mapping[str, Sequence[str]]) -> CallFilter:
    set_to: dict[str, object] = {}
    one_of, none_of = dict[Dimension, frozenset[str]](), dict[Dimension, frozenset[str]]()
    for name, texts in stated.items():
        if name in EXCEPT:
            none_of[EXCEPT[name]] = frozenset(map(_named, texts))
        elif len(texts) > 1:
            one_of[SEVERAL[name]] = frozenset(map(_named, texts))
        else:
            set_to |= _read(name, texts[0], _FIELDS[name]) or {}
    return CallFilter(**set_to, one_of=one_of, none_of=none_of)  # type: ignore[arg-type]  # _FIELDS says what each is


def _texts(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, tuple[str, ...]], bool]:
    """By field, in the order of the address; and whether a form wrote them so."""
    texts: dict[str, tuple[str, ...]] = {}
    clocks: dict[str, tuple[str, ...]] = {}
    is_form = False
    for name, text in pairs:
        if name not in FIELDS and name not in _CLOCKS and name not in ("before", "after"):
            raise BadFilter(_unknown(name))
        is_form |= name in _CLOCKS or not text.strip()
        if not text.strip():
            continue
        found = clocks if name in _CLOCKS else texts
        found[name] = (*found.get(name, ()), text if name in _AS_IT_IS else text.strip())
        _refuse_too_many(name, found[name])
    for name, (clock,) in clocks.items():
        texts[_CLOCKS[name]] = (_with_clock(name, "".join(texts.get(_CLOCKS[name], ())), clock),)
    return texts, is_form


def _refuse_too_many(name: str, texts: Sequence[str]) -> None:
    if len(texts) > 1 and name not in SEVERAL and name not in EXCEPT:
        raise BadFilter(f"{name} is there twice; leave one out")
    if len(set(texts)) < len(texts):
        raise BadFilter(f"{name} is {_shown(texts[-1])} twice; leave one out")
    if len(texts) > MOST_NAMES:
        raise BadFilter(f"{name} is there more than {MOST_NAMES} times; leave some out")


def _with_clock(name: str, day: str, clock: str) -> str:
    if not _A_CLOCK.fullmatch(clock):
        raise BadFilter(f"{name} is {_shown(clock)}; write a time of day such as 14:30")
    if not day or "T" in day:
        raise BadFilter(f"{name} is a time of day and needs its day; write that in {_CLOCKS[name]}")
    return f"{day}T{clock}Z"


def _read(name: str, text: str | None, read: Callable[[str], ValueT]) -> ValueT | None:
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as wanted:
        raise BadFilter(f"{name} is {_shown(text)}; write {wanted}") from None


def _refuse_nothing(which: CallFilter, texts: Mapping[str, Sequence[str]]) -> None:
    """What no call can pass was not meant."""
    if which.from_us is not None and which.to_us is not None and which.from_us >= which.to_us:
        raise BadFilter(f"from {texts['from'][0]} is not before to {texts['to'][0]}; swap the two")
    if which.least_cost is not None and which.most_cost is not None and which.least_cost > which.most_cost:
        least, most = texts["least_cost"][0], texts["most_cost"][0]
        raise BadFilter(f"least_cost {least} is above most_cost {most}; swap the two")
    if which.reason is not None and which.pricing not in (None, Pricing.UNPRICED):
        raise BadFilter(f"reason is of unpriced calls, and pricing is {which.pricing}; leave one out")
    for name, dimension in EXCEPT.items():
        if both := set(texts.get(name, ())) & set(texts.get(dimension, ())):
            raise BadFilter(f"{dimension} and {name} are both {_shown(min(both))}; leave one out")


def _unknown(name: str) -> str:
    near = get_close_matches(name[:_LONGEST_WORD], FIELDS, n=1)
    return f"{_shown(name)} is no field of this page" + (f"; nearest: {near[0]}" if near else "")


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _SHOWN else f"{len(text)} characters long"


def _cursor(text: str) -> CallId:
    call_id = read_call_id(text)
    if call_id is None:
        raise ValueError("the id of a call, or leave it out")
    return call_id


def _name(field: str) -> Read:
    return lambda text: {field: _named(text)}


def _named(text: str) -> str:
    return "" if text == NONE else text


def _tag(text: str) -> Mapping[str, object]:
    key, equals, _ = text.partition("=")
    if not (key and equals) or "," in text:
        raise ValueError("one tag as k=v, such as team=search")
    return {"tag": text}


def _word(field: str, words: Mapping[str, object]) -> Read:
    def read(text: str) -> Mapping[str, object]:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return {field: words[text]}

    return read


def _status(text: str) -> Mapping[str, object]:
    if not re.fullmatch("[1-9][0-9]{2}", text):
        raise ValueError("an HTTP status such as 429")
    return {"http_status": int(text)}


def _instant(field: str, *, is_end: bool) -> Read:
    """A day as *to* is in the span, as people mean it; a time as *to* is where it ends."""

    def read(text: str) -> Mapping[str, object]:
        try:
            if "T" not in text:
                day = read_days(text, text)
                return {field: day.to_us if is_end else day.from_us}
            moment = datetime.fromisoformat(text)
            us = us_at(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
        except (BadPeriod, ValueError, OverflowError):
            raise ValueError(_A_TIME) from None
        if us < 0:
            raise ValueError(_A_TIME)
        return {field: us}

    return read


def _dollars(field: str) -> Read:
    def read(text: str) -> Mapping[str, object]:
        return {field: cost_of(1, _number(text, LARGEST_CHARGE // NANO_PER_USD, "USD"), 1)}

    return read


def _seconds(text: str) -> Mapping[str, object]:
    return {"least_latency_us": int(_number(text, _LONGEST_SECONDS, "seconds") * 1_000_000)}


def _tokens(text: str) -> Mapping[str, object]:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER and int(text) <= MAX_TOKENS):
        raise ValueError("a whole number of tokens")
    return {"least_tokens": int(text)}


def _number(text: str, most: int, unit: str) -> Decimal:
    number = Decimal(text) if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) else None
    if number is None or number > most:
        raise ValueError(f"{unit} from 0 to {most:,}, such as 0.5")
    return number


def _reason(text: str) -> Mapping[str, object]:
    return {"reason": text}


def _attempts_of(text: str) -> Mapping[str, object]:
    return {"logical_call_id": _cursor(text)}


_FIELDS: Mapping[str, Read] = {
    "from": _instant("from_us", is_end=False),
    "to": _instant("to_us", is_end=True),
    **{name: _name(name) for name in NAMES},
    "tag": _tag,
    "outcome": _word("outcomes", OUTCOMES),
    "pricing": _word("pricing", PRICINGS),
    "reason": _reason,
    "basis": _word("usage_bases", BASES),
    "status": _status,
    "stream": _word("stream", STREAMS),
    "least_cost": _dollars("least_cost"),
    "most_cost": _dollars("most_cost"),
    "least_seconds": _seconds,
    "least_tokens": _tokens,
    "attempts_of": _attempts_of,
}
FIELDS = (*_FIELDS, *EXCEPT)
"""As an address names them; links to these pages are written with the same names."""
_AS_IT_IS = frozenset({*NAMES, *EXCEPT, "tag", "reason"})
"""Fields of texts that others chose: their spaces are theirs."""
