"""The best step as a [[measured]] table of a plan, and where it is written.

A projection looks it up by hardware and model, as the catalogue or the plan itself names them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from payback.errors import SettingsError
from payback.measure.step import Step
from payback.toml_text import toml_of
from payback.whole_file import whole_file
from projection.catalogue import NotListed, Shelf, catalogue
from projection.plan import Plan
from projection.plan_file import plan_of
from projection.specs import Hardware

_SHELVES = {"hardware": "hardware", "model": "models", "quantisation": "quantisations", "engine": "engines"}
"""What is looked up by name, and on which shelf of the catalogue."""
Row = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What was measured, by the catalogue's names."""

    hardware: str
    units: int = 1
    model: str
    quantisation: str | None = None
    engine: str | None = None


def checked(machine: Machine, path: Path) -> Machine:
    """The same as the catalogue spells it. A name that neither it nor the plan has is a SettingsError, and so
    is a file that is no plan: better said before a server is loaded than after."""
    known = catalogue(_plan_in(_text_of(path), path).catalogue)
    named = {part: getattr(machine, part) for part in _SHELVES}
    for part, name in named.items():
        shelf: Shelf[Hardware] = getattr(known, _SHELVES[part])  # of whatever kind: all have names
        try:
            named[part] = shelf[name].name if name is not None else None
        except NotListed as missing:
            option = "--open-model" if part == "model" else f"--{part}"
            remedy = f"name it with {option}, or add a [[catalogue.{part}]] to the plan"
            raise SettingsError(f"{missing}; {remedy}") from None
    return replace(machine, **named)


def row_of(machine: Machine, step: Step, asked_input_tokens: int, now: datetime) -> Row:
    """Tokens are those that were measured, rounded, and not those that were asked for."""
    named = {part: name for part in _SHELVES if (name := getattr(machine, part)) is not None}
    return named | {
        "units": machine.units,
        "concurrent": step.concurrent,
        "input_tokens": max(1, round(step.input_tokens or asked_input_tokens)),
        "output_tokens": max(1, round(step.output_tokens or 1)),
        "output_tokens_per_s": round(step.output_tokens_per_s, 2),
        "measured_at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def append_row(path: Path, row: Row) -> None:
    """After all that is there; the file is made if there is none. Raises SettingsError, OSError."""
    before = _text_of(path)
    lines = ["[[measured]]", *(f"{key} = {_value(value)}" for key, value in row.items()), ""]
    text = (f"{before.rstrip()}\n\n" if before.strip() else "") + "\n".join(lines)
    _plan_in(text, path)
    with whole_file(path) as file:
        file.write(text.encode())


def _value(value: str | float) -> str:
    return repr(value) if isinstance(value, float) else toml_of(value)


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is no text in UTF-8; name another plan") from None


def _plan_in(text: str, path: Path) -> Plan:
    try:
        return plan_of(tomllib.loads(text, parse_float=Decimal), str(path))
    except (tomllib.TOMLDecodeError, RecursionError, ArithmeticError) as error:
        raise SettingsError(f"{path} is no TOML that a [[measured]] can be added to: {error}") from None
    except ValueError as error:
        raise SettingsError(str(error)) from None
