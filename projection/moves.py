"""What every course is reckoned from: the workload as it is paid for today, and what of it moves."""

from dataclasses import dataclass

import numpy as np

from projection.draws import Draws
from projection.period import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Base:
    """The workload as it is."""

    usd_per_month: float
    """List cost of the measured month."""
    draws: Draws
    in_house: bool = False
    """Nothing may go to an API: what a machine cannot take waits, or is lost."""

    @property
    def months(self) -> int:
        return self.draws.months

    def api_usd(self, usd_per_month: float) -> Floats:
        """paths x months: what costs so much in the measured month, at each path's volume and price."""
        return usd_per_month * self.draws.volume * self.draws.api_price


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Move:
    """The calls that go to an open model."""

    model: str
    usd_per_month: float
    """What they cost today, in the measured month."""
    calls_share: float
    tokens_per_month: float
    tokens_by_hour: Floats
    """Share of the tokens, by hour of the week; together 1."""
    hosted_usd_per_month: float | None = None
    """What they would cost by somebody else's API of the open model; None: nobody is known to sell it."""


def stays_usd(base: Base, move: Move) -> Floats:
    """paths x months: the calls that do not move."""
    return base.api_usd(max(base.usd_per_month - move.usd_per_month, 0.0))


def fallback_usd(base: Base, move: Move, answered: Floats | float = 1.0) -> Floats:
    """paths x months: answers of the open model that were not good enough, asked for once more. *answered*:
    the share of the moved calls that it answers; what goes back to today's API is not asked twice."""
    if base.in_house:
        return np.zeros_like(base.draws.volume)
    return base.api_usd(move.usd_per_month) * base.draws.of("fallback_share")[:, None] * answered


def unserved_usd(base: Base, move: Move, share: Floats, *, elsewhere: bool = False) -> Floats:
    """paths x months: that share of the moved calls goes to the API after all: overflow, downtime.

    *elsewhere*: to the open model's, should there be one, and not back to where they came from."""
    if base.in_house:
        return np.zeros_like(base.draws.volume)
    if elsewhere and move.hosted_usd_per_month is not None:
        return move.hosted_usd_per_month * base.draws.volume * base.draws.hosted_price * share
    return base.api_usd(move.usd_per_month) * share
