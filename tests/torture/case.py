"""A case: one way in which things go wrong, what came of it, and the planted faults that it must see."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.histories import Histories, Verdict
from tests.torture.seeds import Seed

SLOWEST_S = 1.0
"""A small request takes no longer, whatever else is going on."""


@dataclass(slots=True)
class Findings:
    figures: dict[str, float] = field(default_factory=dict)
    """Counts, and times whose names end in " s"."""
    faults: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict, histories: Histories) -> None:
        self.count("answered", len(histories.answered))
        for name, number in verdict.figures.items():
            self.count(name, number)
        self.most("slowest s", histories.slowest_s)
        self.faults += verdict.faults

    def count(self, name: str, number: float = 1) -> None:
        self.figures[name] = self.figures.get(name, 0) + number

    def most(self, name: str, number: float) -> None:
        self.figures[name] = max(self.figures.get(name, 0.0), number)

    def demand(self, fault: str, *, holds: bool) -> None:
        if not holds:
            self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a case."""

    folder: Path
    kills: int = 20
    is_small: bool = False
    """As among the tests of the suite."""
    seed: Seed | None = None
    until_s: float = math.inf
    """By time.monotonic: what goes on for long ends then."""


Run = Callable[[Trial], Awaitable[Findings]]


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    run: Run
    seeds: tuple[Seed, ...]
