"""The courses that stand open to one workload, as recipes: the same ones are reckoned on other draws when it
is asked what would have to be true."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from projection.candidates import Candidate
from projection.catalogue.loading import OWN
from projection.courses import hosted, stay
from projection.fleet import Fleet
from projection.hosted import PricedOffer
from projection.machines import buy, hybrid, rent, rent_busy_hours
from projection.moves import Base, Move
from projection.outcome import Course
from projection.plan import Constraints, Kind
from projection.roofline import log_sd
from projection.specs import Hardware, Substitute
from projection.work import Machine

MOST_COURSES = 12
"""Of those that run a machine; more are reckoned roughly, and the dearest left out."""
DAYS_PER_YEAR = 365.25
WORTH_A_MIX = 0.95
"""Of what buying all of it costs: a mix that saves less is the same course twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    kind: Kind
    model: str | None
    """None: as today."""
    course: Callable[[Base], Course | None]
    """None: on these draws it does not stand open."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A candidate with the fleet that it takes, and the calls that move to it."""

    candidate: Candidate
    fleet: Fleet
    move: Move


def staying(model: str) -> Recipe:
    return Recipe(kind=Kind.STAY, model=None, course=lambda base: stay(base, model))


def by_offer(move: Move, offer: PricedOffer, months: float, substitute: Substitute | None) -> Recipe:
    def course(base: Base) -> Course:
        return hosted(base, move, offer, months, substitute)

    return Recipe(kind=Kind.HOSTED, model=move.model, course=course)


def by_machine(
    placed: Sequence[Placed], constraints: Constraints, rough: Base, today: date | None = None
) -> tuple[Recipe, ...]:
    """The best by their median cost on *rough*, a base with few paths; of each kind one at least."""
    costs = (one for each in placed for one in _priced(_recipes(each, constraints, today), rough))
    known = sorted(costs, key=lambda one: one[0])
    firsts = _first_of_each_kind(recipe for _, recipe in known)
    others = [recipe for _, recipe in known if recipe not in firsts]
    return (*firsts, *others[: MOST_COURSES - len(firsts)])


def _priced(recipes: Iterable[Recipe], rough: Base) -> Iterator[tuple[float, Recipe]]:
    """Of one fleet, those that stand open, buying before mixing."""
    bought = math.inf
    for recipe in recipes:
        course = recipe.course(rough)
        usd = math.inf if course is None else cost_usd_of(course)
        if recipe.kind is Kind.BUY:
            bought = usd
        if course is not None and (recipe.kind is not Kind.HYBRID or usd < WORTH_A_MIX * bought):
            yield usd, recipe


def _first_of_each_kind(recipes: Iterable[Recipe]) -> list[Recipe]:
    found: dict[Kind, Recipe] = {}
    for recipe in recipes:
        found.setdefault(recipe.kind, recipe)
    return list(found.values())


def _recipes(placed: Placed, constraints: Constraints, today: date | None) -> Iterator[Recipe]:
    machine = machine_of(placed, constraints, today)
    kinds = placed.candidate.kinds
    can_rent, can_buy = machine.rent_usd_per_h is not None, machine.unit_usd is not None
    if Kind.RENT in kinds and can_rent:
        yield _recipe(Kind.RENT, placed, lambda base: rent(base, placed.move, machine))
    if Kind.RENT_BUSY_HOURS in kinds and can_rent:
        yield _recipe(Kind.RENT_BUSY_HOURS, placed, lambda base: rent_busy_hours(base, placed.move, machine))
    if Kind.BUY in kinds and can_buy:
        yield _recipe(Kind.BUY, placed, lambda base: buy(base, placed.move, machine))
    if Kind.HYBRID in kinds and can_buy:
        for copies in sorted({1, -(-placed.fleet.copies // 2), placed.fleet.copies}):
            yield _hybrid(placed, machine, copies)


def _hybrid(placed: Placed, machine: Machine, copies: int) -> Recipe:
    return _recipe(Kind.HYBRID, placed, lambda base: hybrid(base, placed.move, machine, copies))


def _recipe(kind: Kind, placed: Placed, course: Callable[[Base], Course | None]) -> Recipe:
    return Recipe(kind=kind, model=placed.move.model, course=course)


def machine_of(placed: Placed, constraints: Constraints, today: date | None = None) -> Machine:
    """*today*: prices of the catalogue are older than that; None: they are taken to be today's."""
    candidate, fleet = placed.candidate, placed.fleet
    wanted, rig = candidate.wanted, candidate.rig
    stated = wanted.hardware_usd if wanted else None
    fixed = wanted is not None and wanted.units is not None
    return Machine(
        fleet=fleet,
        unit_usd=unit_usd(rig.hardware) if stated is None else stated / fleet.units,
        host_usd=wanted.host_usd if wanted else None,
        rent_usd_per_h=_rent_usd_per_h(candidate),
        log_sd=log_sd(rig, measured=candidate.is_speed_measured),
        grows=not fixed,
        most_copies=max(constraints.most_units // fleet.rig.units, 1),
        unit_read_years=0.0 if stated is not None else _years_since(rig.hardware, today),
        rent_read_years=0.0 if wanted and wanted.rent_usd_per_h else _years_since(rig.hardware, today),
        substitute=candidate.substitute,
    )


def _years_since(hardware: Hardware, today: date | None) -> float:
    """A row of tomorrow is as good as one of today, and so is one of the user's own."""
    if today is None or hardware.source.startswith(OWN):
        return 0.0
    return max((today - hardware.read).days, 0) / DAYS_PER_YEAR


def unit_usd(hardware: Hardware) -> float | None:
    """New; used where it is not sold new."""
    usd = hardware.used_usd if hardware.new_usd is None else hardware.new_usd
    return None if usd is None else float(usd)


def _rent_usd_per_h(candidate: Candidate) -> float | None:
    if candidate.wanted is not None and candidate.wanted.rent_usd_per_h is not None:
        return candidate.wanted.rent_usd_per_h
    usd = candidate.rig.hardware.rent_usd_per_h
    return None if usd is None else float(usd)


def cost_usd_of(course: Course) -> float:
    """Median over the paths: all that is paid up to the horizon, less what a sale would bring then."""
    paid = course.upfront_usd + course.monthly_usd.sum(axis=1) - course.resale_usd[:, -1]
    return float(np.median(paid))
