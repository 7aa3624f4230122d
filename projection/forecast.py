"""What a short history says of the months to come: many paths of daily volume, none of them the truth.

Weekly totals; the Theil-Sen slope of their logarithms, as far as a bootstrap trusts it and shrunk towards
no growth; growth that fades; a level that wanders by the month; whole weeks, drawn again, for shape.
A path can be far off, and exponentials of a Student t have no mean: read quantiles, never an average."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from projection.period import DAYS_PER_MONTH, DAYS_PER_WEEK, Floats, by_month, whole_days_in
from projection.trend import Slope, shrunk, slope_of

LEAST_DAYS = 14
"""Two weeks: with fewer, no two weeks can be compared, and no month is named."""
PATHS = 2000
MOST_WEEKS = 26
"""Older weeks say little of today's trend; and pairs of weeks grow with the square."""
TODAY_WEEKS = 4
"""Today's volume is the mean of so many weeks at most: whole ones, as a Sunday is no Monday."""
GROWTH_SD_PER_MONTH = 0.08
"""Of the prior around no growth, in logarithms. Chosen by back-test, as are the next two."""
GROWTH_HALF_LIFE_DAYS = 90.0
WALK_SD_PER_MONTH = 0.16
WALK_FREEDOM = 4
"""Degrees of freedom of Student's t: what steps there are is seldom small and sometimes large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooShort:
    """No path: the history is too short to say more than what today's volume would be if it stayed."""

    days: int
    """Days since the first that had any volume, that one included; 0 where none had."""
    today_per_day: float

    @property
    def today_per_month(self) -> float:
        return self.today_per_day * DAYS_PER_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Paths of daily volume from the day after the history, in the unit of the history."""

    days: int
    """Days of history it rests on, as in TooShort."""
    today_per_day: float
    growth_per_month: float
    """The middle of what growth may be today: 0.05 is 5 % a month. It fades by half in 90 days."""
    daily: Floats
    """paths x days"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A forecast by month, which takes a thirtieth of the room."""

    days: int
    today_per_day: float
    growth_per_month: float
    """As in Forecast."""
    monthly: Floats
    """paths x months"""

    @property
    def today_per_month(self) -> float:
        return self.today_per_day * DAYS_PER_MONTH


def forecast(
    daily: Sequence[float] | Floats, *, days: int, rng: np.random.Generator, paths: int = PATHS
) -> Forecast | TooShort:
    """*paths* paths of the *days* days after *daily*, volumes of whole days without a gap between them.

    History begins with the first day that has any volume. Days without any, later on, count as they are.
    Raises ValueError for volumes that are not finite or below 0, and for nothing to draw."""
    history = _history_of(daily)
    if days < 1 or paths < 1:
        raise ValueError(f"a forecast needs at least 1 day and 1 path, not {days} and {paths}")
    today = today_per_day(history)
    if len(history) < LEAST_DAYS:
        return TooShort(days=len(history), today_per_day=today)
    weeks = _weeks_of(history, MOST_WEEKS)
    growth = _growth_of(weeks, rng)
    drawn = _drawn_paths(weeks, growth, days, paths, rng) if weeks.any() else np.zeros((paths, days))
    return Forecast(days=len(history), today_per_day=today, growth_per_month=growth.value, daily=drawn)


def forecast_months(
    daily: Sequence[float] | Floats, *, months: int, rng: np.random.Generator, paths: int = PATHS
) -> Outlook | TooShort:
    """As forecast, for *months* whole months."""
    found = forecast(daily, days=whole_days_in(months), rng=rng, paths=paths)
    if isinstance(found, TooShort):
        return found
    return Outlook(
        days=found.days,
        today_per_day=found.today_per_day,
        growth_per_month=found.growth_per_month,
        monthly=by_month(found.daily, months),
    )


def today_per_day(daily: Sequence[float] | Floats) -> float:
    """The mean of the last whole weeks, at most four; of all days where there is no whole week; 0 of none."""
    history = _history_of(daily)
    if len(history) == 0:
        return 0.0
    if len(history) < DAYS_PER_WEEK:
        return float(history.mean())
    return float(_weeks_of(history, TODAY_WEEKS).mean())


def _history_of(daily: Sequence[float] | Floats) -> Floats:
    volumes = np.asarray(daily, dtype=np.float64)
    if volumes.ndim != 1 or not np.all(np.isfinite(volumes)) or np.any(volumes < 0):
        raise ValueError("a history is one row of daily volumes, each of them finite and 0 or more")
    begun = np.flatnonzero(volumes)
    return volumes[begun[0] :] if len(begun) else volumes[:0]


def _weeks_of(history: Floats, most: int) -> Floats:
    """weeks x 7 days; the last week ends with the history, and what is over at the start is left out."""
    weeks = min(len(history) // DAYS_PER_WEEK, most)
    return history[len(history) - weeks * DAYS_PER_WEEK :].reshape(weeks, DAYS_PER_WEEK)


def _growth_of(weeks: Floats, rng: np.random.Generator) -> Slope:
    """Per month. A week without any volume has no logarithm; it is no trend, and comes back as a shape."""
    times, logs = _points_of(weeks)
    return shrunk(slope_of(times, logs, WALK_SD_PER_MONTH, rng), GROWTH_SD_PER_MONTH)


def _points_of(weeks: Floats) -> tuple[Floats, Floats]:
    """When weeks were that had volume, and the logs of their totals."""
    totals = weeks.sum(axis=1)
    return _middles_of(weeks)[totals > 0], np.log(totals[totals > 0])


def _middles_of(weeks: Floats) -> Floats:
    """In months, 0 being the end of the history: all are below."""
    days = -DAYS_PER_WEEK * (np.arange(len(weeks), 0, -1, dtype=np.float64) - 0.5)
    return days / DAYS_PER_MONTH


def _drawn_paths(weeks: Floats, growth: Slope, days: int, paths: int, rng: np.random.Generator) -> Floats:
    ahead = -(-days // DAYS_PER_WEEK)
    middles = DAYS_PER_WEEK * (np.arange(ahead, dtype=np.float64) + 0.5)
    rates = growth.value + growth.error * rng.standard_normal(paths)
    logs = rates[:, None] * _faded_months(middles)[None, :] + _walk(middles / DAYS_PER_MONTH, paths, rng)
    levels = _levels_of(weeks, rates, rng)[:, None] * np.exp(logs)
    shapes = _shapes_of(weeks, growth.value)
    drawn = shapes[rng.integers(0, len(shapes), size=(paths, ahead))]
    drawn *= levels[:, :, None]
    return drawn.reshape(paths, ahead * DAYS_PER_WEEK)[:, :days]


def _levels_of(weeks: Floats, rates: Floats, rng: np.random.Generator) -> Floats:
    """A week's volume at the end of the history, one for each rate: the mean of its weeks, drawn again.

    A bootstrap of n weeks sees (n-1)/n of their variance: of two weeks half, so it is spread by that."""
    count = len(weeks)
    drawn = rng.integers(0, count, size=(len(rates), count))
    totals, middles = weeks.sum(axis=1), _middles_of(weeks)
    levels = (totals[drawn] * np.exp(-rates[:, None] * middles[drawn])).mean(axis=1)
    centre = (totals * np.exp(-rates.mean() * middles)).mean()
    spread: Floats = centre * (levels / centre) ** np.sqrt(count / (count - 1))
    return spread


def _shapes_of(weeks: Floats, growth_per_month: float) -> Floats:
    """Days as parts of the mean week, its growth taken out: how the days lie, and how weeks vary."""
    carried = weeks * np.exp(-growth_per_month * _middles_of(weeks))[:, None]
    shapes: Floats = carried / carried.sum(axis=1).mean()
    return shapes


def _faded_months(days: Floats) -> Floats:
    """How many months' growth there is after *days*: growth falls by half in each half-life.

    The integral of 2^(-t/H) is H/ln 2 * (1 - 2^(-t/H)); in the end 4.27 months."""
    half_life = GROWTH_HALF_LIFE_DAYS / DAYS_PER_MONTH
    faded: Floats = half_life / np.log(2) * (1.0 - 2.0 ** (-days / GROWTH_HALF_LIFE_DAYS))
    return faded


def _walk(months: Floats, paths: int, rng: np.random.Generator) -> Floats:
    """Where the log level has walked to at each of *months*; between two steps it is on its way."""
    steps = int(np.ceil(months[-1])) + 1
    scale = WALK_SD_PER_MONTH / np.sqrt(WALK_FREEDOM / (WALK_FREEDOM - 2))
    walked = np.zeros((paths, steps + 1))
    np.cumsum(rng.standard_t(WALK_FREEDOM, size=(paths, steps)) * scale, axis=1, out=walked[:, 1:])
    before = months.astype(np.int64)
    part = months - before
    levels: Floats = walked[:, before] * (1 - part) + walked[:, before + 1] * part
    return levels
