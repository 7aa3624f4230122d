"""A projection's numbers -> charts, each with a title that tells it in a sentence. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from web.charts.fan import Fan, bounds_of, fan_chart
from web.charts.heat_map import HOURS, WEEKDAYS, heat_map
from web.charts.histogram import Bin, bins_of, histogram
from web.charts.tornado import Swung, tornado_chart
from web.decision.words import label_of
from web.figures import dollars, in_unit, month, percent, tenths, unit_in_words
from web.filters import shown

Told = Mapping[str, Any]
MOST_SWINGS = 10
"""Bars of the tornado; the table has them all."""
_LONGEST = 160
"""Characters of a course's name in a title."""
_GROUPS = (("hosted",), ("rent", "rent_busy_hours"), ("buy",), ("hybrid",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """The histogram of one comparison."""

    chart: Markup
    bins: tuple[Bin, ...]
    never: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFan:
    code: str
    name: str
    chart: Markup
    rows: tuple[tuple[int, float, float, float], ...]
    """Month, P10, P50, P90."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    course: Told
    chart: Markup
    rows: tuple[tuple[int, tuple[float | None, ...]], ...]
    """Hour, and its share on each weekday."""
    days: tuple[str, ...] = WEEKDAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawings:
    """None: there is nothing to draw."""

    months: Months | None
    fans: tuple[CourseFan, ...]
    week: Week | None
    tornado: Markup | None


def drawings_of(told: Told, best: Told | None) -> Drawings:
    return Drawings(
        months=None if best is None else months_of(best),
        fans=fans_of(told["against_stay"]),
        week=week_of(told["courses"], best),
        tornado=tornado_of(told["tornado"], best),
    )


def months_of(found: Told) -> Months:
    bins, spread = tuple(bins_of(found["paid_back_in_month"])), found["payback_months"]
    title = (
        f"Break-even of {shown(found['name'], _LONGEST)}, by month."
        f" P10 {month(spread['p10'])}, P50 {month(spread['p50'])},"
        f" P90 {month(spread['p90'])}; never in {percent(spread['never_share'])} of the paths."
        " The table below has the same numbers."
    )
    return Months(chart=histogram(bins, spread["never_share"], title), bins=bins, never=spread["never_share"])


def fans_of(comparisons: Sequence[Told]) -> tuple[CourseFan, ...]:
    """The best course of each group, all on one scale; *comparisons* are the best first."""
    best = (next((each for each in comparisons if each["kind"] in group), None) for group in _GROUPS)
    chosen = [each for each in best if each is not None]
    fans = [Fan(**each["cash_usd"]) for each in chosen]
    bounds = bounds_of(fans)
    return tuple(_fan(each, fan, bounds) for each, fan in zip(chosen, fans, strict=True))


def _fan(found: Told, fan: Fan, bounds: tuple[float, float]) -> CourseFan:
    last = len(fan.p50) - 1
    title = (
        f"Saved so far by {shown(found['name'], _LONGEST)}, against staying."
        f" After {last} months P10 {dollars(fan.p10[last])},"
        f" P50 {dollars(fan.p50[last])}, P90 {dollars(fan.p90[last])}. The table below has the same numbers."
    )
    return CourseFan(
        code=found["code"],
        name=found["name"],
        chart=fan_chart(fan, bounds, title),
        rows=tuple(zip(range(last + 1), fan.p10, fan.p50, fan.p90, strict=True)),
    )


def week_of(courses: Sequence[Told], best: Told | None) -> Week | None:
    """Of the best course's machines; of the first that has any while no course is the best yet."""
    run = [each for each in courses if each["fleet"] is not None]
    named = (each for each in run if best is not None and each["name"] == best["name"])
    course = next(named, run[0] if run else None)
    if course is None:
        return None
    loads: list[float | None] = course["fleet"]["load_by_hour"]
    return Week(
        course=course,
        chart=heat_map(loads, _title_of_week(loads, shown(course["name"], _LONGEST))),
        rows=tuple((hour, tuple(loads[hour::HOURS])) for hour in range(HOURS)),
    )


def _title_of_week(loads: Sequence[float | None], name: str) -> str:
    seen = [(load, place) for place, load in enumerate(loads) if load is not None]
    if not seen:
        return f"Nothing was seen of any hour of the week of {name}."
    most, place = max(seen)
    day, hour = divmod(place, HOURS)
    return (
        f"How much of {name} is taken, by hour of the week. The most on {WEEKDAYS[day]} at {hour}:00 UTC:"
        f" {tenths(most)}. The table below has the same numbers."
    )


def tornado_of(swings: Sequence[Told], best: Told | None = None) -> Markup | None:
    if not swings:
        return None
    drawn = [
        Swung(
            name=label_of(each["name"]),
            low=in_unit(each["low"], each["unit"]),
            high=f"{in_unit(each['high'], each['unit'])} {unit_in_words(each['unit'])}",
            usd_at_low=each["npv_at_low_usd"],
            usd_at_high=each["npv_at_high_usd"],
        )
        for each in swings[:MOST_SWINGS]
    ]
    widest = drawn[0]
    title = (
        f"Present value of the best course at both ends of each input. The widest, {widest.name}:"
        f" {dollars(widest.usd_at_low)} at {widest.low}, {dollars(widest.usd_at_high)} at {widest.high}."
        " The table below has the same numbers."
    )
    return tornado_chart(drawn, title, None if best is None else best["npv_usd"]["p50"])
