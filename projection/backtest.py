"""How often the truth lay within the interval that was named: forecasts of what is known by now.

An 80 % interval that covers 10 % of outcomes is a wrong answer with a ribbon. So the same question is put
to the forecast and to the usual short cut, and both covers are told, family by family: the mean over
families hides that steps are caught less often than steady weeks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from projection.families import FAMILIES, Family
from projection.forecast import LEAST_DAYS, MOST_WEEKS, PATHS, TooShort, forecast
from projection.period import DAYS_PER_WEEK, Floats

AHEAD_DAYS = 182
HISTORY_DAYS = (14, 28, 60)
INTERVAL = (0.1, 0.5, 0.9)
"""P10 and P90 are the borders of the 80 % interval; P50 is what the error is measured from."""
SERIES = 50
"""Of each family, for each length of history."""

Method = Callable[[Floats, int, np.random.Generator], Floats | None]
"""Totals of so many days after a history, one for each path; None where it is too short for the method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    cases: int
    cover: float
    """Share of the cases whose outcome lay within the interval, its borders included."""
    median_error: float
    """Of |P50 / outcome - 1|. Infinite where most outcomes are 0 and were not foreseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. *family* None: all of them together."""

    method: str
    history_days: int
    family: str | None
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFewDays:
    """No case: the history does not hold a past and its outcome."""

    days: int
    needed_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    low: float
    middle: float
    high: float
    outcome: float

    @property
    def covered(self) -> bool:
        return self.low <= self.outcome <= self.high

    @property
    def error(self) -> float:
        if self.outcome == 0:
            return 0.0 if self.middle == 0 else float("inf")
        return abs(self.middle / self.outcome - 1)


def forecast_totals(history: Floats, days: int, rng: np.random.Generator) -> Floats | None:
    found = forecast(history, days=days, rng=rng)
    return None if isinstance(found, TooShort) else found.daily.sum(axis=1)


def flat_totals(history: Floats, days: int, rng: np.random.Generator) -> Floats | None:
    """The short cut: the future is the weeks of the past, drawn again. No growth, no walk."""
    weeks = min(len(history) // DAYS_PER_WEEK, MOST_WEEKS)
    if weeks == 0:
        return None
    past = history[len(history) - weeks * DAYS_PER_WEEK :].reshape(weeks, DAYS_PER_WEEK)
    drawn = past[rng.integers(0, weeks, size=(PATHS, -(-days // DAYS_PER_WEEK)))]
    totals: Floats = drawn.reshape(PATHS, -1)[:, :days].sum(axis=1)
    return totals


METHODS: dict[str, Method] = {"forecast": forecast_totals, "flat, weeks drawn again": flat_totals}


def backtest_of(
    daily: Sequence[float] | Floats,
    *,
    rng: np.random.Generator,
    history_days: int = 60,
    ahead_days: int = AHEAD_DAYS,
    method: Method = forecast_totals,
) -> Score | TooFewDays:
    """*method* on a real history: each week, what it would have said of the days ahead, and what came.

    The cases overlap, so they are fewer than they look: two in sequence share most of their outcome.
    Raises ValueError for lengths below 1."""
    if history_days < 1 or ahead_days < 1:
        raise ValueError(f"a back-test needs days on both sides, not {history_days} and {ahead_days}")
    volumes = np.asarray(daily, dtype=np.float64)
    cases = []
    for now in range(history_days, len(volumes) - ahead_days + 1, DAYS_PER_WEEK):
        past, future = volumes[now - history_days : now], volumes[now : now + ahead_days]
        cases += _cases_of(method, past, future, rng)
    if not cases:
        return TooFewDays(days=len(volumes), needed_days=max(history_days, LEAST_DAYS) + ahead_days)
    return _score_of(cases)


def backtest_families(
    *, rng: np.random.Generator, series: int = SERIES, history_days: Sequence[int] = HISTORY_DAYS
) -> tuple[Row, ...]:
    """The table: each method at each length of history on each family, then on all of them.

    All methods see the same series. Raises ValueError for no series, and where no forecast is made."""
    if min(history_days, default=LEAST_DAYS) < LEAST_DAYS:
        raise ValueError(f"no forecast is made from {min(history_days)} days; the least is {LEAST_DAYS}")
    if series < 1:
        raise ValueError(f"a back-test needs at least 1 series of each family, not {series}")
    return tuple(row for days in history_days for row in _rows_at(days, series, rng))


def _rows_at(history_days: int, series: int, rng: np.random.Generator) -> Iterator[Row]:
    made = {name: _made(family, history_days, series, rng) for name, family in FAMILIES.items()}
    for method, totals in METHODS.items():
        cases = {
            name: [case for past, future in lives for case in _cases_of(totals, past, future, rng)]
            for name, lives in made.items()
        }
        together = [case for some in cases.values() for case in some]
        for family, some in [*cases.items(), (None, together)]:
            yield Row(method=method, history_days=history_days, family=family, score=_score_of(some))


def _made(
    family: Family, history_days: int, series: int, rng: np.random.Generator
) -> list[tuple[Floats, Floats]]:
    lives = [family(history_days + AHEAD_DAYS, rng) for _ in range(series)]
    return [(life[:history_days], life[history_days:]) for life in lives]


def _cases_of(method: Method, past: Floats, future: Floats, rng: np.random.Generator) -> list[_Case]:
    """One case, or none where the past is too short for *method*."""
    totals = method(past, len(future), rng)
    if totals is None:
        return []
    low, middle, high = (float(total) for total in np.quantile(totals, INTERVAL))
    return [_Case(low=low, middle=middle, high=high, outcome=float(future.sum()))]


def _score_of(cases: Sequence[_Case]) -> Score:
    covered = sum(case.covered for case in cases)
    error = float(np.median([case.error for case in cases]))
    return Score(cases=len(cases), cover=covered / len(cases), median_error=error)
