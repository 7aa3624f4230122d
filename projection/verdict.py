"""The answer in a sentence, and what stands in the way when it is no."""

import math
from collections.abc import Sequence

import numpy as np

from projection.forecast import LEAST_DAYS, TooShort
from projection.outcome import Binding, Comparison, Course, Refused
from projection.plan import Kind
from projection.sensitivity import EVEN_ODDS

OWN = frozenset({Kind.RENT, Kind.RENT_BUSY_HOURS, Kind.BUY, Kind.HYBRID})
"""Courses that run a machine."""
_SEVERITY = (
    Binding.TOO_SLOW,
    Binding.IN_HOUSE,
    Binding.NO_PRICE,
    Binding.DOES_NOT_FIT,
    Binding.NO_SUBSTITUTE,
)
"""Of several reasons the one that comes nearest to running."""


def best_own(comparisons: Sequence[Comparison]) -> Comparison | None:
    """Of the courses that run a machine; *comparisons* are the best first."""
    return next((each for each in comparisons if each.course.kind in OWN), None)


def pays_back(comparison: Comparison) -> bool:
    """With even odds or better, within the horizon, without selling anything."""
    return 1 - comparison.payback.never_share >= EVEN_ODDS


def binding_of(own: Comparison | None, refused: Sequence[Refused]) -> Binding:
    """Why nothing pays off."""
    if own is None:
        reasons = {each.binding for each in refused}
        return next((each for each in _SEVERITY if each in reasons), Binding.NO_SUBSTITUTE)
    if own.saved_usd_per_month > 0:
        return Binding.CAPITAL
    again = own.course.parts_usd.get("fallback", 0.0)
    return Binding.FALLBACK if own.saved_usd_per_month + again > 0 else Binding.RUNNING_COST


def sentence_of(
    workload: str | None,
    own: Comparison | None,
    hosted: Comparison | None,
    own_against_hosted: Comparison | None,
    binding: Binding | None,
    refused: Sequence[Refused],
    horizon_months: int,
) -> str:
    """*hosted*: the best offer of an open model by API, against staying."""
    if own is not None and binding is None:
        answer = _pays_off(own) + _against_hosted(own, own_against_hosted, horizon_months)
    else:
        answer = _does_not(own, binding, refused, horizon_months) + _but_hosted(hosted)
    return _said_of(workload, answer)


def too_early(workload: str | None, stay: Course, history: TooShort) -> str:
    days = f"{history.days} {'day' if history.days == 1 else 'days'}"
    answer = (
        f"too early to name a month: {days} of history, {LEAST_DAYS} are needed."
        f" At today's volume, staying costs {_usd(float(np.median(stay.monthly_usd[:, 0])))} a month."
    )
    return _said_of(workload, answer)


def _said_of(workload: str | None, answer: str) -> str:
    return f"{workload}: {answer}" if workload else _capital(answer)


def _pays_off(own: Comparison) -> str:
    spread = own.payback
    return (
        f"to {own.course.name} pays off in month {_month(spread.p50)}"
        f" (P10 {_month(spread.p10)}, P90 {_month(spread.p90)}, never in {spread.never_share:.0%} of paths)"
        f" against staying, and {_in_month_one(own.saved_usd_per_month)} in the first month."
    )


def _in_month_one(saved_usd: float) -> str:
    """Below 0 where it pays off by growth, or by prices to come."""
    return f"saves {_usd(saved_usd)}" if saved_usd >= 0 else f"costs {_usd(-saved_usd)} more"


def _against_hosted(own: Comparison, against: Comparison | None, horizon_months: int) -> str:
    if against is None:
        return ""
    model = own.course.model
    if pays_back(against):
        return f" Against {model} by somebody else's API it pays off in month {_month(against.payback.p50)}."
    return (
        f" But most of that is the model, not the machine: against {model} by somebody else's API it does not"
        f" pay off within {_months(horizon_months)} ({against.payback.never_share:.0%} of the paths)."
    )


def _does_not(
    own: Comparison | None, binding: Binding | None, refused: Sequence[Refused], horizon_months: int
) -> str:
    words = f"self-hosting does not pay off within {_months(horizon_months)}: {binding}"
    if own is None:
        reason = next((each.reason for each in refused if each.binding is binding), None)
        return f"{words} ({reason})." if reason else f"{words}."
    saved = own.saved_usd_per_month
    if binding is Binding.CAPITAL:
        spent = _usd(float(np.median(own.course.upfront_usd)))
        return f"{words} (at best, to {own.course.name}: {_usd(saved)} saved a month, for {spent} first)."
    than = f"{_usd(-saved)} a month more than" if saved < 0 else "as much as"
    return f"{words} (at best, to {own.course.name}: {than} staying)."


def _but_hosted(hosted: Comparison | None) -> str:
    if hosted is None or hosted.npv_usd[1] <= 0:
        return ""
    return f" {_capital(hosted.course.name)}'s API would save {_usd(hosted.saved_usd_per_month)} a month."


def _months(count: int) -> str:
    return f"{count} {'month' if count == 1 else 'months'}"


def _month(month: float) -> str:
    return "never" if math.isinf(month) else f"{month:.1f}"


def _usd(usd: float) -> str:
    """Whole dollars from ten on: nobody believes the cents of a forecast."""
    return f"${usd:,.0f}" if abs(usd) >= 10 else f"${usd:,.2f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
