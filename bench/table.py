"""Results and how they read: a title, rows, and the verdicts on what was required."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Cell = str | int | float | None
Row = Mapping[str, Cell]

Rounds = Mapping[str, Sequence[Mapping[str, Any]]]
"""By target, what each round printed; p50_ms among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One requirement, what was measured against it, and whether it is met."""

    requirement: str
    measured: Cell
    """In the unit that *requirement* names; None: could not be measured."""
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one load found."""

    load: str
    title: str
    rows: Sequence[Row]
    """One per target; the keys are the column heads, units in them."""
    verdicts: Sequence[Verdict] = ()

    @property
    def met(self) -> bool:
        return all(verdict.met for verdict in self.verdicts)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least *share* (0 to 1) of the *ordered* values do not exceed (nearest rank).

    Always a value that was measured, never one between two."""
    if not ordered:
        raise ValueError("no percentile of nothing")
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def added_p50_ms(name: str, found: Rounds) -> float | None:
    """What *name* adds to direct: the median of the rounds' differences.

    What slows a whole round down cancels out. None for direct itself, or when it was not measured."""
    if name == "direct" or "direct" not in found:
        return None
    pairs = zip(found[name], found["direct"], strict=True)
    return float(median(ours["p50_ms"] - direct["p50_ms"] for ours, direct in pairs))


def at_least(requirement: str, measured: float, limit: float) -> Verdict:
    return Verdict(requirement=requirement, measured=measured, met=measured >= limit)


def at_most(requirement: str, measured: float, limit: float) -> Verdict:
    return Verdict(requirement=requirement, measured=measured, met=measured <= limit)


def render_cell(cell: Cell) -> str:
    """Four significant digits for measured numbers, a dash for what is not known."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.4g}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def render_rows(rows: Sequence[Row]) -> str:
    """Columns in order of first appearance; the first to the left, the others to the right."""
    heads = list(dict.fromkeys(head for row in rows for head in row))
    lines = [heads] + [[render_cell(row.get(head)) for head in heads] for row in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def render_result(result: Result) -> str:
    verdicts = [
        f"{'ok' if verdict.met else 'NO':>4}  {verdict.requirement}: {render_cell(verdict.measured)}"
        for verdict in result.verdicts
    ]
    return "\n".join([f"{result.load}: {result.title}", render_rows(result.rows), *verdicts])
