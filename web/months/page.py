"""What the page of all months says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from markupsafe import Markup

from ledger.asking import MonthSums
from ledger.exports.export import FORMATS, MANIFEST_ENDING, file_name
from ledger.money import NanoUsd
from ledger.period import month_of
from ledger.rollup import Rollup
from web.charts.bars import Bar, bar_chart
from web.costs import Cost, Mark, cost_of_sums, marks_of
from web.filters import counted, places_for, usd
from web.links import calls_link
from web.manner import month_name
from web.spend.comparison import change_of

MOST_BARS = 36
"""Months in the chart, the latest; the table has all."""
LEAST_BARS = 6
"""One month alone would be a wall."""
MOST_NAMED = 12
"""Bars that have room for a name under each; of more, only the years are told."""


@dataclass(frozen=True, slots=True)
class File:
    format: str
    path: str
    manifest_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    month: date
    is_current: bool
    since: date | None
    """The day of the ledger's first call, in whose month days are missing; None in all other months."""
    sums: Rollup
    cost: Cost
    marks: tuple[Mark, ...]
    change: str
    """To the month before; empty where there is nothing to compare with, or one of them is not whole."""
    href: str
    """To its calls."""
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsPage:
    rows: tuple[MonthRow, ...]
    """The latest first."""
    places: int
    total: Rollup
    cost: Cost
    marks: tuple[Mark, ...]
    chart: Markup
    """Empty where no month has a spend."""
    read_at: datetime


def months_page(
    months: Sequence[MonthSums], files_path: str, now: datetime, first_day: date | None = None
) -> MonthsPage:
    """*first_day*: of the ledger's first call."""
    this_month = month_of(now.date()).start
    spent = {found.month: found.sums.list_cost for found in months}
    since = _first_of_a_part(months, first_day)
    total = sum((found.sums for found in months), Rollup())
    return MonthsPage(
        rows=tuple(_row(found, spent, files_path, this_month, since) for found in reversed(months)),
        places=places_for(max(spent.values(), default=NanoUsd(0))),
        total=total,
        cost=cost_of_sums(total),
        marks=_told(total),
        chart=_chart(months[-MOST_BARS:], this_month),
        read_at=now,
    )


def _first_of_a_part(months: Sequence[MonthSums], first_day: date | None) -> date | None:
    """Where calls were pruned, the ledger's first month is not that of its first call: sums stay."""
    if first_day is None or first_day.day == 1 or not months:
        return None
    return first_day if first_day.replace(day=1) == months[0].month else None


def _row(
    found: MonthSums,
    spent: Mapping[date, NanoUsd],
    files_path: str,
    this_month: date,
    since: date | None,
) -> MonthRow:
    earlier = _before(found.month)
    is_whole = since is None or earlier != since.replace(day=1)
    before = spent.get(earlier, NanoUsd(0)) if is_whole else NanoUsd(0)
    is_current = found.month == this_month
    return MonthRow(
        month=found.month,
        is_current=is_current,
        since=since if since and since.replace(day=1) == found.month else None,
        sums=found.sums,
        cost=cost_of_sums(found.sums),
        marks=_told(found.sums),
        change="" if is_current else change_of(before, found.sums.list_cost),
        href=calls_link(month_of(found.month)),
        files=tuple(_file(found.month, name, files_path) for name in FORMATS),
    )


def _file(month: date, format_name: str, files_path: str) -> File:
    path = f"{files_path}/{file_name(month_of(month), format_name)}"
    return File(format_name, path, f"{path}{MANIFEST_ENDING}")


def _before(month: date) -> date:
    return (
        month.replace(year=month.year - 1, month=12)
        if month.month == 1
        else month.replace(month=month.month - 1)
    )


def _told(sums: Rollup) -> tuple[Mark, ...]:
    return tuple(mark for mark in marks_of(sums) if mark.count)


def _chart(months: Sequence[MonthSums], this_month: date) -> Markup:
    if not any(found.sums.list_cost for found in months):
        return Markup("")
    by_month = {found.month: found.sums for found in months}
    shown = _each(months)
    bars = [
        replace(_bar(month, by_month.get(month, Rollup()), this_month), tick=_tick(month, len(shown)))
        for month in shown
    ]
    return bar_chart(
        bars, f"Spend by month from {month_name(months[0].month)} on. The table has the same numbers."
    )


def _each(months: Sequence[MonthSums]) -> list[date]:
    """Those without calls too: a gap in time is a gap in the chart."""
    found: list[date] = []
    month = months[-1].month
    while len(found) < LEAST_BARS or (month >= months[0].month and len(found) < MOST_BARS):
        found.append(month)
        month = _before(month)
    return found[::-1]


def _tick(month: date, bars: int) -> str:
    if month.month == 1:
        return str(month.year)
    return month_name(month)[:3] if bars <= MOST_NAMED else ""


def _bar(month: date, sums: Rollup, this_month: date) -> Bar:
    cost = cost_of_sums(sums)
    told = cost.word if cost.amount is None else usd(cost.amount, places_for(cost.amount))
    marks = (mark.text for mark in _told(sums))
    return Bar(
        amount=sums.list_cost,
        title=", ".join([f"{month_name(month)}: {told}", counted(sums.calls, "call"), *marks]),
        incomplete=sums.unpriced_calls > 0,
        going_on=month == this_month,
    )
