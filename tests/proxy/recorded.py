"""Answers in tests/data: one folder for each dialect, and beside each answer what must be read from it.

NAME.json, .sse, .ndjson    the answer, as upstream sends it: a document, events, lines
NAME.expected.json          what it tells; the cost, computed by hand in the description
NAME.seen.sse               the stream as a client sees it that did not ask for usage, where that is hidden

The folder's name is that of the dialect's module. In NAME.expected.json: description, model, service_tier,
problem, usage (of TokenUsage, or null); and where the answer tells them: done, units (of Units),
upstream_cost (in USD), timings (of Timings), items (a list: operation, key, is_failed, model, usage). For
the cost: usd_per_mtok (by meter) or rates (by meter: [usd, per]), and list_cost_usd."""

import json
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from ledger.meter import Meter
from ledger.price import Price, Rate
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import Dialect

FOLDER = Path(__file__).parents[1] / "data"
FOLDERS = sorted({file.parent for file in FOLDER.glob("*/*.expected.json")})


@dataclass(frozen=True, slots=True)
class Recorded:
    name: str
    dialect: Dialect
    file: Path
    expected: dict[str, Any]

    @property
    def body(self) -> bytes:
        return self.file.read_bytes()

    @property
    def seen(self) -> bytes:
        return self.file.with_suffix(".seen.sse").read_bytes()

    @property
    def usage(self) -> TokenUsage | None:
        counts = self.expected["usage"]
        return TokenUsage(**counts) if counts else None

    @property
    def units(self) -> Units | None:
        counts = self.expected.get("units")
        return Units(**counts) if counts else None

    @property
    def timings(self) -> Timings | None:
        durations = self.expected.get("timings")
        return Timings(**durations) if durations else None

    @property
    def price(self) -> Price:
        per_mtok = self.expected.get("usd_per_mtok") or {}
        rates = {name: (usd, 1_000_000) for name, usd in per_mtok.items()} | self.expected.get("rates", {})
        return Price(
            provider="test",
            model=self.name,
            rates=tuple(Rate(Meter(name), Decimal(usd), per) for name, (usd, per) in rates.items()),
            source="configuration",
        )


def recorded(suffix: str) -> list[Recorded]:
    """All answers of one kind: .json, .sse or .ndjson."""
    return [
        _recorded(folder.name, file)
        for folder in FOLDERS
        for file in sorted(folder.glob(f"*{suffix}"))
        if "." not in file.stem
    ]


def dialect_named(name: str) -> Dialect:
    dialect: Dialect = import_module(f"proxy.dialects.{name}").DIALECT
    return dialect


def _recorded(name: str, file: Path) -> Recorded:
    expected = json.loads(file.with_suffix(".expected.json").read_text("utf-8"))
    return Recorded(f"{name}/{file.stem}", dialect_named(name), file, expected)
