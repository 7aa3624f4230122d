"""The query of an address -> a plan, as a plan file would hold it. Pure.

A field that is left empty is not stated. A field that there is not is refused by its name: whoever mistypes
one would otherwise believe an answer to another question."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn
from urllib.parse import urlencode

from projection.assumptions import DEFAULTS, allowed_of

LONGEST_HORIZON_MONTHS = 120
MOST_UNITS = 1000
API_PRICES = ("stay", "switch", "flat")
_LONGEST_TEXT = 200
_LONGEST_NUMBER = 32
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_SHOWN = 60


class BadQuery(ValueError):
    """One sentence: the field, what stands there, what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """*table*: where a plan file has it; empty: at its top."""

    name: str
    table: str = ""
    read: Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    plan: Mapping[str, object]
    stated: Mapping[str, str]
    """As it was written, by field: what a form shows again."""
    has_blanks: bool = False
    """The address holds fields that state nothing."""

    @property
    def query(self) -> str:
        return urlencode(self.stated)

    @property
    def what_if(self) -> Mapping[str, str]:
        """All but which workload is looked at."""
        return {name: text for name, text in self.stated.items() if name != "workload"}

    def for_workload(self, workload: str | None) -> str:
        named = {} if workload is None else {"workload": workload}
        return urlencode({**named, **self.what_if})


def read_query(pairs: Iterable[tuple[str, str]]) -> Asked:
    """Raises BadQuery."""
    plan: dict[str, object] = {}
    stated: dict[str, str] = {}
    blanks = False
    for name, text in pairs:
        field = FIELDS.get(name) or _unknown(name)
        text = text.strip()
        if not text:
            blanks = True
            continue
        if name in stated:
            raise BadQuery(f"{name} is there twice; leave one out")
        stated[name] = text
        _put(plan, field, _read(field, text))
    return Asked(plan=plan, stated=stated, has_blanks=blanks)


def _put(plan: dict[str, object], field: Field, value: object) -> None:
    if not field.table:
        plan[field.name] = value
    elif field.table == "course":
        plan["course"] = [{**_first(plan.get("course")), field.name: value}]
    else:
        table = plan.get(field.table)
        plan[field.table] = {**(table if isinstance(table, dict) else {}), field.name: value}


def _first(rows: object) -> Mapping[str, object]:
    return rows[0] if isinstance(rows, list) else {}


def _read(field: Field, text: str) -> object:
    try:
        return field.read(text)
    except ValueError as wanted:
        raise BadQuery(f"{field.name} is {_shown(text)}; write {wanted}") from None


def _unknown(name: str) -> NoReturn:
    near = get_close_matches(name[:_LONGEST_TEXT], FIELDS, n=1)
    raise BadQuery(f"{_shown(name)} is no field of this page" + (f"; nearest: {near[0]}" if near else ""))


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _SHOWN else f"{len(text)} characters long"


def _text(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{_LONGEST_TEXT} characters at most")
    return text


def _name(text: str) -> str:
    """Of a workload: clients choose it, so it is what it is."""
    return text


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text) if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) else None
        if number is None or not least <= number <= most:
            raise ValueError(f"a number from {least:g} to {most:g}, such as {_example(least, most):g}")
        return number

    return read


def _example(least: float, most: float) -> float:
    """
    >>> _example(0, 1), _example(0, 100_000), _example(-0.99, 10)
    (0.5, 4.5, 0.5)
    """
    return max(least, 0.5 if most <= 10 else 4.5)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit() else -1
        if not least <= number <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return number

    return read


def _flag(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("on, or leave it out")
    return text == "on"


def _api_prices(text: str) -> str:
    if text not in API_PRICES:
        raise ValueError(f"one of {', '.join(API_PRICES)}")
    return text


LIMITS = (("first_token_s", 0.001, 3600.0), ("per_token_s", 0.0001, 60.0), ("burst_factor", 0.01, 1000.0))
_ALL = (
    Field(name="workload", read=_name),
    Field(name="horizon_months", read=_whole(1, LONGEST_HORIZON_MONTHS)),
    Field(name="api_prices", read=_api_prices),
    *(
        Field(name=name, table="course", read=_text)
        for name in ("model", "hardware", "quantisation", "engine")
    ),
    Field(name="units", table="course", read=_whole(1, MOST_UNITS)),
    *(Field(name=name, table="constraints", read=_number(least, most)) for name, least, most in LIMITS),
    Field(name="most_units", table="constraints", read=_whole(1, MOST_UNITS)),
    *(Field(name=n, table="constraints", read=_flag) for n in ("must_stay_in_house", "rented_is_in_house")),
    *(Field(name=d.name, table="assumptions", read=_number(*allowed_of(d.name))) for d in DEFAULTS),
)
FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}
"""Names are those of a plan file, so that an address says what the file would."""
