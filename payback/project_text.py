"""A projection for people: the verdict first, then everything that it rests on."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from payback.figures import dollars, months, number, per_mtok, percent, rate_of_return
from payback.project_demand import demand_lines, fleet_lines
from payback.terminal import SENTENCE_COLUMNS, UNKNOWN, Column, clean, counted, render_table
from projection.assumptions import Assumption
from projection.forecast import Outlook
from projection.outcome import Comparison, Course, MustBeTrue, Projection, Refused, Swing, Today
from projection.verdict import best_own

_BAR_COLUMNS = 40
_EVERY_MONTHS = 3
_LEFT = False
_LONGEST = 400
"""Characters of a sentence of ours that may hold a name of somebody else's."""


def render_projection(found: Projection) -> str:
    """Parts with nothing to tell are left out."""
    shown = best_own(found.against_stay) or found.best
    parts = [
        clean(found.sentence, _LONGEST),
        _block("Today", _today(found)),
        _block("What is asked for", demand_lines(found.demand)),
        _block(_title_of_courses(found), [_courses(found)]),
        _block("What is known of the open models, against today's", _gaps(found)),
        _block("What each step alone would save", _ladder(found)),
        _block("Machines, against the same model by somebody else's API", _against_hosted(found)),
        _block("What must be true for even odds, each by itself", _must_be_true(found.must_be_true)),
        _block("What it hangs on: present value of the best course at both ends", _tornado(found.tornado)),
        _block(f"Saved so far: {clean(shown.course.name)}", [_cash(shown)]) if shown else "",
        *(_machine(shown.course) if shown else ()),
        _block("Calls that stay where they are", _stays(found)),
        _block("Not possible", map(_refused, found.refused)),
        _block("Assumptions", [_assumptions(found.assumptions)]),
        _block("Notes", [clean(note, _LONGEST) for note in found.notes]),
    ]
    return "\n\n".join(part for part in parts if part)


def _block(title: str, texts: Iterable[str]) -> str:
    lines = [line for text in texts for line in text.splitlines()]
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _today(found: Projection) -> Iterator[str]:
    today = found.today
    tokens = f"{number(today.input_tokens_per_month)} tokens in, {number(today.output_tokens_per_month)} out"
    cost = f"list cost {dollars(today.usd_per_month)} USD"
    yield f"{number(today.calls_per_month)} calls a month: {tokens}, {cost}"
    how = "made up as" if found.forecast is None else "measured on"
    yield f"{how} {counted(today.calls)} in {_days(today.days)}; {_models(today)}"
    facts = [
        (today.cached_share, "of the input cached"),
        (today.failed_share, "of the calls failed"),
        (today.retried_share, "were tried again"),
        (today.estimated_calls / today.calls if today.estimated_calls else None, "with estimated tokens"),
    ]
    told = [f"{percent(share)} {words}" for share, words in facts if share is not None]
    if today.peak_factor is not None:
        told.append(f"the busiest minute is {today.peak_factor:.1f} times the mean")
    if today.most_concurrent:
        told.append(f"{today.most_concurrent:,} at once at most")
    yield ", ".join(told)
    if isinstance(found.forecast, Outlook):
        growth = f"{round(found.forecast.growth_per_month, 3) + 0.0:+.1%} a month"
        yield f"volume changes by {growth} now, and less and less so, as {found.forecast.days} days tell"


def _machine(course: Course) -> Iterator[str]:
    if course.fleet is not None:
        yield _block(f"How full it is: {clean(course.name)}", fleet_lines(course.fleet))


def _days(days: float) -> str:
    return counted(round(days), "day") if days >= 1 else "less than a day"


def _models(today: Today) -> str:
    few = [clean(name or "(no model)") for name in today.models[:4]]
    return ", ".join(few) + (f" and {len(today.models) - 4} more" if len(today.models) > 4 else "")


def _title_of_courses(found: Projection) -> str:
    if not found.against_stay:
        return "Courses: USD"
    over = f"over {counted(found.horizon_months, 'month')} on {found.paths:,} paths"
    return f"Courses, against staying, {over}: USD, and the month that pays it back"


_MONEY = ("upfront", "month 1")
_FIGURES = ("P10", "P50", "P90", "never", "in 12", "in 24", "in 36", "NPV", "IRR")
_COSTS = ("Mtok", "if full")


def _courses(found: Projection) -> str:
    """Where nothing is compared, there are no columns for it."""
    comparisons = {id(each.course): each for each in found.against_stay}
    figures = _FIGURES if comparisons else ()
    lines = [
        [
            course.kind.code,
            *(dollars(_middle(usd)) for usd in (course.upfront_usd, course.monthly_usd[:, 0])),
            *(_figures(comparisons[id(course)]) if id(course) in comparisons else [""] * len(figures)),
            *map(per_mtok, (course.usd_per_mtok_observed, course.usd_per_mtok_full)),
            clean(course.name, SENTENCE_COLUMNS),
        ]
        for course in found.courses
    ]
    titles = map(Column, (*_MONEY, *figures, *_COSTS))
    return render_table([Column("", _LEFT), *titles, Column("course", _LEFT)], lines)


def _figures(found: Comparison) -> list[str]:
    spread = found.payback
    within = [found.within.get(window) for window in (12, 24, 36)]
    return [
        *map(months, (spread.p10, spread.p50, spread.p90)),
        percent(spread.never_share),
        *map(percent, within),
        dollars(found.npv_usd[1]),
        rate_of_return(found.irr_per_year[1]),
    ]


def _against_hosted(found: Projection) -> Iterator[str]:
    lines = [
        [each.course.kind.code, *_figures(each), clean(each.course.name, SENTENCE_COLUMNS)]
        for each in found.against_hosted
    ]
    if lines:
        titles = [Column("", _LEFT), *map(Column, _FIGURES), Column("course", _LEFT)]
        yield render_table(titles, lines)


def _middle(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> float:
    return float(np.median(values))


def _gaps(found: Projection) -> Iterator[str]:
    """What was published; whether it holds for these prompts nobody has tried."""
    known = {course.model: course.substitute.gap for course in found.courses if course.substitute}
    for model, gap in known.items():
        yield clean(f"{model}: {gap}", _LONGEST)


def _ladder(found: Projection) -> Iterator[str]:
    lines = [
        [
            clean(rung.name),
            dollars(rung.saved_usd_per_month),
            percent(rung.saved_share),
            clean(rung.words, _LONGEST),
        ]
        for rung in found.ladder
    ]
    if lines:
        titles = [
            Column("step", _LEFT),
            Column("USD a month"),
            Column("share"),
            Column("what it takes", _LEFT),
        ]
        yield render_table(titles, lines)


def _must_be_true(found: Sequence[MustBeTrue]) -> Iterator[str]:
    for each in found:
        if each.needed is not None:
            known = each.assumption
            yield f"{known.name}: {each.needed:.3g} {known.unit} (it is {known.value:g})"
    others = [each.assumption.name for each in found if each.needed is None]
    if others:
        yield f"the answer stays, whatever one of these is: {', '.join(others)}"


def _tornado(swings: Sequence[Swing]) -> Iterator[str]:
    if not swings:
        return
    widest = max(swing.width_usd for swing in swings) or 1.0
    lines = [
        [
            swing.assumption.name,
            f"{swing.assumption.low:g}", dollars(swing.npv_at_low_usd),
            f"{swing.assumption.high:g}", dollars(swing.npv_at_high_usd),
            "#" * math.ceil(swing.width_usd / widest * _BAR_COLUMNS),
        ]
        for swing in swings
    ]  # fmt: skip
    titles = [Column("assumption", _LEFT), *map(Column, ("low", "NPV", "high", "NPV")), Column("", _LEFT)]
    yield render_table(titles, lines)


def _cash(found: Comparison) -> str:
    last = found.cash_usd.shape[1] - 1
    at = sorted({*range(0, last + 1, _EVERY_MONTHS), last})
    lines = [[f"{month}", *map(dollars, found.cash_usd[:, month].tolist())] for month in at]
    return render_table([Column("month"), Column("P10"), Column("P50"), Column("P90")], lines)


def _stays(found: Projection) -> Iterator[str]:
    for each in found.stays:
        cost = f"{dollars(each.usd_per_month)} USD a month"
        yield f"{counted(each.calls)}, {cost}: {clean(each.reason, _LONGEST)}"


def _refused(refused: Refused) -> str:
    code = f"{refused.kind.code} " if refused.kind else ""
    return clean(f"{code}{refused.name}: {refused.binding}; {refused.reason}", _LONGEST)


def _assumptions(assumptions: Sequence[Assumption]) -> str:
    lines = [
        [
            each.name,
            f"{each.value:g}",
            f"{each.low:g} to {each.high:g}" if each.low < each.high else UNKNOWN,
            each.unit,
            each.basis.value,
            clean(each.source, _LONGEST),
        ]
        for each in assumptions
    ]
    left = (Column(title, _LEFT) for title in ("range", "unit", "basis", "source"))
    return render_table([Column("assumption", _LEFT), Column("value"), *left], lines)
