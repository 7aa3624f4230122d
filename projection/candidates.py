"""Which machines and models to reckon with: those that the plan names, its holes filled, or what the
catalogue offers in place of the cloud models that the traffic runs on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from projection.catalogue import Catalogue
from projection.columns import UNKNOWN
from projection.fitting import Asking, Fitted, fitted
from projection.moving import Moved, moved_of, names_of
from projection.outcome import Binding, Refused
from projection.plan import Constraints, Kind, Plan, Wanted
from projection.ranking import most_promising
from projection.rig import DoesNotFit, Rig
from projection.specs import Hardware, Model, Substitute
from projection.traffic import Billed, Traffic

MOST_MACHINES = 12
MOST_MODELS = 4
"""Open models to look at where the plan names none: those of the cloud models that cost most."""
MOST_WITHOUT = 3
"""Cloud models without a substitute that are told of: the dearest."""
_RENTED = frozenset({Kind.RENT, Kind.RENT_BUSY_HOURS})
_BOUGHT = frozenset({Kind.BUY, Kind.HYBRID})
_BY_API = frozenset({Kind.HYBRID, Kind.HOSTED})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    rig: Rig
    """Units of one copy, at the measured speed where there is one."""
    substitute: Substitute | None
    """None: the plan named the model."""
    moved: Moved
    kinds: tuple[Kind, ...]
    """The courses that stand open with it, one at least."""
    wanted: Wanted | None
    """None: the catalogue's offer."""
    is_speed_measured: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    open: tuple[Candidate, ...]
    """As the plan has them, and then what was chosen, the cheapest first. No more than MOST_MACHINES, unless
    the plan names more machines than that."""
    refused: tuple[Refused, ...]


def candidates_of(traffic: Traffic, plan: Plan, catalogue: Catalogue) -> Candidates:
    """Of traffic without a call, none. Raises NotListed for a name that the catalogue does not have."""
    search = _Search(traffic, plan, catalogue)
    if len(traffic):
        for wanted in tuple(dict.fromkeys(plan.wanted)) or (None,):
            search.look(wanted)
    named = [each for each in search.open if each.wanted is not None and each.wanted.hardware is not None]
    chosen = [each for each in search.open if each not in named]
    best = most_promising(chosen, plan, max(0, MOST_MACHINES - len(named)))
    return Candidates(open=(*named, *best), refused=tuple(dict.fromkeys(search.refused)))


class _Search:
    def __init__(self, traffic: Traffic, plan: Plan, catalogue: Catalogue) -> None:
        self._traffic, self._plan, self._catalogue = traffic, plan, catalogue
        self._moved: dict[tuple[str, bool], Moved] = {}
        self.open: list[Candidate] = []
        self.refused: list[Refused] = []

    def look(self, wanted: Wanted | None) -> None:
        """None: at what the catalogue offers."""
        for model, substitute in self._models(wanted):
            moved = self._moved_to(model, substitute)
            if len(moved.traffic):
                self._look_at(wanted, model, substitute, moved)
            else:
                self._refuse(model.name, Binding.NO_SUBSTITUTE, f"no call can move: {moved.stays[0].reason}")

    def _models(self, wanted: Wanted | None) -> Sequence[tuple[Model, Substitute | None]]:
        models = self._catalogue.models
        if wanted is not None and wanted.model is not None:
            return [(models[wanted.model], None)]
        found: dict[str, Substitute] = {}
        for each in self._substitutes(only_dearest=wanted is not None):
            found.setdefault(each.open_model, each)
        return [(models[name], found[name]) for name in list(found)[:MOST_MODELS]]

    def _substitutes(self, *, only_dearest: bool) -> Iterator[Substitute]:
        """Of the dearest cloud model first; those without any are refused."""
        without = []
        for billed in dearest_of(self._traffic):
            found = substitutes_of(self._catalogue, billed)
            yield from found
            if found and only_dearest:
                break
            if not found:
                without.append(billed.name or "a model without a name")
        for name in list(dict.fromkeys(without))[:MOST_WITHOUT]:
            reason = f"no open model is known to take the place of {name}; a plan may name one"
            self._refuse(name, Binding.NO_SUBSTITUTE, reason)

    def _moved_to(self, model: Model, substitute: Substitute | None) -> Moved:
        key = (model.name, substitute is None)
        if key not in self._moved:
            patterns = [each for each in self._catalogue.substitutes if self._leads_to(each, model)]
            known = None if substitute is None else patterns
            self._moved[key] = moved_of(self._traffic, model, known, self._moved.values())
        return self._moved[key]

    def _leads_to(self, substitute: Substitute, model: Model) -> bool:
        return self._catalogue.models[substitute.open_model] == model

    def _look_at(
        self, wanted: Wanted | None, model: Model, substitute: Substitute | None, moved: Moved
    ) -> None:
        asking, hole = Asking(asked=moved.asked, constraints=self._plan.constraints), wanted or Wanted()
        shelf = self._catalogue.hardware
        answers = [
            (hardware, fitted(hardware, model, hole, asking, self._catalogue, self._plan.measured))
            for hardware in ([shelf[hole.hardware]] if hole.hardware else shelf.specs())
        ]
        fits = [(hardware, fit) for hardware, fit in answers if isinstance(fit, Fitted)]
        for hardware, fit in fits:
            kinds = kinds_of(hole, hardware, self._plan.constraints)
            if kinds:
                self.open.append(_candidate(fit, substitute, moved, kinds, wanted))
            elif hole.hardware:
                self._refuse_kinds(hole, hardware, model)
        if not fits:
            self._refuse_size(model, answers)

    def _refuse_size(self, model: Model, answers: Sequence[tuple[Hardware, Fitted | DoesNotFit]]) -> None:
        """On the largest machine: what does not fit there fits on none."""
        largest, answer = max(answers, key=lambda pair: pair[0].memory_bytes)
        if isinstance(answer, DoesNotFit):
            self._refuse(f"{model.name} on {largest.name}", Binding.DOES_NOT_FIT, answer.reason)

    def _refuse_kinds(self, wanted: Wanted, hardware: Hardware, model: Model) -> None:
        name = f"{model.name} on {hardware.name}"
        if kinds_of(wanted, hardware, Constraints()):
            self._refuse(name, Binding.IN_HOUSE, "no call may leave the house, and this machine is elsewhere")
        else:
            reason = f"no price of {hardware.name} is known for any course wanted; a plan may state one"
            self._refuse(name, Binding.NO_PRICE, reason)

    def _refuse(self, name: str, binding: Binding, reason: str) -> None:
        self.refused.append(Refused(name=name, kind=None, binding=binding, reason=reason))


def _candidate(
    fit: Fitted, substitute: Substitute | None, moved: Moved, kinds: tuple[Kind, ...], wanted: Wanted | None
) -> Candidate:
    return Candidate(
        rig=fit.rig,
        substitute=substitute,
        moved=moved,
        kinds=kinds,
        wanted=wanted,
        is_speed_measured=fit.is_speed_measured,
    )


def dearest_of(traffic: Traffic) -> list[Billed]:
    """By what is paid for them; where nothing is, by their tokens."""
    calls, kinds = traffic.calls, len(traffic.billings)
    tokens = np.maximum(calls.input_tokens, 0) + np.maximum(calls.output_tokens, 0)
    known = np.where(traffic.list_cost_nusd == UNKNOWN, 0, traffic.list_cost_nusd)
    sums = [np.bincount(traffic.billed, each, minlength=kinds) for each in (tokens, known)]
    order = np.lexsort((*sums,))[::-1]
    return [traffic.billings[place] for place in order if np.any(traffic.billed == place)]


def substitutes_of(catalogue: Catalogue, billed: Billed) -> Sequence[Substitute]:
    """By the first of its names that any pattern knows."""
    found = (catalogue.substitutes_for(name) for name in names_of(billed))
    return next((each for each in found if each), ())


def kinds_of(wanted: Wanted, hardware: Hardware, constraints: Constraints) -> tuple[Kind, ...]:
    """Of those wanted: what has a price can be had, and what calls would leave the house for cannot."""
    shut: frozenset[Kind] = frozenset()
    if wanted.hardware_usd is None and hardware.new_usd is None and hardware.used_usd is None:
        shut |= _BOUGHT
    if wanted.rent_usd_per_h is None and hardware.rent_usd_per_h is None:
        shut |= _RENTED
    if constraints.must_stay_in_house:
        shut |= _BY_API if constraints.rented_is_in_house else _BY_API | _RENTED
    return tuple(kind for kind in wanted.kinds if kind not in shut)
