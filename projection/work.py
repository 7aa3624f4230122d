"""A fleet with its prices, and what it does on each path, in each month."""

from dataclasses import dataclass

import numpy as np

from projection.fleet import Fleet
from projection.moves import Base
from projection.period import Floats
from projection.specs import Substitute


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Machine:
    """A fleet with its prices. One unit's; None: it cannot be had that way."""

    fleet: Fleet
    unit_usd: float | None
    host_usd: float | None
    """Of the whole fleet; None: as projection.hosts says."""
    rent_usd_per_h: float | None
    log_sd: float
    """Of true over computed speed."""
    grows: bool = True
    most_copies: int = 64
    unit_read_years: float = 0.0
    """How old the price is: it has drifted since as it goes on to. What is stated is of today."""
    rent_read_years: float = 0.0
    substitute: Substitute | None = None

    @property
    def units(self) -> int:
        return self.fleet.units

    def name(self, verb: str, purpose: str = "") -> str:
        """As in: rent 2 x RTX 4090 for 65 h a week (Llama 3.1 8B fp8, vLLM)."""
        rig = self.fleet.rig
        serving = f"{rig.model.name} {rig.quantisation.name}, {rig.engine.name}"
        return f"{verb} {self.units} x {rig.hardware.name}{purpose} ({serving})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """What the machines do on each path, in each month."""

    copies: Floats
    overflow_share: Floats
    load: Floats
    """As a factor of the measured volume: what the copies that were sized for it would have to do, did each
    do as much as each of these does."""


def work_of(base: Base, machine: Machine, *, kept: bool) -> Work:
    """*kept*: a copy that was added once stays."""
    fleet = machine.fleet
    factor = base.draws.volume / base.draws.speed(machine.log_sd)[:, None]
    copies = np.full_like(factor, fleet.copies)
    if machine.grows:
        wanted = np.ceil(fleet.copies * factor / fleet.bears_factor - 1e-9)
        copies = np.clip(wanted, fleet.copies if kept else 1, max(machine.most_copies, fleet.copies))
        copies = np.maximum.accumulate(copies, axis=1) if kept else copies
    load = factor * (fleet.copies / copies)
    return Work(copies=copies, overflow_share=fleet.curve.overflow_share(load), load=load)


def busy_h_of(machine: Machine, work: Work) -> Floats:
    """paths x months: of all copies together. What is rented by the hour does not ask."""
    fleet = machine.fleet
    return fleet.curve.busy_h_per_month(work.load) / (fleet.copies / work.copies)
