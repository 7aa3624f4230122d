"""A plan as it is written in TOML: what may be stated, and a sentence about the first thing that is wrong.

A number among the assumptions is known: it is neither drawn nor asked for other values. A range stays open:
`{ value = 0.2, low = 0.1, high = 0.4, source = "..." }` is drawn from wherever the default would be."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from projection.assumptions import DEFAULTS, Assumption, Assumptions, Basis, allowed_of
from projection.catalogue import Catalogue, NotListed, catalogue
from projection.keys import (
    Read,
    flag,
    moment,
    number,
    one_of,
    read_keys,
    read_rows,
    text,
    tokens,
    unread,
    usd,
    whole,
)
from projection.plan import (
    LONGEST_HORIZON_MONTHS,
    ApiPrices,
    Constraints,
    Kind,
    MeasuredSpeed,
    Plan,
    Volume,
    Wanted,
)

_TABLES = ("constraints", "assumptions", "course", "volume", "catalogue", "measured", "published")
"""The last is what somebody else found in the same case; a scenario has it, and no projection reads it."""
_PLAN: Mapping[str, Read] = {
    **dict.fromkeys(("name", "about", "workload"), text),
    "horizon_months": whole(1, LONGEST_HORIZON_MONTHS),
    "paths": whole(100, 20_000),
    "seed": whole(0, 2**32 - 1),
    "api_prices": one_of(ApiPrices),
    **dict.fromkeys(_TABLES, unread),
}
_LIMITS: Mapping[str, Read] = {
    "first_token_s": number(above=True),
    "per_token_s": number(above=True),
    "share": number(0, 1, above=True),
}
_CONSTRAINTS: Mapping[str, Read] = {
    **_LIMITS,
    "must_stay_in_house": flag,
    "rented_is_in_house": flag,
    "burst_factor": number(0, 1000, above=True),
    "most_units": whole(1, 1000),
}
_VOLUME: Mapping[str, Read] = {
    **dict.fromkeys(("model", "provider"), text),
    **dict.fromkeys(("input_tokens_per_month", "output_tokens_per_month"), tokens),
    **dict.fromkeys(("input_tokens_per_call", "output_tokens_per_call"), tokens),
    "calls_per_month": number(above=True),
    **dict.fromkeys(("input_usd_per_mtok", "output_usd_per_mtok"), usd),
    "hours_per_day": number(0, 24, above=True),
}
_MEASURED: Mapping[str, Read] = {
    **dict.fromkeys(("hardware", "model", "quantisation", "engine"), text),
    "units": whole(1, 1000),
    "concurrent": whole(1, 100_000),
    "input_tokens": whole(0, 10_000_000),
    "output_tokens": whole(1, 10_000_000),
    "output_tokens_per_s": number(0, 1e9, above=True),
    "measured_at": moment,
}
_SHELVES = {"model": "models", "hardware": "hardware", "quantisation": "quantisations", "engine": "engines"}
_CHOSEN = tuple(kind for kind in Kind if kind not in (Kind.STAY, Kind.HOSTED))
"""The other two are compared whatever a plan says."""
_KINDS_WANTED = f"a list of {', '.join(map(repr, map(str, _CHOSEN)))}, or of the letters B, C, D"


def plan_of(document: Mapping[str, object], place: str) -> Plan:
    """The plan that a parsed TOML file holds; *place*, such as the file's name, begins every complaint.

    Raises NotListed for names that neither the catalogue nor the file knows, and ValueError otherwise."""
    told = read_keys(document, _PLAN, f"{place}:")
    tables = {name: told.pop(name) for name in _TABLES if name in told}
    own = tables.get("catalogue", {})
    known = _known(own, f"{place}: [catalogue]")
    return Plan(
        **told,
        wanted=_wanted(tables.get("course", ()), f"{place}: [[course]]", known),
        constraints=_constraints(tables.get("constraints", {}), f"{place}: [constraints]"),
        assumptions=_assumptions(tables.get("assumptions", {}), f"{place}: [assumptions]"),
        volume=_volume(tables["volume"], f"{place}: [volume]") if "volume" in tables else None,
        catalogue=own,
        measured=_measured(tables.get("measured", ()), f"{place}: [[measured]]", known),
    )


def _known(own: object, place: str) -> Catalogue:
    if not isinstance(own, Mapping):
        raise ValueError(f"{place} is no table; write [[catalogue.hardware]] above the keys of a machine")
    try:
        return catalogue(own)
    except ValueError as error:
        raise ValueError(f"{place} {error}") from None


def _constraints(table: object, place: str) -> Constraints:
    told = read_keys(table, _CONSTRAINTS, place)
    limits = {key: told.pop(key) for key in _LIMITS if key in told}
    return Constraints(limits=replace(Constraints().limits, **limits), **told)


def _assumptions(table: object, place: str) -> Assumptions:
    told = read_keys(table, {each.name: unread for each in DEFAULTS}, place)
    defaults = Assumptions()
    return Assumptions({name: _assumption(defaults[name], value, place) for name, value in told.items()})


def _assumption(default: Assumption, value: object, place: str) -> Assumption:
    name, read = default.name, number(*allowed_of(default.name))
    if not isinstance(value, Mapping):
        value = read_keys({name: value}, {name: read}, place)[name]
        return _stated(default, {"value": value}, place)
    reads = {"value": read, "low": read, "high": read, "source": text}
    told = read_keys(value, reads, f"{place} {name}")
    if "value" not in told:
        raise ValueError(f"{place} {name} has no value; write {name} = {{ value = {default.value:g} }}")
    return _stated(default, told, place)


def _stated(default: Assumption, told: Mapping[str, Any], place: str) -> Assumption:
    low, high = (told.get(end, told["value"]) for end in ("low", "high"))
    try:
        return replace(
            default,
            value=told["value"],
            low=low,
            high=high,
            source=told.get("source", "stated in the plan"),
            basis=Basis.STATED,
            is_drawn=default.is_drawn and low < high,
        )
    except ValueError as error:
        raise ValueError(f"{place} {error}") from None


def _wanted(rows: object, place: str, known: Catalogue) -> tuple[Wanted, ...]:
    return tuple(_course(row, at, known) for at, row in read_rows(rows, _COURSE, place))


def _course(row: dict[str, Any], place: str, known: Catalogue) -> Wanted:
    for priced in ("hardware_usd", "host_usd", "rent_usd_per_h"):
        if priced in row and "hardware" not in row:
            raise ValueError(f"{place} {priced} is the price of one machine; write hardware as well")
    if "hardware_usd" in row and "units" not in row:
        raise ValueError(f"{place} hardware_usd is the price of all units together; write units as well")
    return Wanted(**row | _names_in(row, place, known))


def _kinds(value: object) -> tuple[Kind, ...]:
    names = value if isinstance(value, list | tuple) else ()
    chosen = [[kind for kind in _CHOSEN if name in (kind.value, kind.code)] for name in names]
    if not chosen or [] in chosen:
        raise ValueError(_KINDS_WANTED)
    return tuple(dict.fromkeys(kind for kinds in chosen for kind in kinds))


_COURSE: Mapping[str, Read] = {
    **dict.fromkeys(_SHELVES, text),
    "units": whole(1, 1000),
    "kinds": _kinds,
    **dict.fromkeys(("hardware_usd", "host_usd", "rent_usd_per_h"), usd),
}


def _volume(table: object, place: str) -> Volume:
    told = read_keys(table, _VOLUME, place)
    if "model" not in told:
        raise ValueError(f'{place} model is missing; write what is paid for today, as in model = "gpt-4o"')
    sizes = {side: told.pop(f"{side}_tokens_per_call", None) for side in ("input", "output")}
    calls = told.get("calls_per_month") or _calls(told, sizes)
    months = {
        f"{side}_tokens_per_month": _month(side, told, size, calls, place) for side, size in sizes.items()
    }
    try:
        return Volume(**told | months | {"calls_per_month": calls})
    except ValueError as error:
        raise ValueError(f"{place} {error}") from None


def _calls(told: Mapping[str, Any], sizes: Mapping[str, float | None]) -> float | None:
    sides = ((told.get(f"{side}_tokens_per_month"), size) for side, size in sizes.items())
    return next((month / size for month, size in sides if month and size), None)


def _month(side: str, told: Mapping[str, Any], size: float | None, calls: float | None, place: str) -> float:
    """What is not stated follows from the calls and their size; what is stated twice has to agree."""
    key = f"{side}_tokens_per_month"
    month: float | None = told.get(key)
    follows = calls * size if calls is not None and size is not None else None
    if month is None:
        if follows is None:
            raise ValueError(f'{place} {key} is missing; write tokens, as in {key} = "100M"')
        return follows
    if follows is not None and not 0.99 * month <= follows <= 1.01 * month:
        told_twice = f"{month:g}, but {calls:g} calls of {size:g} tokens are {follows:g}"
        raise ValueError(f"{place} {key} is {told_twice}; leave one out")
    return month


def _measured(rows: object, place: str, known: Catalogue) -> tuple[MeasuredSpeed, ...]:
    found = []
    for at, row in read_rows(rows, _MEASURED, place):
        missing = [key for key in _MEASURED if key not in (*row, "units", "quantisation", "engine")]
        if missing:
            raise ValueError(f"{at} {missing[0]} is missing; `payback measure` writes it")
        found.append(MeasuredSpeed(**row | _names_in(row, at, known)))
    return tuple(found)


def _names_in(row: Mapping[str, Any], place: str, known: Catalogue) -> dict[str, str]:
    """Names as the catalogue spells them."""
    names: dict[str, str] = {}
    for key, shelf in _SHELVES.items():
        try:
            names |= {key: getattr(known, shelf)[row[key]].name} if key in row else {}
        except NotListed as unlisted:
            raise NotListed(f"{place} {key}: {unlisted}") from None
    return names
