"""Answers in tests/data: one folder for each dialect, and beside each answer what must be read from it.

NAME.json or NAME.sse       the answer, as upstream sends it
NAME.expected.json          what it tells; the cost, computed by hand in the description
NAME.seen.sse               the stream as a client sees it that did not ask for usage"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from ledger.meter import Meter
from ledger.price import Price, Rate
from ledger.usage import TokenUsage
from proxy.dialects import openai_chat, openai_completions, openai_embeddings

FOLDER = Path(__file__).parents[1] / "data"
DIALECTS = {
    "openai_chat": openai_chat,
    "openai_completions": openai_completions,
    "openai_embeddings": openai_embeddings,
}


@dataclass(frozen=True, slots=True)
class Recorded:
    name: str
    dialect: ModuleType
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
    def price(self) -> Price:
        rates = self.expected["usd_per_mtok"] or {}
        return Price(
            provider="test",
            model=self.name,
            rates=tuple(Rate(Meter(name), Decimal(usd), 1_000_000) for name, usd in rates.items()),
            source="configuration",
        )


def recorded(suffix: str) -> list[Recorded]:
    """All answers of one kind: .json or .sse."""
    return [
        _recorded(name, file)
        for name in DIALECTS
        for file in sorted((FOLDER / name).glob(f"*{suffix}"))
        if "." not in file.stem
    ]


def _recorded(name: str, file: Path) -> Recorded:
    expected = json.loads(file.with_suffix(".expected.json").read_text("utf-8"))
    return Recorded(f"{name}/{file.stem}", DIALECTS[name], file, expected)
