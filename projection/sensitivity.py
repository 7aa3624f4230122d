"""Which inputs the answer hangs on, and what each would have to be for even odds.

One input is moved at a time; all others keep the numbers that their paths have drawn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from projection.assumptions import Assumption, Assumptions
from projection.compare import flows_between
from projection.finance import net_present_usd, payback_months
from projection.moves import Base
from projection.options import Recipe
from projection.outcome import MustBeTrue, Swing
from projection.period import Floats

PATHS = 300
"""Of each question: some hundred are asked."""
LADDER_ONLY = frozenset({"cacheable_share", "batchable_share"})
"""No course rests on these."""
HALVINGS = 11
"""Of a range of 1 to 10,000 there is then 0.5 % left."""
EVEN_ODDS = 0.5
_WIDER = 100.0
"""A factor or an amount is looked for between a hundredth and a hundred times its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One course against another, on whatever assumptions."""

    course: Recipe
    to: Recipe
    base_of: Callable[[Assumptions], Base]
    """A base with PATHS paths."""
    assumptions: Assumptions

    def npv_usd(self, assumptions: Assumptions) -> float | None:
        found = self._flows(assumptions)
        if found is None:
            return None
        flows, resale, discount = found
        return float(np.median(net_present_usd(flows, discount, resale[:, -1])))

    def paid_back_share(self, assumptions: Assumptions) -> float:
        """Within the horizon, without selling anything."""
        found = self._flows(assumptions)
        if found is None:
            return 0.0
        flows, _, discount = found
        return float(np.isfinite(payback_months(flows, discount)).mean())

    def _flows(self, assumptions: Assumptions) -> tuple[Floats, Floats, float] | None:
        """Flows, what a sale would bring, and the discount a year."""
        base = self.base_of(assumptions)
        course, to = self.course.course(base), self.to.course(base)
        if course is None or to is None:
            return None
        resale = course.resale_usd - to.resale_usd
        return flows_between(course, to), resale, assumptions.value_of("discount_per_year")


def tornado(question: Question) -> tuple[Swing, ...]:
    """Widest first; inputs that move nothing are left out."""
    swings = [swing for assumption in _asked(question) if (swing := _swing(question, assumption)) is not None]
    return tuple(sorted((each for each in swings if each.width_usd > 0), key=lambda each: -each.width_usd))


def must_be_true(question: Question) -> tuple[MustBeTrue, ...]:
    """In the order of the assumptions."""
    return tuple(
        MustBeTrue(assumption=assumption, needed=_solved(question, assumption))
        for assumption in _asked(question)
    )


def _asked(question: Question) -> Iterator[Assumption]:
    return (each for name, each in question.assumptions.items() if name not in LADDER_ONLY)


def _swing(question: Question, assumption: Assumption) -> Swing | None:
    ends = [
        question.npv_usd(question.assumptions.with_value(assumption.name, value))
        for value in (assumption.low, assumption.high)
    ]
    low, high = ends
    if low is None or high is None:
        return None
    return Swing(assumption=assumption, npv_at_low_usd=low, npv_at_high_usd=high)


def _solved(question: Question, assumption: Assumption) -> float | None:
    """By halving between what the input could ever be; it is taken for granted that more of it only helps, or
    only hurts."""

    def share_at(value: float) -> float:
        return question.paid_back_share(question.assumptions.with_value(assumption.name, value))

    low, high = searched(assumption)
    at_low, at_high = share_at(low), share_at(high)
    worst, best = (low, high) if at_high > at_low else (high, low)
    if not min(at_low, at_high) < EVEN_ODDS <= max(at_low, at_high):
        return None
    for _ in range(HALVINGS):
        middle = _between(worst, best)
        worst, best = (worst, middle) if share_at(middle) >= EVEN_ODDS else (middle, best)
    return best


def searched(assumption: Assumption) -> tuple[float, float]:
    """Shares between none and nearly all, rates a year between a loss of nearly all and a doubling."""
    if assumption.name.endswith("_drift_per_year"):
        return -0.95, 1.0
    if assumption.name.endswith(("_share", "_per_year")):
        return 0.0, 0.99
    if assumption.name == "pue":
        return 1.0, _WIDER
    middle = assumption.value or assumption.high or 1.0
    return middle / _WIDER, middle * _WIDER


def _between(one: float, other: float) -> float:
    """In the middle; of amounts, in the middle of their logarithms."""
    if one > 0 and other > 0:
        return float(np.sqrt(one * other))
    return (one + other) / 2
