"""What the running month comes to: the usual spend of each weekday, and a range from how far days were off.

A day that is still to come is expected to cost what its weekday usually does: the mean of that weekday's days
among the last HISTORY_DAYS that are over, in which the mean of all of them counts as one more. The range is
that of DRAWS made-up ends of the month, from runs of RUN_DAYS days' errors, drawn from the same days: a
moving block bootstrap (Kuensch 1989, https://doi.org/10.1214/aos/1176347265), in which the usual day is off
too, by the mean of as many such errors. It knows of no growth; the draws are the same at every reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import sqrt
from random import Random

from ledger.money import NOTHING, NanoUsd
from ledger.period import Period

HISTORY_DAYS = 28
LEAST_DAYS = 7
"""Fewer whole days say nothing of a week."""
WEEKDAYS_FROM_DAYS = 14
"""From here on each weekday was there twice; before, all days are alike."""
RUN_DAYS = 3
DRAWS = 500
INTERVAL_PERCENT = 80
WIDER = 1.25
"""Errors of days that a mean was made of are too small. With this, the range held what came in 75 to 84 of
100 made-up months, in 70 to 81 where half of a day's error was the next day's too."""
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Forecast:
    amount: NanoUsd
    low: NanoUsd
    """In one case of ten the month comes to less."""
    high: NanoUsd
    """In one case of ten to more."""
    days: int
    """That were looked at."""


def forecast_of(
    spent: Mapping[date, NanoUsd], first_call: date, so_far: NanoUsd, month: Period, now: datetime
) -> Forecast | None:
    """*spent* by day; a day that is not in it is one without spend. *first_call*: the ledger's first day, of
    which only a part was seen. None where too few days are over, or none of them cost anything."""
    today = now.date()
    days = [today - timedelta(days=n) for n in range(HISTORY_DAYS, 0, -1)]
    days = [day for day in days if day > first_call]
    amounts = [spent.get(day, NOTHING) for day in days]
    if len(days) < LEAST_DAYS or not any(amounts) or not month.start <= today < month.end:
        return None
    usual = _usual(days, amounts)
    errors = tuple(amount - usual[day.weekday()] for day, amount in zip(days, amounts, strict=True))
    left = _part_left(now)
    later = [day for day in month.days() if day > today]
    rest = left * usual[today.weekday()] + sum(usual[day.weekday()] for day in later)
    low, high = spread_of(errors, len(later) + 1)
    narrowed = sqrt((len(later) + left) / (len(later) + 1))
    return Forecast(
        _ending(so_far, rest),
        _ending(so_far, rest + low * narrowed),
        _ending(so_far, rest + high * narrowed),
        len(days),
    )


def _ending(so_far: NanoUsd, rest: float) -> NanoUsd:
    """What is spent stays spent."""
    return NanoUsd(so_far + max(round(rest), 0))


def _part_left(now: datetime) -> float:
    return 1 - (now.hour * 3600 + now.minute * 60 + now.second) / _SECONDS_A_DAY


def _usual(days: Sequence[date], amounts: Sequence[NanoUsd]) -> list[float]:
    """By weekday, Monday first."""
    mean = sum(amounts) / len(amounts)
    if len(days) < WEEKDAYS_FROM_DAYS:
        return [mean] * 7
    of_weekday: list[list[float]] = [[mean] for _ in range(7)]
    for day, amount in zip(days, amounts, strict=True):
        of_weekday[day.weekday()].append(amount)
    return [sum(found) / len(found) for found in of_weekday]


@lru_cache(maxsize=64)
def spread_of(errors: tuple[float, ...], days: int) -> tuple[float, float]:
    """By how much the sum of *days* days is off, at both ends of the interval. Some 5 ms; the days that are
    over change once a day, and so does the answer."""
    chance = Random(len(errors))  # noqa: S311  # nothing here is secret
    sums = _sums_before(errors)
    known = len(errors)
    found = sorted(
        _drawn(chance, sums, known, days) - days / known * _drawn(chance, sums, known, known)
        for _ in range(DRAWS)
    )
    outside = DRAWS * (100 - INTERVAL_PERCENT) // 200
    return WIDER * found[outside], WIDER * found[DRAWS - 1 - outside]


def _sums_before(errors: Sequence[float]) -> list[float]:
    """Of the errors before each place, in a circle gone round twice: then a run is one subtraction."""
    sums = [0.0]
    for error in (*errors, *errors):
        sums.append(sums[-1] + error)
    return sums


def _drawn(chance: Random, sums: Sequence[float], known: int, days: int) -> float:
    """The sum of *days* errors, drawn in runs."""
    total = 0.0
    for start in range(0, days, RUN_DAYS):
        place = int(chance.random() * known)
        total += sums[place + min(RUN_DAYS, days - start)] - sums[place]
    return total
