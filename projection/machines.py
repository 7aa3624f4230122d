"""Courses that run a machine: rented, rented in busy hours only, bought, or bought for the base load.

A fleet is sized for the measured traffic. As a path's traffic grows, or its machines turn out slower, copies
of the model are added: a rented one for as long as it is needed, a bought one for good. What is planned as it
stands gets none, and what it cannot take goes to the API."""

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from projection.buying import bought_first, bought_later, energy_usd, labour_of
from projection.courses import medians, nothing_to_sell, switch_usd
from projection.fleet import Curve
from projection.hosts import hosts_for
from projection.moves import Base, Move, fallback_usd, stays_usd, unserved_usd
from projection.outcome import Course
from projection.period import HOURS_PER_MONTH, Floats
from projection.plan import Kind
from projection.traffic import Flags
from projection.work import Machine, Work, busy_h_of, work_of

WEEK_HOURS = 168
START_H = 0.25
"""Until a rented machine has loaded its model; paid for each time. An assumption."""


def rent(base: Base, move: Move, machine: Machine) -> Course:
    work = work_of(base, machine, kept=False)
    hourly = _rent_per_h(base, machine)
    usd = work.copies * machine.fleet.rig.units * hourly * HOURS_PER_MONTH
    return _running(base, move, machine, Kind.RENT, machine.name("rent"), work, rent=usd)


def rent_busy_hours(base: Base, move: Move, machine: Machine) -> Course | None:
    """Rented in those hours of the week in which the same calls cost more by API; None: in none, or all."""
    hours = _worthwhile_hours(base, move, machine)
    if not hours.any() or hours.all():
        return None
    weeks = HOURS_PER_MONTH / WEEK_HOURS
    starts = np.count_nonzero(hours & ~np.roll(hours, 1))
    paid_h = weeks * (np.count_nonzero(hours) + START_H * starts)
    work = work_of(base, machine, kept=False)
    served = float(move.tokens_by_hour[hours].sum())
    outside = replace(work, overflow_share=1 - served * (1 - work.overflow_share))
    share = min(paid_h / HOURS_PER_MONTH, 1.0)
    usd = work.copies * machine.fleet.rig.units * _rent_per_h(base, machine) * HOURS_PER_MONTH * share
    name = machine.name("rent", f" for {np.count_nonzero(hours)} h a week")
    kind = Kind.RENT_BUSY_HOURS
    return _running(base, move, machine, kind, name, outside, rent=usd, hours_share=share)


def buy(base: Base, move: Move, machine: Machine) -> Course:
    return _owned(base, move, machine, Kind.BUY, machine.name("buy"), work_of(base, machine, kept=True))


def hybrid(base: Base, move: Move, machine: Machine, copies: int) -> Course:
    """*copies* for the base load, never more; the rest goes to the open model's API, or else stays."""
    fleet, cards = machine.fleet, machine.fleet.rig.hardware
    hosts = hosts_for(cards, copies * fleet.rig.units) / hosts_for(cards, fleet.units)
    part = replace(
        machine,
        grows=False,
        host_usd=None if machine.host_usd is None else machine.host_usd * hosts,
        fleet=replace(
            fleet,
            copies=copies,
            bears_factor=fleet.bears_factor * copies / fleet.copies,
            full_tokens_per_s=fleet.full_tokens_per_s * copies / fleet.copies,
            curve=_Part(fleet.curve, fleet.copies / copies),
        ),
    )
    name = part.name("buy", " for the base load")
    return _owned(base, move, part, Kind.HYBRID, name, work_of(base, part, kept=True))


@dataclass(frozen=True, slots=True)
class _Part:
    """The curve of fewer copies: each has so many times as much to do."""

    whole: Curve
    times: float

    def overflow_share(self, factor: Floats) -> Floats:
        return self.whole.overflow_share(factor * self.times)

    def busy_h_per_month(self, factor: Floats) -> Floats:
        return self.whole.busy_h_per_month(factor * self.times) / self.times


def _rent_per_h(base: Base, machine: Machine) -> Floats:
    """paths x months, of one unit."""
    if machine.rent_usd_per_h is None:
        raise ValueError(f"nobody is known to rent out {machine.fleet.rig.hardware.name}")
    factor = base.draws.of("rent_price_factor")[:, None]
    return machine.rent_usd_per_h * factor * base.draws.drift("rent_drift_per_year", machine.rent_read_years)


def _worthwhile_hours(base: Base, move: Move, machine: Machine) -> Flags:
    """At the measured volume and today's prices."""
    weeks = HOURS_PER_MONTH / WEEK_HOURS
    by_api = move.usd_per_month / weeks * move.tokens_by_hour
    kept_share = 1 - base.draws.assumptions.value_of("fallback_share")
    worthwhile: Flags = by_api * kept_share > machine.units * (machine.rent_usd_per_h or 0.0)
    return worthwhile


def _running(
    base: Base,
    move: Move,
    machine: Machine,
    kind: Kind,
    name: str,
    work: Work,
    *,
    rent: Floats,
    hours_share: float = 1.0,
) -> Course:
    """*hours_share*: of the month, for how much of it the machine is there."""
    labour = labour_of(base)
    ops = np.broadcast_to(np.asarray(labour.ops_usd_per_month)[:, None], rent.shape)
    parts = {"rent": rent, "operation": ops} | _by_api(base, move, work, kind)
    observed = _usd_per_mtok_observed(base, move, work, rent + ops)
    full = _usd_per_mtok_full(machine, work, rent + ops, hours_share)
    return Course(
        kind=kind,
        name=name,
        model=move.model,
        substitute=machine.substitute,
        fleet=machine.fleet,
        moved_calls_share=move.calls_share,
        upfront_usd=np.asarray(labour.setup_usd) + switch_usd(base),
        monthly_usd=_sum(parts),
        resale_usd=nothing_to_sell(base),
        parts_usd=medians(**parts),
        usd_per_mtok_observed=observed,
        usd_per_mtok_full=full,
    )


def _owned(base: Base, move: Move, machine: Machine, kind: Kind, name: str, work: Work) -> Course:
    owned, later = bought_first(base, machine), bought_later(base, machine, work)
    ops = np.broadcast_to(np.asarray(owned.labour.ops_usd_per_month)[:, None], work.copies.shape)
    energy = energy_usd(machine, owned.electricity, work.copies, busy_h_of(machine, work))
    parts = {"energy": energy, "operation": ops} | _by_api(base, move, work, kind)
    upfront = np.asarray(owned.upfront_usd) + switch_usd(base)
    worn = (upfront + later.later_usd.sum(axis=1) - later.resale_usd[:, -1])[:, None] / base.months
    at_full = energy_usd(machine, owned.electricity, work.copies, work.copies * HOURS_PER_MONTH)
    return Course(
        kind=kind,
        name=name,
        model=move.model,
        substitute=machine.substitute,
        fleet=machine.fleet,
        moved_calls_share=move.calls_share,
        upfront_usd=upfront,
        monthly_usd=_sum(parts) + later.later_usd,
        resale_usd=later.resale_usd,
        parts_usd=medians(**parts),
        usd_per_mtok_observed=_usd_per_mtok_observed(base, move, work, energy + ops + worn),
        usd_per_mtok_full=_usd_per_mtok_full(machine, work, at_full + ops + worn),
    )


def _by_api(base: Base, move: Move, work: Work, kind: Kind) -> dict[str, Floats]:
    down = base.draws.of("downtime_share")[:, None] * (1 - work.overflow_share)
    elsewhere = kind is Kind.HYBRID
    answered = 1.0 if elsewhere and move.hosted_usd_per_month is not None else 1 - work.overflow_share - down
    return {
        "overflow": unserved_usd(base, move, work.overflow_share, elsewhere=elsewhere),
        "downtime": unserved_usd(base, move, down, elsewhere=elsewhere),
        "fallback": fallback_usd(base, move, answered),
        "stays": stays_usd(base, move),
    }


def _sum(parts: dict[str, Floats]) -> Floats:
    return reduce(np.add, parts.values())


def _usd_per_mtok_observed(base: Base, move: Move, work: Work, usd: Floats) -> float | None:
    """In the first month; *usd*: what the machines cost in each."""
    served = float(np.median((base.draws.volume * (1 - work.overflow_share))[:, 0]))
    mtok = move.tokens_per_month * served / 1e6
    return float(np.median(usd[:, 0])) / mtok if mtok > 0 else None


def _usd_per_mtok_full(machine: Machine, work: Work, usd: Floats, hours_share: float = 1.0) -> float | None:
    """Of as many copies as there are in the first month, none of them ever idle."""
    each_s = machine.fleet.full_tokens_per_s / machine.fleet.copies
    mtok = each_s * work.copies[:, 0] * HOURS_PER_MONTH * 3600 / 1e6 * hours_share
    return float(np.median(usd[:, 0] / mtok)) if each_s > 0 else None
