"""Which of many machines are worth a closer look: what each would cost a month, roughly."""

import math
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from projection.fitting import Asking, rate_within, units_for
from projection.moving import Moved
from projection.period import HOURS_PER_MONTH
from projection.plan import Kind, Plan, Wanted
from projection.rig import Rig


class Ranked(Protocol):
    @property
    def rig(self) -> Rig: ...
    @property
    def moved(self) -> Moved: ...
    @property
    def kinds(self) -> tuple[Kind, ...]: ...
    @property
    def wanted(self) -> Wanted | None: ...


RankedT = TypeVar("RankedT", bound=Ranked)


def most_promising(candidates: Sequence[RankedT], plan: Plan, most: int) -> tuple[RankedT, ...]:
    """The cheapest *most*, the cheapest first. Of each model one stays, of those for rent, and of those for
    sale; then of each model one of either kind."""
    costs = [cheapest_usd_per_month(each, plan) for each in candidates]
    order = sorted(range(len(candidates)), key=lambda place: costs[place])
    standing = _standing([candidates[place] for place in order])
    kept = sorted(sorted(range(len(order)), key=lambda rank: standing[rank])[:most])
    return tuple(candidates[order[rank]] for rank in kept)


def cheapest_usd_per_month(candidate: Ranked, plan: Plan) -> float:
    """Of buying and renting, electricity in, labour and the machine around the cards out. Infinity: by the
    formulas too slow, or more units than the plan allows."""
    asked, rig, wanted = candidate.moved.asked, candidate.rig, candidate.wanted or Wanted()
    asking = Asking(asked=asked, constraints=plan.constraints)
    units = float(wanted.units) if wanted.units else units_for(rig, asking)
    if units > max(plan.constraints.most_units, wanted.units or 0):
        return math.inf
    rate = rate_within(rig, asked.shape, asking.limits) * units / rig.units
    busy = min(asked.calls_per_s / rate, 1.0) if rate > 0 else 1.0
    prices = _prices(candidate, plan, wanted, units, busy)
    return min(prices, default=math.inf)


def _prices(candidate: Ranked, plan: Plan, wanted: Wanted, units: float, busy: float) -> Iterator[float]:
    hardware, kinds = candidate.rig.hardware, candidate.kinds
    rent = wanted.rent_usd_per_h or hardware.rent_usd_per_h
    unit_usd = hardware.new_usd or hardware.used_usd
    whole_usd = float(unit_usd) * units if unit_usd else None
    if wanted.hardware_usd is not None:
        whole_usd = wanted.hardware_usd
    if rent and {Kind.RENT, Kind.RENT_BUSY_HOURS}.intersection(kinds):
        yield float(rent) * units * HOURS_PER_MONTH
    if whole_usd is not None and {Kind.BUY, Kind.HYBRID}.intersection(kinds):
        watts = (hardware.idle_w + busy * (hardware.busy_w - hardware.idle_w)) * units
        kwh_usd = plan.assumptions.value_of("electricity_usd_per_kwh") * plan.assumptions.value_of("pue")
        yield whole_usd / plan.horizon_months + watts / 1000 * HOURS_PER_MONTH * kwh_usd


def _standing(ordered: Sequence[Ranked]) -> list[int]:
    """0: the first of its model, for rent, or for sale; 1: the first of its model for rent or for sale."""
    seen: set[tuple[str, str]] = set()
    standing = []
    for each in ordered:
        rent = {Kind.RENT, Kind.RENT_BUSY_HOURS}.intersection(each.kinds)
        sale = {Kind.BUY, Kind.HYBRID}.intersection(each.kinds)
        model = each.rig.model.name
        ways = [way for way, is_open in (("rent", rent), ("sale", sale)) if is_open]
        first = {(model, ""), *(("", way) for way in ways)} - seen
        second = {(model, way) for way in ways} - seen
        standing.append(0 if first else 1 if second else 2)
        seen |= first | second
    return standing
