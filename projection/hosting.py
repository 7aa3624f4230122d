"""The open models that a workload could move to, each with the calls that move and who sells it by API."""

from collections.abc import Mapping
from dataclasses import dataclass

from projection.candidates import Candidates
from projection.case import Case
from projection.hosted import PricedOffer, offers_of
from projection.moves import Move
from projection.moving import Moved, moved_of
from projection.specs import Model, Substitute
from projection.totals import Totals
from projection.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Destination:
    move: Move
    offer: PricedOffer | None
    """The cheapest; None: nobody is known to sell it, or nothing may leave the house."""
    substitute: Substitute | None
    """None: the plan named the model."""


def destinations_of(case: Case, found: Candidates) -> Mapping[str, Destination]:
    """By model, whether a machine here holds it or not; models that no call can move to are left out."""
    moves = {each.rig.model.name: each.moved for each in found.open}
    models, known = _models(case, found), [Totals(case.traffic)]
    named = {name: moves.get(name) or _moved(case, name, each) for name, each in models.items()}
    return {
        name: _destination(case, name, moved, models[name], _totals_of(moved.traffic, known))
        for name, moved in named.items()
        if len(moved.traffic)
    }


def _totals_of(traffic: Traffic, known: list[Totals]) -> Totals:
    """The same calls, such as all of them, move to several models."""
    found = next((each for each in known if each.traffic is traffic), None)
    if found is None:
        found = Totals(traffic)
        known.append(found)
    return found


def _destination(
    case: Case, name: str, moved: Moved, substitute: Substitute | None, totals: Totals
) -> Destination:
    inside = case.plan.constraints.must_stay_in_house
    rows = () if inside else case.catalogue.hosted
    offers = offers_of(rows, name, totals, case.prices, most=1)
    offer = offers[0] if offers else None
    return Destination(move=case.move_of(name, moved, offer), offer=offer, substitute=substitute)


def _models(case: Case, found: Candidates) -> Mapping[str, Substitute | None]:
    """Those that the plan names, and only if it names none those that may take today's models' place."""
    models = case.catalogue.models
    named = {models[each.model].name: None for each in case.plan.wanted if each.model is not None}
    if named:
        return named
    fitting = (each for name in case.models for each in case.catalogue.substitutes_for(name))
    return {models[each.open_model].name: each for each in fitting} | {
        each.rig.model.name: each.substitute for each in found.open
    }


def _moved(case: Case, name: str, substitute: Substitute | None) -> Moved:
    model: Model = case.catalogue.models[name]
    if substitute is None:
        return moved_of(case.traffic, model, None)
    leading = [each for each in case.catalogue.substitutes if case.catalogue.models[each.open_model] == model]
    return moved_of(case.traffic, model, leading)
