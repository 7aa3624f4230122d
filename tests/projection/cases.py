"""A workload of $1,000 a month and a fleet with round numbers, so that money can be added up by hand."""

from dataclasses import dataclass, replace

import numpy as np

from projection.assumptions import DEFAULTS, Assumptions
from projection.draws import drawn
from projection.fleet import Fleet
from projection.moves import Base, Move
from projection.period import HOURS_PER_MONTH, Floats
from projection.plan import ApiPrices
from projection.rig import Rig
from projection.work import Machine
from tests.projection.rigs import LLAMA_8B, RTX_4090
from tests.projection.rigs import rig as rig_of

MONTHS = 12
WEEK_HOURS = 168


def certain(**values: float) -> Assumptions:
    """All at their value, on every path: none of labour, fallback, downtime and spares unless it is said."""
    free = dict.fromkeys(
        ("setup_h", "switch_h", "ops_h_per_month", "fallback_share", "downtime_share", "spares_share"), 0.0
    )
    drifts = dict.fromkeys(("hardware_drift_per_year", "rent_drift_per_year"), 0.0)
    told = free | drifts | values
    fixed = (replace(each, low=each.value, high=each.value, is_drawn=False) for each in DEFAULTS)
    assumptions = Assumptions({each.name: each for each in fixed})
    for name, value in told.items():
        assumptions = assumptions.with_value(name, value)
    return assumptions


def base(
    usd_per_month: float = 1000.0,
    *,
    volume: float | Floats = 1.0,
    months: int = MONTHS,
    in_house: bool = False,
    **values: float,
) -> Base:
    """*volume*: one number, or one for each month."""
    paths = np.broadcast_to(np.asarray(volume, dtype=float), (100, months)).copy()
    draws = drawn(certain(**values), paths, ApiPrices.FLAT, seed=1)
    return Base(usd_per_month=usd_per_month, draws=draws, in_house=in_house)


def move(usd_per_month: float = 1000.0, tokens_per_month: float = 100e6) -> Move:
    return Move(
        model=LLAMA_8B.name,
        usd_per_month=usd_per_month,
        calls_share=1.0,
        tokens_per_month=tokens_per_month,
        tokens_by_hour=np.full(WEEK_HOURS, 1 / WEEK_HOURS),
    )


@dataclass(frozen=True)
class Straight:
    """Copies that are busy for *busy_h* each month at the measured volume, and full at *full_factor*."""

    busy_h: float = 100.0
    full_factor: float = 2.0

    def overflow_share(self, factor: Floats) -> Floats:
        return np.maximum(0.0, 1 - self.full_factor / np.maximum(factor, 1e-9))

    def busy_h_per_month(self, factor: Floats) -> Floats:
        return self.busy_h * np.minimum(factor, self.full_factor)


def fleet(copies: int = 1, *, rig: Rig | None = None, curve: Straight | None = None) -> Fleet:
    return Fleet(
        rig=rig or rig_of(RTX_4090, LLAMA_8B),
        copies=copies,
        share_within=0.999,
        bears_factor=2.0,
        full_tokens_per_s=1000.0 * copies,
        observed_tokens_per_s=100e6 / (HOURS_PER_MONTH * 3600),
        load_by_hour=np.full(WEEK_HOURS, 0.1),
        nearly_full_share=0.0,
        longest_queue=0,
        overflow_share=0.0,
        curve=curve or Straight(),
    )


def machine(copies: int = 1, *, unit_usd: float | None = 2000.0, grows: bool = True) -> Machine:
    """No speed is drawn; a host costs nothing unless it is said."""
    return Machine(
        fleet=fleet(copies), unit_usd=unit_usd, host_usd=0.0, rent_usd_per_h=0.5, log_sd=0.0, grows=grows
    )
