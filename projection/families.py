"""Six made-up kinds of traffic to try a forecast on. Nothing here is measured.

Each draws its own numbers within the ranges that its docstring gives, so that no two series are alike, and
each wanders: traffic that keeps one level for ever is seen nowhere, and would flatter every method."""

from collections.abc import Callable

import numpy as np

from projection.period import DAYS_PER_MONTH, DAYS_PER_WEEK, Floats

Family = Callable[[int, np.random.Generator], Floats]
"""Daily volumes of so many days."""

_LEVEL = 1e6
_DAYS_PER_YEAR = 12 * DAYS_PER_MONTH


def steady(days: int, rng: np.random.Generator) -> Floats:
    """Weekends at 30-90 % of a working day, days that vary by 20 %, a level that wanders by 10 % a month."""
    return _wandering(days, 0.10, (0.3, 0.9), rng)


def growing(days: int, rng: np.random.Generator) -> Floats:
    """As steady, and 2-10 % more each month, without an end."""
    return steady(days, rng) * np.exp(rng.uniform(0.02, 0.10) * _months(days))


def declining(days: int, rng: np.random.Generator) -> Floats:
    """As growing, downwards."""
    return steady(days, rng) * np.exp(-rng.uniform(0.02, 0.10) * _months(days))


def seasonal(days: int, rng: np.random.Generator) -> Floats:
    """Weekends at 2-20 % of a working day, a year that swings by 10-40 %, a level that wanders by 15 %."""
    year = np.sin(2 * np.pi * (np.arange(days) / _DAYS_PER_YEAR + rng.uniform()))
    return _wandering(days, 0.15, (0.02, 0.2), rng) * (1 + rng.uniform(0.1, 0.4) * year)


def stepping(days: int, rng: np.random.Generator) -> Floats:
    """As steady, and on one day, any day, 1.25 to 2.5 times as much, or as little, from then on."""
    factor = np.exp(rng.choice([-1, 1]) * rng.uniform(np.log(1.25), np.log(2.5)))
    return steady(days, rng) * np.where(np.arange(days) < rng.integers(days), 1.0, factor)


def bursty(days: int, rng: np.random.Generator) -> Floats:
    """As steady, with days that vary by 60 %, and one in twenty at 3 to 15 times its volume."""
    bursts = np.where(rng.random(days) < 0.05, rng.uniform(3, 15, days), 1.0)
    return steady(days, rng) * bursts * _noise(days, 0.6, rng)


FAMILIES: dict[str, Family] = {
    "steady": steady,
    "growing": growing,
    "declining": declining,
    "weekly-seasonal": seasonal,
    "step change": stepping,
    "bursty": bursty,
}


def _wandering(
    days: int, sd_per_month: float, weekends: tuple[float, float], rng: np.random.Generator
) -> Floats:
    weekday = (np.arange(days) + rng.integers(DAYS_PER_WEEK)) % DAYS_PER_WEEK
    week = np.where(weekday < 5, 1.0, rng.uniform(*weekends))
    walk = np.cumsum(rng.normal(0.0, sd_per_month / np.sqrt(DAYS_PER_MONTH), days))
    return _LEVEL * week * _noise(days, 0.2, rng) * np.exp(walk)


def _noise(days: int, sd: float, rng: np.random.Generator) -> Floats:
    """Factors whose mean is 1."""
    return np.exp(rng.normal(-sd * sd / 2, sd, days))


def _months(days: int) -> Floats:
    return np.arange(days) / DAYS_PER_MONTH
