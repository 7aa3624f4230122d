"""The internal rate of return: the rate at which a path's flows are worth nothing today.

Flows whose sign changes more than once may have several such rates, or none. Of several, the smallest that
is not negative is taken, and the one nearest to 0 where all are negative."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from projection.period import Floats

SEARCHED_LOG = 25.0
"""ln(1 + rate) from -25 to 25: from a loss of nearly all to 72,000,000,000-fold, in one month."""
LARGEST_EXPONENT = 600.0
"""exp() of more, times flows, leaves the floats."""
GRID_POINTS = 2001
NEAR_LOG = 0.01
"""So near to a rate, Newton's steps find it."""
HALVINGS = 60
NEWTON_STEPS = 8
CLOSE_LOG = 1e-13
"""A step no longer than this has found its rate."""


def rate_of_return(flows: ArrayLike) -> float | None:
    """Of one path, per month, 0.01 is 1 %; None where there is none."""
    rate = float(rates_of_return(np.atleast_2d(np.asarray(flows, dtype=float)))[0])
    return None if math.isnan(rate) else rate


def per_year(rate_per_month: ArrayLike) -> Floats:
    """With interest on interest."""
    yearly: Floats = (1 + np.asarray(rate_per_month, dtype=float)) ** 12 - 1
    return yearly


def rates_of_return(flows: ArrayLike) -> Floats:
    """Of each row of *flows*, per month; NaN where there is none.

    Flows that change sign once have one rate, below 0 or above it. Of others, signs are looked at on a
    grid; two rates in one cell of it are overlooked. The interval between two signs is then halved."""
    usd = np.asarray(flows, dtype=float)
    if usd.ndim != 2 or usd.shape[1] == 0 or not np.isfinite(usd).all():
        raise ValueError("flows have to be rows of finite numbers, one month at least")
    scale = np.abs(usd).max(axis=1, keepdims=True)
    usd = np.divide(usd, scale, out=np.zeros_like(usd), where=scale > 0)
    found = (usd > 0).any(axis=1) & (usd < 0).any(axis=1)
    rates = np.full(len(usd), np.nan)
    if found.any():
        rates[found] = _roots(usd[found])
    return rates


def _roots(usd: Floats) -> Floats:
    rates, once = np.full(len(usd), np.nan), _changes_once(usd)
    fine = _grid(usd.shape[1])
    coarse = fine[[0, len(fine) // 2, -1]]
    for rows, grid in ((once, coarse), (~once, fine)):
        if rows.any():
            rates[rows] = _roots_on(grid, usd[rows])
    return rates


def _changes_once(usd: Floats) -> NDArray[np.bool_]:
    """All that comes in is before all that is paid, or after it."""
    positive, negative = usd > 0, usd < 0
    last = usd.shape[1] - 1
    begins, ends = np.argmax(positive, axis=1), last - np.argmax(positive[:, ::-1], axis=1)
    begun, ended = np.argmax(negative, axis=1), last - np.argmax(negative[:, ::-1], axis=1)
    once: NDArray[np.bool_] = (ends < begun) | (ended < begins)
    return once


def _roots_on(grid: Floats, usd: Floats) -> Floats:
    values = usd @ _discounts(usd.shape[1], len(grid))
    above, below = values > 0, values < 0
    crosses = ~(above[:, :-1] & above[:, 1:] | below[:, :-1] & below[:, 1:])
    # A flow of 0 that both ends share is one root, not two; which interval it is taken from does not matter.
    at = _preferred(crosses, grid)
    low, high = grid[np.maximum(at, 0)], grid[np.maximum(at, 0) + 1]
    falls = np.sign(np.take_along_axis(values, np.maximum(at, 0)[:, None], 1)[:, 0])
    times = math.ceil(math.log2(max(1.0, float((high - low).max()) / NEAR_LOG)))
    low, high = _halved(usd, falls, low, high, times)
    rates, found = _newton(usd, low, high)
    slow = ~found & (at >= 0)
    if slow.any():
        low, high = _halved(usd[slow], falls[slow], low[slow], high[slow], HALVINGS)
        rates[slow] = (low + high) / 2
    return np.where(at >= 0, np.expm1(rates), np.nan)


def _halved(usd: Floats, falls: Floats, low: Floats, high: Floats, times: int) -> tuple[Floats, Floats]:
    """*falls*: the sign of the value at *low*."""
    for _ in range(times):
        middle = (low + high) / 2
        left = np.sign(_value(usd, middle)) == falls
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return low, high


def _newton(usd: Floats, low: Floats, high: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Rates, and whether each was found: four times as fast as halving, where it stays between the two."""
    rates, step, months = (low + high) / 2, high - low, np.arange(usd.shape[1])
    for _ in range(NEWTON_STEPS):
        parts = usd * np.exp(-np.outer(rates, months))
        value, slope = parts.sum(axis=1), -(parts @ months)
        step = np.divide(value, slope, out=np.full_like(value, np.inf), where=slope != 0)
        rates = np.clip(rates - step, low, high)
        if np.all(np.abs(step) <= CLOSE_LOG):
            break
    found: NDArray[np.bool_] = np.abs(step) <= CLOSE_LOG
    return rates, found


@lru_cache(maxsize=8)
def _discounts(months: int, points: int) -> Floats:
    """months x points of the grid, or of its ends and middle. Kept: every comparison asks for them."""
    grid = _grid(months)
    chosen = grid if points == len(grid) else grid[[0, len(grid) // 2, -1]]
    discounts: Floats = np.exp(-np.outer(np.arange(months), chosen))
    discounts.setflags(write=False)
    return discounts


def _grid(months: int) -> Floats:
    """Symmetric about 0, which is a point of it."""
    widest = min(SEARCHED_LOG, LARGEST_EXPONENT / max(1, months - 1))
    half = np.linspace(0, widest, GRID_POINTS // 2 + 1)
    return np.concatenate([-half[:0:-1], half])


def _preferred(crosses: NDArray[np.bool_], grid: Floats) -> NDArray[np.intp]:
    """The interval of the wanted root in each row; -1 where no interval has one."""
    zero = len(grid) // 2
    above, below = crosses[:, zero:], crosses[:, :zero]
    first_above = zero + np.argmax(above, axis=1)
    last_below = zero - 1 - np.argmax(below[:, ::-1], axis=1)
    chosen = np.where(above.any(axis=1), first_above, np.where(below.any(axis=1), last_below, -1))
    return chosen.astype(np.intp)


def _value(usd: Floats, log_rate: Floats) -> Floats:
    value: Floats = (usd * np.exp(-np.outer(log_rate, np.arange(usd.shape[1])))).sum(axis=1)
    return value
