"""What the paths draw: each assumption from its range, prices and volumes month by month.

Every input has a stream of random numbers of its own, so that fixing one leaves the others as they were: two
answers then differ by that input alone."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from projection.assumptions import Assumption, Assumptions
from projection.period import Floats
from projection.plan import ApiPrices

JUMPS_PER_YEAR = 0.5
JUMP_MEDIAN, JUMP_P10, JUMP_P90 = 1.11, 0.51, 2.32
"""A model's price over what it was before a change: the dated changes in genai-prices."""
_P90_SDS = 1.2816
JUMP_LOG_SD = float(np.log(JUMP_P90 / JUMP_P10)) / (2 * _P90_SDS)
SWITCHING_PER_YEAR = (-0.90, -0.35, 0.0)
"""Least, likeliest, most: list prices of successive models."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """One set of paths. Months along the second axis, where there is one."""

    assumptions: Assumptions
    seed: int
    volume: Floats
    """paths x months: of the measured month; volume_factor is in it."""
    api_price: Floats
    """paths x months: of today's price; api_price_factor is in it."""
    hosted_price: Floats
    """The same of open models by API."""
    _drawn: dict[str, Floats] = field(default_factory=dict)

    @property
    def paths(self) -> int:
        return int(self.volume.shape[0])

    @property
    def months(self) -> int:
        return int(self.volume.shape[1])

    def of(self, name: str) -> Floats:
        """One value for each path; the same however often it is asked for."""
        if name not in self._drawn:
            self._drawn[name] = _triangle(self.assumptions[name], self.paths, self.seed)
        return self._drawn[name]

    def drift(self, name: str, since_years: float = 0.0) -> Floats:
        """paths x months: what a yearly rate has made of 1 by the middle of each month, *since_years* before
        the first."""
        return _drifted(self.of(name), self.months) * self.drifted(name, since_years)[:, None]

    def drifted(self, name: str, years: float) -> Floats:
        """The same for each path, after so many years."""
        found: Floats = np.maximum(1 + self.of(name), 0.0) ** years
        return found

    def speed(self, log_sd: float) -> Floats:
        """True over computed speed, for each path; its median is the assumed factor."""
        drawn = _stream(self.seed, "speed").standard_normal(self.paths)
        speed: Floats = self.of("speed_factor") * np.exp(log_sd * drawn)
        return speed


def drawn(
    assumptions: Assumptions, volume: Floats, api_prices: ApiPrices, seed: int, paths: int | None = None
) -> Draws:
    """*volume*: paths x months, of the measured month. *paths*: the first so many only."""
    volume = volume if paths is None else volume[:paths]
    today = assumptions.value_of("api_price_factor")
    return Draws(
        assumptions=assumptions,
        seed=seed,
        volume=volume * assumptions.value_of("volume_factor"),
        api_price=_price_path(volume.shape, api_prices, seed, "api") * today,
        hosted_price=_price_path(volume.shape, api_prices, seed, "hosted"),
    )


def _triangle(assumption: Assumption, paths: int, seed: int) -> Floats:
    """By the inverse of its distribution, so that a moved border moves each path a little."""
    low, mode, high = assumption.low, assumption.value, assumption.high
    if not assumption.is_drawn or low == high:
        return np.full(paths, assumption.value)
    uniform = _uniform(seed, assumption.name, paths)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - uniform) * (high - low) * (high - mode))
    return np.where(uniform < turn, rising, falling)


@lru_cache(maxsize=256)
def _uniform(seed: int, name: str, paths: int) -> Floats:
    """Kept, because sensitivity asks for the same numbers some hundred times."""
    drawn = _stream(seed, name).random(paths)
    drawn.setflags(write=False)
    return drawn


@lru_cache(maxsize=16)
def _price_path(shape: tuple[int, ...], api_prices: ApiPrices, seed: int, whose: str) -> Floats:
    """Kept for the same reason."""
    path = _drawn_price_path(shape, api_prices, seed, whose)
    path.setflags(write=False)
    return path


def _drawn_price_path(shape: tuple[int, ...], api_prices: ApiPrices, seed: int, whose: str) -> Floats:
    paths, months = shape
    if api_prices is ApiPrices.FLAT:
        return np.ones((paths, months), order="F")
    when, how_far = _stream(seed, f"{whose} price changes"), _stream(seed, f"{whose} price ratios")
    if api_prices is ApiPrices.SWITCH:
        least, likeliest, most = SWITCHING_PER_YEAR
        return _drifted(when.triangular(least, likeliest, most, paths), months)
    jumps = when.random((paths, months)) < JUMPS_PER_YEAR / 12
    logs = np.log(JUMP_MEDIAN) + JUMP_LOG_SD * how_far.standard_normal((paths, months))
    path: Floats = np.exp(np.cumsum(np.where(jumps, logs, 0.0), axis=1))
    return np.asfortranarray(path)


def _drifted(per_year: Floats, months: int) -> Floats:
    """A loss of all in a year is a loss of all at once."""
    middles = (np.arange(months) + 0.5) / 12
    drifted: Floats = (np.maximum(1 + per_year, 0.0)[None, :] ** middles[:, None]).T
    return drifted


def _stream(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, *name.encode()])
