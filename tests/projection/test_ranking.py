"""The cheapest machines stay, and of each model and each way to have one, one at least."""

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from projection.moving import Moved, moved_of
from projection.period import HOURS_PER_MONTH
from projection.plan import Constraints, Kind, Plan, Wanted
from projection.ranking import cheapest_usd_per_month, most_promising
from projection.replay import Limits
from projection.rig import Rig
from projection.roofline import highest_rate
from tests.projection.rigs import FP8, H100, LLAMA_8B, QWEN3_8B, RTX_4090, rig
from tests.projection.workloads import steady

QUIET = steady(0.001, 50)
"""So few that a card is idle, at 20 W."""
PLAN = Plan(constraints=Constraints(limits=Limits(first_token_s=10, per_token_s=1)))
IDLE_USD = 20 / 1000 * HOURS_PER_MONTH * 0.17


@dataclass(frozen=True)
class Machine:
    rig: Rig
    kinds: tuple[Kind, ...]
    moved: Moved
    wanted: Wanted | None = None


def machine(
    new_usd: int | None = None,
    rent_usd_per_h: str | None = None,
    *,
    on: Rig | None = None,
    wanted: Wanted | None = None,
    used_usd: int | None = None,
) -> Machine:
    base = on or rig(RTX_4090, LLAMA_8B, FP8)
    hardware = replace(
        base.hardware,
        new_usd=Decimal(new_usd) if new_usd else None,
        used_usd=Decimal(used_usd) if used_usd else None,
        rent_usd_per_h=Decimal(rent_usd_per_h) if rent_usd_per_h else None,
    )
    told = wanted or Wanted()
    sold, rented = new_usd or used_usd or told.hardware_usd, rent_usd_per_h or told.rent_usd_per_h
    kinds = tuple(kind for kind, usd in ((Kind.BUY, sold), (Kind.RENT, rented)) if usd)
    return Machine(
        rig=replace(base, hardware=hardware),
        kinds=kinds,
        moved=moved_of(QUIET, base.model, None),
        wanted=wanted,
    )


def test_a_bought_machine_costs_its_price_over_the_horizon_and_its_electricity() -> None:
    assert cheapest_usd_per_month(machine(3600), PLAN) == pytest.approx(100 + IDLE_USD, rel=0.01)
    assert cheapest_usd_per_month(machine(used_usd=1800), PLAN) == pytest.approx(50 + IDLE_USD, rel=0.01)


def test_a_rented_one_costs_its_hours_and_the_cheaper_way_counts() -> None:
    assert cheapest_usd_per_month(machine(rent_usd_per_h="0.10"), PLAN) == pytest.approx(73.05)
    assert cheapest_usd_per_month(machine(3600, "0.10"), PLAN) == pytest.approx(73.05)
    assert cheapest_usd_per_month(machine(3600, "1"), PLAN) == pytest.approx(100 + IDLE_USD, rel=0.01)


def test_the_plans_own_prices_and_units_go_before_the_catalogues() -> None:
    stated = machine(3600, wanted=Wanted(hardware_usd=720.0, units=2))
    assert cheapest_usd_per_month(stated, PLAN) == pytest.approx(20 + 2 * IDLE_USD, rel=0.01)
    rented = machine(wanted=Wanted(rent_usd_per_h=0.5, units=3))
    assert cheapest_usd_per_month(rented, PLAN) == pytest.approx(3 * 0.5 * 730.5)


def test_twice_the_peak_takes_twice_the_machines() -> None:
    base = rig(RTX_4090, LLAMA_8B, FP8)
    moved = moved_of(steady(1, 3600), LLAMA_8B, None)
    rate = highest_rate(base, moved.asked.shape)
    assert isinstance(rate, float)
    busy = replace(machine(rent_usd_per_h="1"), moved=moved)
    needed = [
        cheapest_usd_per_month(busy, _bursting(factor * rate / moved.asked.peak_calls_per_s)) / 730.5
        for factor in (0.5, 1.5, 3.5)
    ]
    assert needed == pytest.approx([1, 2, 4])


def _bursting(factor: float) -> Plan:
    return Plan(constraints=replace(PLAN.constraints, burst_factor=factor))


def test_what_is_too_slow_costs_more_than_anything() -> None:
    strict = Plan(constraints=Constraints(limits=Limits(first_token_s=2, per_token_s=1e-4)))
    assert cheapest_usd_per_month(machine(3600), strict) == float("inf")
    few = Plan(constraints=replace(PLAN.constraints, burst_factor=1e6, most_units=2))
    assert cheapest_usd_per_month(machine(3600), few) == float("inf")
    assert cheapest_usd_per_month(machine(3600, wanted=Wanted(units=4)), few) < 1000


def test_the_cheapest_stay_in_order() -> None:
    three = [machine(3000), machine(1000), machine(2000)]
    assert most_promising(three, PLAN, 2) == (three[1], three[2])
    assert most_promising(three, PLAN, 0) == ()
    assert most_promising([], PLAN, 12) == ()


def test_of_each_way_to_have_one_the_cheapest_stays() -> None:
    sale, rent = [machine(usd) for usd in (1000, 1100, 1200)], machine(rent_usd_per_h="9")
    assert most_promising([*sale, rent], PLAN, 2) == (sale[0], rent)
    rents, dear = [machine(rent_usd_per_h=usd) for usd in ("0.01", "0.02", "0.03")], machine(90_000)
    assert most_promising([*rents, dear], PLAN, 2) == (rents[0], dear)


def test_of_each_model_the_cheapest_stays_and_then_one_of_each_way() -> None:
    other = rig(H100, QWEN3_8B, FP8)
    ours = [machine(usd, "0.01") for usd in (1000, 1100, 1200, 1300)]
    theirs = [machine(20_000, on=other), machine(rent_usd_per_h="5", on=other), machine(30_000, on=other)]
    assert most_promising([*ours, *theirs], PLAN, 2) == (ours[0], theirs[0])
    assert most_promising([*ours, *theirs], PLAN, 3) == (ours[0], theirs[0], theirs[1])
    assert most_promising([*ours, *theirs], PLAN, 4) == (ours[0], ours[1], theirs[0], theirs[1])
