"""The slope through weekly totals that a few odd weeks cannot turn, and how far it can be trusted.

Theil (1950) and Sen (1968): the median of the slopes between any two points."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projection.period import Floats

Ints = npt.NDArray[np.int64]

DRAWS = 500
"""Bootstrap samples for one standard error."""
MOST_PRIOR_SDS = 2.0
"""A shrunk slope is no further from 0. What is, is a step and no growth: a week's pilot before the launch."""


@dataclass(frozen=True, slots=True)
class Slope:
    """*value* with its standard error, per unit of time. An error of infinity: nothing is known."""

    value: float
    error: float


NO_SLOPE = Slope(0.0, float("inf"))


def theil_sen(times: Floats, values: Floats) -> float:
    """Raises ValueError for fewer than two times that differ.

    >>> theil_sen(np.arange(5.0), np.array([0.0, 1.0, 2.0, 3.0, 90.0]))
    1.0
    """
    slopes = _slopes(times, values, np.arange(len(times))[None, :])
    if np.isnan(slopes[0]):
        raise ValueError("a slope needs two times that differ")
    return float(slopes[0])


def slope_of(times: Floats, values: Floats, walk_sd: float, rng: np.random.Generator) -> Slope:
    """The Theil-Sen slope; its error is a bootstrap's, and at least what a level that walks explains.

    *walk_sd* is the walk's step in one unit of time. Over a span T it alone gives a slope of walk_sd/sqrt(T):
    two weeks on a line have no bootstrap error, and are no proof of growth all the same."""
    span = float(np.ptp(times)) if len(times) else 0.0
    if span == 0.0:
        return NO_SLOPE
    drawn = rng.integers(0, len(times), size=(DRAWS, len(times)))
    slopes = _slopes(times, values, drawn)
    known = slopes[~np.isnan(slopes)]
    spread = float(known.std()) if len(known) else 0.0
    return Slope(theil_sen(times, values), float(np.hypot(spread, walk_sd / np.sqrt(span))))


def shrunk(slope: Slope, prior_sd: float) -> Slope:
    """What *slope* and a prior around 0 say together: a mean that weighs each by its certainty, bounded."""
    if np.isinf(slope.error):
        return Slope(0.0, prior_sd)
    trust = prior_sd**2 / (prior_sd**2 + slope.error**2)
    most = MOST_PRIOR_SDS * prior_sd
    return Slope(min(max(trust * slope.value, -most), most), prior_sd * float(np.sqrt(1.0 - trust)))


def _slopes(times: Floats, values: Floats, drawn: Ints) -> Floats:
    """One slope for each row of *drawn*, positions of points; NaN where a row has but one time."""
    first, second = np.triu_indices(drawn.shape[1], k=1)
    run = times[:, None] - times[None, :]
    rise = values[:, None] - values[None, :]
    between = np.divide(rise, run, out=np.full(run.shape, np.nan), where=run != 0)
    pairs = np.sort(between[drawn[:, first], drawn[:, second]], axis=1)
    return _medians_of_known(pairs)


def _medians_of_known(rows: Floats) -> Floats:
    """Medians of sorted *rows*, whose NaNs sort to the end."""
    known = np.count_nonzero(~np.isnan(rows), axis=1)
    padded = np.concatenate([rows, np.full((len(rows), 1), np.nan)], axis=1)
    none = np.where(known == 0, rows.shape[1], -1)
    low = np.where(known == 0, none, (known - 1) // 2)[:, None]
    high = np.where(known == 0, none, known // 2)[:, None]
    middles: Floats = (np.take_along_axis(padded, low, axis=1) + np.take_along_axis(padded, high, axis=1))[
        :, 0
    ] / 2
    return middles
