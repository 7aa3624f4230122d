"""The questions that the overview asks of the ledger. They block."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.asking import Series
from ledger.ids import us_of_call_id
from ledger.period import Period
from ledger.rollup import Dimension, Rollup
from ledger.store import GroupBy, Reader, Report
from web.spend.breakdowns import TOPICS, Topic
from web.spend.comparison import month_before
from web.spend.days import MOST_MODELS
from web.spend.forecast import HISTORY_DAYS
from web.spend.remembered import Remembered

MOST_READ = 20_000
"""Reasons are read from the calls themselves: of so many in some 3 ms. Of more unpriced calls, about so
many are looked at, the latest."""
EVER = Period(date(1970, 1, 1), date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the ledger says of one month."""

    month: Period
    by_model: Series
    """By day."""
    by_day: Report
    """Of the month, and of days before it: what it is compared with, and what its forecast is made from."""
    breakdowns: tuple[tuple[Topic, Report], ...]
    reasons: Sequence[tuple[str, int]]
    """Why calls are unpriced, with how many each."""
    reasons_since_us: int | None
    """The reasons are those of calls that began then or later; None: of all."""
    first_us: int | None
    """Start of the ledger's first call."""
    last_us: int | None


def ask(reader: Reader, month: Period, today: date, remembered: Remembered) -> Answers:
    first_and_last = reader.first_and_last(EVER)
    by_model = reader.series(month, Dimension.MODEL, most=MOST_MODELS)
    asked = TOPICS if by_model.total.calls else ()
    reasons, since_us = _reasons(reader, month, by_model.total)
    by_day = reader.report(_earlier(month, today), GroupBy.DAY)
    over = _over(by_day, month, today)
    return Answers(
        month=month,
        by_model=by_model,
        by_day=by_day,
        breakdowns=tuple((topic, remembered.report(reader, month, topic.by, today, over)) for topic in asked),
        reasons=reasons,
        reasons_since_us=since_us,
        first_us=None if first_and_last is None else us_of_call_id(first_and_last[0]),
        last_us=None if first_and_last is None else us_of_call_id(first_and_last[1]),
    )


def _earlier(month: Period, today: date) -> Period:
    before = month_before(month) or month
    history = today - timedelta(days=HISTORY_DAYS)
    return Period(min(before.start, max(history, date(1970, 1, 1))), month.end)


def _over(by_day: Report, month: Period, today: date) -> Rollup:
    """The sums of the month's days before *today*."""
    first, turn = month.start.isoformat(), min(today, month.end).isoformat()
    return sum((group.sums for group in by_day.groups if first <= (group.value or "") < turn), Rollup())


def _reasons(reader: Reader, month: Period, total: Rollup) -> tuple[Sequence[tuple[str, int]], int | None]:
    if not total.unpriced_calls:
        return (), None
    if total.unpriced_calls <= MOST_READ:
        return reader.unpriced_reasons(month), None
    since_us = reader.unpriced_since(month, MOST_READ)
    return reader.unpriced_reasons(month, since_us), since_us
