"""Spend by day and by model: a chart, its legend, and the same in two tables. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from ledger.asking import Series, SeriesLine
from ledger.money import NanoUsd
from ledger.period import Period, time_of
from ledger.rollup import Rollup
from web.charts.stacked import MOST_PARTS, Column, stacked_chart, swatch
from web.costs import Cost, Mark, cost_of_sums, marks_of
from web.filters import counted, exact_places, places_for, shown, tokens, usd, usd_told
from web.links import calls_link, calls_of_link, is_linkable, one_day
from web.manner import day_name, month_name

MOST_MODELS = MOST_PARTS - 1
"""With a name of their own; the others are one part more."""
_CELL_PLACES = 4
_TICKS = frozenset({1, 5, 10, 15, 20, 25, 30})


@dataclass(frozen=True, slots=True)
class Cell:
    words: str
    exact: str
    """Or why there is no amount."""
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    day: date
    cost: Cost
    sums: Rollup
    marks: tuple[Mark, ...]
    href: str
    cells: tuple[Cell | None, ...]
    """By model, as in the legend; None: no calls of it on this day."""


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the legend, and one column of the table."""

    name: str | None
    others: int
    cost: Cost
    swatch: Markup
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    rows: tuple[DayRow, ...]
    """Of days that have calls."""
    places: int
    keys: tuple[Key, ...]
    chart: Markup
    """Empty where no day has a spend: a chart of nothing would look like a chart of zero."""


def days_of(series: Series, by_day: Mapping[date, Rollup], today: date) -> Days:
    """*by_day*: the sums of all models."""
    dates = [time_of(us).date() for us in series.starts_us]
    rows = [_row(series, place, day, by_day.get(day, Rollup())) for place, day in enumerate(dates)]
    with_calls = tuple(row for row in rows if row.sums.calls)
    return Days(
        rows=with_calls,
        places=exact_places([row.cost.amount for row in with_calls if row.cost.amount is not None]),
        keys=tuple(_key(series, line, place) for place, line in enumerate(series.lines)),
        chart=_chart(series, rows, today),
    )


def _row(series: Series, place: int, day: date, sums: Rollup) -> DayRow:
    cost = cost_of_sums(sums)
    return DayRow(
        day=day,
        cost=cost,
        sums=sums,
        marks=tuple(mark for mark in marks_of(sums) if mark.count and mark.word != cost.word),
        href=calls_link(one_day(day)),
        cells=tuple(_cell(series, line, line.sums[place], day) for line in series.lines),
    )


def _cell(series: Series, line: SeriesLine, sums: Rollup, day: date) -> Cell | None:
    if not sums.calls:
        return None
    href = _href(series, line, one_day(day))
    cost = cost_of_sums(sums)
    if cost.amount is None:
        return Cell(cost.word, cost.reason, href)
    return Cell(usd(cost.amount, _CELL_PLACES), usd_told(cost.amount), href)


def _key(series: Series, line: SeriesLine, place: int) -> Key:
    href = _href(series, line, series.period)
    return Key(line.value, line.others, cost_of_sums(line.total), swatch(place), href)


def _href(series: Series, line: SeriesLine, period: Period) -> str:
    if line.others:
        return calls_of_link(period, "except_model", [each.value for each in series.lines if not each.others])
    return calls_link(period, model=line.value) if is_linkable(line.value) else ""


def _chart(series: Series, rows: list[DayRow], today: date) -> Markup:
    paid = [row for row in rows if row.sums.list_cost > 0]
    if not paid:
        return Markup("")
    most = max(paid, key=lambda row: row.sums.list_cost)
    title = (
        f"Spend by day and model in {month_name(series.period.start)}. The most on {day_name(most.day)}:"
        f" {usd(most.sums.list_cost)}. The tables below have the same numbers."
    )
    return stacked_chart([_column(series, row, place, today) for place, row in enumerate(rows)], title)


def _column(series: Series, row: DayRow, place: int, today: date) -> Column:
    return Column(
        parts=tuple(line.sums[place].list_cost for line in series.lines),
        title=_words(series, row, place),
        href=row.href if row.sums.calls else "",
        tick=str(row.day.day) if row.day.day in _TICKS else "",
        incomplete=row.sums.unpriced_calls > 0,
        going_on=row.day == today,
    )


def _words(series: Series, row: DayRow, place: int) -> str:
    """One line for the day and one for each model, as a tooltip has them."""
    if not row.sums.calls:
        return f"{day_name(row.day)}: no calls"
    cost = row.cost.word if row.cost.amount is None else _rounded(row.cost.amount)
    marks = (mark.text for mark in row.marks)
    told = [", ".join([f"{day_name(row.day)}: {cost}", counted(row.sums.calls, "call"), *marks])]
    for line in series.lines:
        amount = line.sums[place].list_cost
        if amount:
            told.append(f"{_name_of(line)}: {_rounded(amount)}")
    return "\n".join(told)


def _name_of(line: SeriesLine) -> str:
    return f"{tokens(line.others)} more" if line.others else shown(line.value or "no model", 40)


def _rounded(amount: NanoUsd) -> str:
    return usd(amount, places_for(amount))
