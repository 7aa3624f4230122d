"""Months as projections count them: all of one length, so that none is dearer for having a day more."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DAYS_PER_WEEK = 7
DAYS_PER_MONTH = 30.4375
"""365.25 days a year, by 12."""
HOURS_PER_MONTH = DAYS_PER_MONTH * 24
"""730.5"""


def days_in(months: float) -> float:
    """
    >>> days_in(12)
    365.25
    """
    return months * DAYS_PER_MONTH


def months_in(days: float) -> float:
    """
    >>> months_in(182.625)
    6.0
    """
    return days / DAYS_PER_MONTH


def whole_days_in(months: int) -> int:
    """The days that have to be known for *months* months: the last may be needed in part only.

    >>> whole_days_in(1)
    31
    """
    return -int(-months * DAYS_PER_MONTH // 1)


def by_month(daily: Floats, months: int) -> Floats:
    """Sums by month over the last axis, which are days. A day that a border cuts is shared by its parts.

    Raises ValueError where days are missing.

    >>> by_month(np.ones(61), 2).tolist()
    [30.4375, 30.4375]
    """
    days = daily.shape[-1]
    if months < 0 or days < whole_days_in(months):
        raise ValueError(f"{months} months need {whole_days_in(months)} days; there are {days}")
    until = np.zeros((*daily.shape[:-1], days + 1))
    np.cumsum(daily, axis=-1, out=until[..., 1:])
    borders = np.arange(months + 1) * DAYS_PER_MONTH
    whole = borders.astype(np.int64)
    rest = np.concatenate([daily, np.zeros((*daily.shape[:-1], 1))], axis=-1)[..., whole] * (borders - whole)
    sums: Floats = np.diff(until[..., whole] + rest, axis=-1)
    return np.asfortranarray(sums)
