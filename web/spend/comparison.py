"""Against the month before: the same days while the month runs, and the whole of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.money import NOTHING, NanoUsd
from ledger.period import Period, month_of
from web.filters import tokens
from web.links import calls_link
from web.manner import days_name, month_name, number

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Part:
    words: str
    amount: NanoUsd
    href: str


@dataclass(frozen=True, slots=True)
class Comparison:
    now: Part
    before: Part
    change: str
    """Empty where there is nothing to compare with."""


def month_before(month: Period) -> Period | None:
    """None: there is no month before the first."""
    return month_of(month.start - timedelta(days=1)) if month.start > date(1970, 1, 1) else None


def comparisons_of(spent: Mapping[date, NanoUsd], month: Period, today: date) -> tuple[Comparison, ...]:
    """*spent* by day that had calls, of both months. The same days are those that are over: one that goes on
    is less than a day. None where the month before had no calls."""
    before = month_before(month)
    if before is None or today < month.start or not any(day in spent for day in before.days()):
        return ()
    whole = _compared(spent, month, before)
    if today >= month.end:
        return (whole,)
    over = min((today - month.start).days, len(before.days()))
    same = _compared(spent, _first_days(month, over), _first_days(before, over)) if over else None
    return (whole,) if same is None else (same, whole)


def change_of(before: NanoUsd, now: NanoUsd) -> str:
    """
    >>> change_of(NanoUsd(200), NanoUsd(250)), change_of(NanoUsd(200), NanoUsd(500))
    ('+25.0%', '+150.0%')
    >>> change_of(NanoUsd(10**6), NanoUsd(10**6 + 1)), change_of(NanoUsd(1), NanoUsd(30))
    ('+<0.1%', '30 times as much')
    >>> change_of(NanoUsd(7), NanoUsd(7)), change_of(NOTHING, NanoUsd(1))
    ('the same', '')
    """
    if before <= 0:
        return ""
    if now == before:
        return "the same"
    if now >= 10 * before:
        return f"{tokens(now // before)} times as much"
    percent = abs(now - before) * 100 / before
    return number(f"{'+' if now > before else _MINUS}{'<0.1' if percent < 0.05 else f'{percent:.1f}'}%")


def _compared(spent: Mapping[date, NanoUsd], now: Period, before: Period) -> Comparison:
    this, that = _part(spent, now), _part(spent, before)
    return Comparison(this, that, change_of(that.amount, this.amount))


def _part(spent: Mapping[date, NanoUsd], days: Period) -> Part:
    amount = sum((spent.get(day, NOTHING) for day in days.days()), NOTHING)
    return Part(days_in_words(days), NanoUsd(amount), calls_link(days))


def _first_days(month: Period, days: int) -> Period:
    return Period(month.start, month.start + timedelta(days=days))


def days_in_words(days: Period) -> str:
    """
    >>> days_in_words(Period(date(2026, 10, 1), date(2026, 10, 22)))
    '1 to 21 October 2026'
    """
    last = days.end - timedelta(days=1)
    if days == month_of(days.start):
        return month_name(days.start)
    return days_name(days.start, last)
