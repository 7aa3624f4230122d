"""What the overview says: the ledger's answers in, one page out. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ledger.money import NanoUsd
from ledger.period import Period, month_of, time_of
from ledger.rollup import Rollup
from web.costs import Cost, Mark, cost_of_sums, marks_of
from web.filters import iso, places_for
from web.links import calls_link, calls_since_link, is_linkable
from web.manner import days_name
from web.spend.answers import Answers
from web.spend.breakdowns import Breakdown, breakdown_of
from web.spend.comparison import Comparison, change_of, comparisons_of
from web.spend.days import Days, days_of
from web.spend.forecast import Forecast, forecast_of
from web.spend.hosting import Side, sides_of

_FIRST_MONTH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why calls are unpriced."""

    text: str
    calls: int
    href: str
    """To them; empty: there is no address for so long a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPage:
    """Everything that the template prints."""

    month: Period
    is_current: bool
    previous: date | None
    next: date | None
    progress: str
    read_at: datetime
    href: str
    """To the month's calls."""
    total: Rollup
    cost: Cost
    marks: tuple[Mark, ...]
    forecast: Forecast | None
    comparisons: tuple[Comparison, ...]
    sides: tuple[Side, ...]
    reasons: tuple[Reason, ...]
    reasons_since_us: int | None
    """The reasons are those of calls that began then or later; None: of all."""
    other_reasons: int
    """Unpriced calls whose reasons are too many to be listed."""
    days: Days
    breakdowns: tuple[Breakdown, ...]
    latest_month: date | None
    """The month of the latest call; None: the ledger has no call yet."""

    @property
    def change_by_end(self) -> str:
        """The month as forecast, against the whole one before; empty where one of them is not known."""
        if self.forecast is None or not self.comparisons:
            return ""
        return change_of(self.comparisons[-1].before.amount, self.forecast.amount)

    @property
    def places(self) -> int:
        """Decimals of the sum: two, unless that says little."""
        return places_for(self.total.list_cost)


def month_page(answers: Answers, now: datetime) -> MonthPage:
    month, total, today = answers.month, answers.by_model.total, now.date()
    this_month = month_of(today).start
    by_day = {date.fromisoformat(group.value or ""): group.sums for group in answers.by_day.groups}
    spent = {day: sums.list_cost for day, sums in by_day.items()}
    return MonthPage(
        month=month,
        is_current=month.start == this_month,
        previous=(month.start - timedelta(days=1)).replace(day=1) if month.start > _FIRST_MONTH else None,
        next=month.end if month.start < this_month else None,
        progress=_progress(month, today),
        read_at=now,
        href=calls_link(month),
        total=total,
        cost=cost_of_sums(total),
        marks=marks_of(total),
        forecast=_forecast(answers, spent, now),
        comparisons=comparisons_of(spent, month, today) if total.list_cost else (),
        sides=_sides(answers),
        reasons=tuple(_reasons(answers)),
        reasons_since_us=answers.reasons_since_us,
        other_reasons=_other_reasons(answers),
        days=days_of(answers.by_model, by_day, today),
        breakdowns=tuple(breakdown_of(topic, report) for topic, report in answers.breakdowns),
        latest_month=None if answers.last_us is None else month_of(time_of(answers.last_us).date()).start,
    )


def _forecast(answers: Answers, spent: dict[date, NanoUsd], now: datetime) -> Forecast | None:
    if answers.first_us is None:
        return None
    first_call = time_of(answers.first_us).date()
    return forecast_of(spent, first_call, answers.by_model.total.list_cost, answers.month, now)


def _sides(answers: Answers) -> tuple[Side, ...]:
    by_upstream = [report for topic, report in answers.breakdowns if topic.by.value == "upstream"]
    return sides_of(by_upstream[0].groups, answers.month) if by_upstream else ()


def _reasons(answers: Answers) -> Iterator[Reason]:
    since_us, last = answers.reasons_since_us, answers.month.end - timedelta(days=1)
    for text, calls in answers.reasons:
        if not is_linkable(text):
            href = ""
        elif since_us is None:
            href = calls_link(answers.month, reason=text)
        else:
            href = calls_since_link(iso(since_us), to=last.isoformat(), reason=text)
        yield Reason(text, calls, href)


def _other_reasons(answers: Answers) -> int:
    if answers.reasons_since_us is not None:
        return 0
    return max(answers.by_model.total.unpriced_calls - sum(calls for _, calls in answers.reasons), 0)


def _progress(month: Period, today: date) -> str:
    if not month.start <= today < month.end:
        return "" if month.end <= today else "not begun yet"
    return f"{days_name(today.replace(day=1), today)}, so far"
