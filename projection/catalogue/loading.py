"""The catalogue: the rows that are shipped, and on top of them the user's own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TypeVar

from projection.catalogue.columns import Row, read_row
from projection.catalogue.shelf import NotListed, Shelf, folded, nearest
from projection.catalogue.shipped import FILES, shipped
from projection.specs import (
    Cheaper,
    Engine,
    Hardware,
    Hosted,
    Model,
    Published,
    Quantisation,
    Spec,
    Substitute,
)

OWN = "your own"
"""The source of a user's row that names none."""

IDENTITY = {
    "throughput": (
        *("hardware", "units", "model", "quantisation", "engine"),
        *("concurrent", "input_tokens", "output_tokens"),
    ),
    "substitute": ("cloud_model", "open_model"),
    "hosted": ("open_model", "provider", "model"),
    "cheaper": ("provider", "cloud_model"),
}
"""The keys that make two rows the same one; of the other tables, the name."""

SpecT = TypeVar("SpecT", bound=Spec)
PatternT = TypeVar("PatternT", Substitute, Cheaper)
Own = Mapping[str, Sequence[Row]]
Identity = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything that a projection may look up; a shelf that lacks a name raises NotListed."""

    hardware: Shelf[Hardware]
    models: Shelf[Model]
    quantisations: Shelf[Quantisation]
    engines: Shelf[Engine]
    throughput: tuple[Published, ...]
    substitutes: tuple[Substitute, ...]
    hosted: tuple[Hosted, ...]
    cheaper: tuple[Cheaper, ...]

    def substitutes_for(self, cloud_model: str) -> tuple[Substitute, ...]:
        """Those whose pattern says most of *cloud_model*, as gpt-4o-mini* says more than gpt-4o*."""
        return _most_telling(self.substitutes, cloud_model)

    def cheaper_than(self, provider: str | None, cloud_model: str) -> Cheaper | None:
        """None: nothing cheaper is known there, or that is what *cloud_model* is already."""
        of_provider = [each for each in self.cheaper if each.provider == provider]
        return next(iter(_most_telling(of_provider, cloud_model)), None)


def _most_telling(specs: Sequence[PatternT], cloud_model: str) -> tuple[PatternT, ...]:
    name = cloud_model.casefold()
    fitting = [each for each in specs if fnmatchcase(name, each.cloud_model.casefold())]
    longest = max((len(each.cloud_model) for each in fitting), default=0)
    return tuple(each for each in fitting if len(each.cloud_model) == longest)


def catalogue(own: Own | None = None) -> Catalogue:
    """What is shipped, and the user's *own* rows by table (those of FILES) on top.

    A row whose name is known says only what is different; a new one says everything but its source.

    Raises ValueError with one sentence about the first row that is wrong."""
    return _read(own) if own else _as_shipped()


@cache
def _as_shipped() -> Catalogue:
    """Read once: it is what nearly every projection asks for, twice each."""
    return _read({})


def _read(own: Own) -> Catalogue:
    for table in own:
        if table not in FILES:
            raise ValueError(f"no table {table} is known; nearest: {nearest(str(table), FILES)}")
    found = Catalogue(
        hardware=Shelf("hardware", _rows(Hardware, "hardware", own)),
        models=Shelf("model", _rows(Model, "model", own)),
        quantisations=Shelf("quantisation", _rows(Quantisation, "quantisation", own)),
        engines=Shelf("engine", _rows(Engine, "engine", own)),
        throughput=tuple(_rows(Published, "throughput", own)),
        substitutes=tuple(_rows(Substitute, "substitute", own)),
        hosted=tuple(_rows(Hosted, "hosted", own)),
        cheaper=tuple(_rows(Cheaper, "cheaper", own)),
    )
    _refuse_dangling(found)
    return found


def _rows(kind: type[SpecT], table: str, own: Own) -> tuple[SpecT, ...]:
    """Shipped ones first, each at its place even where the user has changed it."""
    mine = own.get(table, ())
    if not isinstance(mine, list | tuple):
        raise ValueError(f"{table} is not a list of tables; write [[{table}]]")
    specs = {key: read_row(kind, row, place) for key, place, row in _identified(table, shipped()[table])}
    for key, place, row in _identified(table, mine):
        base = specs.get(key)
        specs[key] = read_row(kind, {"source": _own_source(base)} | row, place, base)
    return tuple(specs.values())


def _identified(table: str, rows: Sequence[Row]) -> Iterator[tuple[Identity, str, dict[str, object]]]:
    """Each row with what tells it from others, and with how a complaint about it begins."""
    seen = set()
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise ValueError(f"{table} {number} is not a table; write [[{table}]]")
        name = row.get("name")
        place = f"{table} {name if isinstance(name, str) else number}"
        key = _identity_of(table, row)
        if key in seen:
            raise ValueError(f"{place} stands there twice")
        seen.add(key)
        yield key, place, dict(row)


def _identity_of(table: str, row: Row) -> Identity:
    told = {"units": 1} | dict(row)
    return tuple(_as_compared(key, told.get(key)) for key in IDENTITY.get(table, ("name",)))


def _as_compared(key: str, value: object) -> object:
    if not isinstance(value, str):
        return repr(value)
    return value.casefold() if key == "cloud_model" else folded(value)


def _own_source(base: Spec | None) -> str:
    if base is None or base.source.startswith(OWN):
        return OWN
    return f"{OWN}, over {base.source}"


def _refuse_dangling(found: Catalogue) -> None:
    """A speed or a substitute that names what the catalogue lacks would never be found."""
    place = ""
    try:
        for speed in found.throughput:
            place = f"throughput of {speed.model} on {speed.hardware}"
            _ = found.hardware[speed.hardware], found.models[speed.model]
            _ = found.quantisations[speed.quantisation], found.engines[speed.engine]
        for substitute in found.substitutes:
            place = f"substitute for {substitute.cloud_model}"
            _ = found.models[substitute.open_model]
        for offer in found.hosted:
            place = f"offer of {offer.open_model} at {offer.provider}"
            _ = found.models[offer.open_model]
    except NotListed as unlisted:
        raise ValueError(f"{place}: {unlisted}") from None
