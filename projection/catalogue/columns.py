"""What may stand in a row, in the units of datasheets; the spec that it becomes has those of the arithmetic.

A row that is wrong is refused with one sentence: which row, which key, what to write."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from projection.catalogue.shelf import nearest
from projection.specs import (
    Cheaper,
    Engine,
    Hardware,
    Hosted,
    Link,
    Maker,
    Model,
    Published,
    Quantisation,
    Spec,
    Substitute,
)

Row = Mapping[str, object]
SpecT = TypeVar("SpecT", bound=Spec)

GIB, GIGA, TERA = 2.0**30, 1e9, 1e12
BYTE_PER_BIT = 1 / 8


class Column(NamedTuple):
    field: str
    """Of the spec."""
    read: Callable[[object], object]
    """Raises ValueError with what to write."""
    needed: bool = True


_MOST = 10**12
"""In the unit of the file: more of anything is a slip of the pen, and its sums are no numbers."""


def _number(scale: float = 1, *, least: str = "above 0") -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(f"a number {least}")
        number = float(value) * scale
        if not (0 < number / scale <= _MOST or (number == 0 and least != "above 0")):
            raise ValueError(f"a number {least}")
        return number

    return read


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of 1 or more")
    return value


def _usd(value: object) -> Decimal:
    """Money is decimal; a float is taken as it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError('USD above 0, such as "1999.00"')
    try:
        usd = Decimal(str(value))
    except InvalidOperation:
        usd = Decimal(0)
    if not usd.is_finite() or not 0 < usd <= _MOST:
        raise ValueError('USD above 0, such as "1999.00"')
    return usd


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text in quotes")
    return value.strip()


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("a day without quotes, such as 2026-11-22")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one_of(choices: type[StrEnum]) -> Callable[[object], StrEnum]:
    def read(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in list(choices):
            raise ValueError(f"one of {', '.join(choices)}")
        return choices(value)

    return read


_ORIGIN = {"source": Column("source", _text), "read": Column("read", _day)}
_NAME = {"name": Column("name", _text)}
COLUMNS: Mapping[type, Mapping[str, Column]] = {
    Hardware: _NAME
    | {
        "memory_gib": Column("memory_bytes", _number(GIB)),
        "bandwidth_gb_s": Column("bandwidth_bytes_s", _number(GIGA)),
        "tflops_16": Column("flops_16", _number(TERA)),
        "tflops_8": Column("flops_8", _number(TERA), needed=False),
        "tflops_4": Column("flops_4", _number(TERA), needed=False),
        "units": Column("units", _whole, needed=False),
        "link": Column("link", _one_of(Link), needed=False),
        "idle_w": Column("idle_w", _number(least="of 0 or more")),
        "busy_w": Column("busy_w", _number()),
        "new_usd": Column("new_usd", _usd, needed=False),
        "used_usd": Column("used_usd", _usd, needed=False),
        "rent_usd_per_h": Column("rent_usd_per_h", _usd, needed=False),
        "units_per_host": Column("units_per_host", _whole, needed=False),
        "life_months": Column("life_months", _whole, needed=False),
        "maker": Column("maker", _one_of(Maker)),
    }
    | _ORIGIN,
    Model: _NAME
    | {name: Column(name, _whole) for name in ("layers", "hidden", "heads", "kv_heads", "head_size")}
    | {
        "parameters_b": Column("parameters", _number(GIGA)),
        "active_parameters_b": Column("active_parameters", _number(GIGA), needed=False),
        "experts": Column("experts", _whole, needed=False),
        "experts_used": Column("experts_used", _whole, needed=False),
        "shared_parameters_b": Column("shared_parameters", _number(GIGA), needed=False),
        "context_tokens": Column("context_tokens", _whole),
        "slides": Column("slides", _flag, needed=False),
        "sees": Column("sees", _flag, needed=False),
    }
    | _ORIGIN,
    Quantisation: _NAME
    | {
        "bits_per_parameter": Column("bytes_per_parameter", _number(BYTE_PER_BIT)),
        "compute_bits": Column("compute_bits", _whole),
    }
    | _ORIGIN,
    Engine: _NAME
    | {
        "batches": Column("batches", _flag),
        "most_sequences": Column("most_sequences", _whole),
        "attends_by_request": Column("attends_by_request", _flag, needed=False),
        "bandwidth_share": Column("bandwidth_share", _number(), needed=False),
    }
    | _ORIGIN,
    Published: {
        "hardware": Column("hardware", _text),
        "units": Column("units", _whole, needed=False),
        "model": Column("model", _text),
        "quantisation": Column("quantisation", _text),
        "engine": Column("engine", _text),
        "concurrent": Column("concurrent", _whole, needed=False),
        "input_tokens": Column("input_tokens", _whole, needed=False),
        "output_tokens": Column("output_tokens", _whole, needed=False),
        "output_tokens_per_s": Column("output_tokens_per_s", _number()),
        "prefill_tokens_per_s": Column("prefill_tokens_per_s", _number(), needed=False),
    }
    | _ORIGIN,
    Substitute: {name: Column(name, _text) for name in ("cloud_model", "open_model", "gap")} | _ORIGIN,
    Hosted: {name: Column(name, _text) for name in ("open_model", "provider", "model")}
    | {"context_tokens": Column("context_tokens", _whole, needed=False)}
    | _ORIGIN,
    Cheaper: {name: Column(name, _text) for name in ("provider", "cloud_model", "cheaper_model", "gap")}
    | _ORIGIN,
}
"""What is not needed is None, or the spec's default."""


def read_row(kind: type[SpecT], row: Row, place: str, base: SpecT | None = None) -> SpecT:
    """*row* as a spec. Of a *base* there stays what the row does not say; *place* begins a complaint."""
    columns = COLUMNS[kind]
    fields: dict[str, Any] = {columns[key].field: value for key, value in _read_all(columns, row, place)}
    missing = [key for key, column in columns.items() if column.needed and column.field not in fields]
    if missing and base is None:
        raise ValueError(f"{place}: {missing[0]} is missing")
    try:
        whole = _with_parameters(fields, base) if kind is Model else fields
        return kind(**whole) if base is None else replace(base, **whole)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _read_all(columns: Mapping[str, Column], row: Row, place: str) -> Iterator[tuple[str, object]]:
    for key, value in row.items():
        if key not in columns:
            raise ValueError(f"{place}: no key {key}; nearest: {nearest(str(key), columns)}")
        try:
            yield key, columns[key].read(value)
        except ValueError as wanted:
            raise ValueError(f"{place}: {key} is {value}; write {wanted}") from None


def _with_parameters(fields: dict[str, Any], base: Spec | None) -> dict[str, Any]:
    """A dense model's parameters are all active, and none is an expert's; a model of experts has to say."""
    experts, parameters = (
        fields.get(name, getattr(base, name, default))
        for name, default in (("experts", 1), ("parameters", None))
    )
    for name in ("active_parameters", "shared_parameters"):
        if experts == 1:
            fields.setdefault(name, parameters)
        elif base is None and name not in fields:
            raise ValueError(f"{name}_b is missing, as there is more than one expert")
    return fields
