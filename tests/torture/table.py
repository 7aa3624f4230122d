"""What cases came to: a line for each, and all figures together."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.torture.case import SLOWEST_S, Case, Findings
from tests.torture.seeds import Seed

FIRST = ("kills", "at the last byte", "cuts", "answered", "lost", "doubled", "untraced", "refused")
MOST_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Line:
    case: Case
    seed: Seed | None
    """Planted: then there must be faults."""
    findings: Findings
    seconds: float

    @property
    def is_right(self) -> bool:
        return bool(self.findings.faults) is (self.seed is not None)

    @property
    def is_slow(self) -> bool:
        return self.seed is None and self.findings.figures.get("slowest s", 0) > SLOWEST_S


def rendered(line: Line) -> str:
    verdict = "ok" if line.is_right and not line.is_slow else "WRONG"
    if line.seed is not None:
        seen = "sees" if line.is_right else "does not see"
        return f"{verdict:5} {line.case.name} {seen} a payback that {line.seed.name} ({line.seconds:.0f} s)"
    head = f"{verdict:5} {line.case.name} ({line.seconds:.0f} s): {_figures(line.findings.figures)}"
    return "\n".join([*_wrapped(head), *_faults(line)])


def _figures(figures: Mapping[str, float]) -> str:
    known = [name for name in FIRST if name in figures]
    rest = [name for name in figures if name not in FIRST]
    return ", ".join(f"{name.removesuffix(' s')} {_shown(name, figures[name])}" for name in known + rest)


def _shown(name: str, figure: float) -> str:
    return f"{figure:.2f} s" if name.endswith(" s") else f"{figure:,.0f}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 110, subsequent_indent="      ")


def _faults(line: Line) -> Iterator[str]:
    faults = line.findings.faults
    for fault in faults[:MOST_FAULTS]:
        yield from _wrapped(f"      - {fault}")
    if len(faults) > MOST_FAULTS:
        yield f"      - and {len(faults) - MOST_FAULTS} more"
    if line.is_slow:
        yield f"      - the slowest small request took longer than {SLOWEST_S:g} s"


def summary(lines: Sequence[Line]) -> str:
    """Of the cases as they are; times are the longest, all else is added up."""
    total = Findings()
    for line in lines:
        if line.seed is None:
            for name, figure in line.findings.figures.items():
                (total.most if name.endswith(" s") else total.count)(name, figure)
    planted = [line for line in lines if line.seed is not None]
    seen = sum(line.is_right for line in planted)
    rows = [
        f"{name.removesuffix(' s'):34} {_shown(name, figure):>12}" for name, figure in _sorted(total.figures)
    ]
    return "\n".join(
        ["-" * 47, *rows, f"{'planted faults that were seen':34} {f'{seen} of {len(planted)}':>12}"]
    )


def _sorted(figures: Mapping[str, float]) -> list[tuple[str, float]]:
    order = {name: at for at, name in enumerate(FIRST)}
    return sorted(figures.items(), key=lambda pair: order.get(pair[0], len(order)))
