"""What the report says: the ledger's answers in, one page out. Everything but `ask` is pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from markupsafe import Markup

from ledger.call import Entry
from ledger.money import NanoUsd
from ledger.period import Period, month_of, time_of
from ledger.rollup import Rollup
from ledger.store import GroupBy, Reader, Report
from web.charts.bars import Bar, bar_chart
from web.costs import Cost, Mark, cost_of_sums, marks_of
from web.filters import counted, day_name, exact_places, month_name, places_for, usd
from web.lines import CallLine, line_of

LAST_CALLS = 50
LONGEST_TABLE = 12
"""Rows of a breakdown; the rest is summed up in one more. Names come from clients: there may be many."""
_FIRST_MONTH = date(1970, 1, 1)
_TICKS = frozenset({1, 5, 10, 15, 20, 25, 30})


@dataclass(frozen=True, slots=True)
class Topic:
    by: GroupBy
    title: str
    column: str
    nameless: str
    """Stands for the calls that have no such name."""
    hint: str = ""
    """How to get names, said where no call has one."""


TOPICS = (
    Topic(GroupBy.MODEL, "By model", "Model", "no model"),
    Topic(GroupBy.WORKLOAD, "By workload", "Workload", "no workload", "X-Payback-Workload"),
    Topic(GroupBy.PROJECT, "By project", "Project", "no project", "X-Payback-Project"),
    Topic(GroupBy.USER, "By user", "User", "no user", "X-Payback-User"),
    Topic(GroupBy.KEY, "By key", "Key", "no key"),
    Topic(GroupBy.UPSTREAM, "By upstream", "Upstream", "no upstream"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the ledger says of one month."""

    month: Period
    by_day: Report
    breakdowns: tuple[tuple[Topic, Report], ...]
    reasons: Sequence[tuple[str, int]]
    """Why calls are unpriced, with how many each."""
    latest: Sequence[Entry]
    """The latest entries of the whole ledger, the latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str | None
    others: int = 0
    """How many names are summed up here; 0: the row is one name's."""
    cost: Cost
    part: int
    has_share: bool
    """A cost that is not known has no share of the spend; that is not a share of nothing."""
    sums: Rollup
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    topic: Topic
    rows: tuple[Row, ...]
    share_of: str
    """What the shares are shares of: spend, or calls where nothing was spent."""
    whole: int
    places: int

    @property
    def is_named(self) -> bool:
        return any(row.name is not None or row.others for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    day: date
    cost: Cost
    sums: Rollup
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPage:
    """Everything that the template prints."""

    month: Period
    is_current: bool
    previous: date | None
    next: date | None
    progress: str
    read_at: datetime
    total: Rollup
    cost: Cost
    marks: tuple[Mark, ...]
    reasons: Sequence[tuple[str, int]]
    other_reasons: int
    """Unpriced calls whose reasons are too many to be listed."""
    days: tuple[DayRow, ...]
    day_places: int
    chart: Markup
    breakdowns: tuple[Breakdown, ...]
    calls: tuple[CallLine, ...]
    latest_month: date | None
    """The month of the latest call; None: the ledger has no call yet."""


def ask(reader: Reader, month: Period) -> Answers:
    """Blocks while the ledger is read."""
    by_day = reader.report(month, GroupBy.DAY)
    asked = TOPICS if by_day.groups else ()
    return Answers(
        month=month,
        by_day=by_day,
        breakdowns=tuple((topic, reader.report(month, topic.by)) for topic in asked),
        reasons=reader.unpriced_reasons(month) if by_day.total.unpriced_calls else (),
        latest=reader.last_calls(LAST_CALLS),
    )


def month_page(answers: Answers, now: datetime) -> MonthPage:
    month, total, today = answers.month, answers.by_day.total, now.date()
    days = tuple(_day_rows(answers.by_day))
    this_month = month_of(today).start
    return MonthPage(
        month=month,
        is_current=month.start == this_month,
        previous=(month.start - timedelta(days=1)).replace(day=1) if month.start > _FIRST_MONTH else None,
        next=month.end if month.start < this_month else None,
        progress=_progress(month, today),
        read_at=now,
        total=total,
        cost=cost_of_sums(total),
        marks=marks_of(total),
        reasons=answers.reasons,
        other_reasons=max(total.unpriced_calls - sum(calls for _, calls in answers.reasons), 0),
        days=days,
        day_places=exact_places([row.cost.amount for row in days if row.cost.amount is not None]),
        chart=_chart(month, days, today),
        breakdowns=tuple(breakdown_of(topic, report) for topic, report in answers.breakdowns),
        calls=tuple(line_of(entry) for entry in _to_show(answers, this_month)),
        latest_month=_month_of_latest(answers.latest),
    )


def breakdown_of(topic: Topic, report: Report) -> Breakdown:
    """The largest groups, each with its share, and the others in one row: the rows add up to the total."""
    spent = report.total.list_cost > 0
    cut = len(report.groups) if len(report.groups) <= LONGEST_TABLE + 1 else LONGEST_TABLE  # never "1 more"
    rows = [_row(group.value, 0, group.sums, spent=spent) for group in report.groups[:cut]]
    rest = report.groups[cut:]
    if rest:
        rows.append(_row(None, len(rest), sum((group.sums for group in rest), Rollup()), spent=spent))
    return Breakdown(
        topic=topic,
        rows=tuple(rows),
        share_of="spend" if spent else "calls",
        whole=report.total.list_cost if spent else report.total.calls,
        places=places_for(max((row.sums.list_cost for row in rows), default=NanoUsd(0))),
    )


def _row(name: str | None, others: int, sums: Rollup, *, spent: bool) -> Row:
    cost = cost_of_sums(sums)
    return Row(
        name=name,
        others=others,
        cost=cost,
        part=sums.list_cost if spent else sums.calls,
        has_share=cost.amount is not None or not spent,
        sums=sums,
        marks=tuple(mark for mark in marks_of(sums) if mark.count),
    )


def _day_rows(report: Report) -> list[DayRow]:
    return [
        DayRow(
            day=date.fromisoformat(group.value or ""),
            cost=cost_of_sums(group.sums),
            sums=group.sums,
            marks=tuple(mark for mark in marks_of(group.sums) if mark.count),
        )
        for group in report.groups
    ]


def _progress(month: Period, today: date) -> str:
    if not month.start <= today < month.end:
        return "" if month.end <= today else "not begun yet"
    return f"1 to {day_name(today)}, so far" if today.day > 1 else f"{day_name(today)}, so far"


def _chart(month: Period, days: Sequence[DayRow], today: date) -> Markup:
    """Empty where no day has a spend: a chart of nothing would look like a chart of zero."""
    paid = [row for row in days if row.cost.amount]
    if not paid:
        return Markup("")
    most = max(paid, key=lambda row: row.sums.list_cost)
    title = (
        f"Spend by day in {month_name(month.start)}. The most on {day_name(most.day)}:"
        f" {usd(most.sums.list_cost)}. The table below has the same numbers."
    )
    by_day = {row.day: row for row in days}
    return bar_chart([_bar(day, by_day.get(day), today) for day in month.days()], title)


def _bar(day: date, row: DayRow | None, today: date) -> Bar:
    tick = str(day.day) if day.day in _TICKS else ""
    if row is None:
        return Bar(amount=NanoUsd(0), title=f"{day_name(day)}: no calls", tick=tick, going_on=day == today)
    cost = row.cost.word if row.cost.amount is None else usd(row.cost.amount, places_for(row.cost.amount))
    words = [f"{day_name(day)}: {cost}", counted(row.sums.calls, "call"), *(mark.text for mark in row.marks)]
    return Bar(
        amount=row.sums.list_cost,
        title=", ".join(words),
        tick=tick,
        incomplete=row.sums.unpriced_calls > 0,
        going_on=day == today,
    )


def _to_show(answers: Answers, this_month: date) -> list[Entry]:
    """The latest calls; on another month's page only those that belong to it."""
    if answers.month.start == this_month:
        return list(answers.latest)
    from_us, to_us = answers.month.from_us, answers.month.to_us
    return [entry for entry in answers.latest if from_us <= entry.call.started_us < to_us]


def _month_of_latest(latest: Sequence[Entry]) -> date | None:
    return month_of(time_of(latest[0].call.started_us).date()).start if latest else None
