"""What a projection stands on, whatever machines, people and capital are taken to cost: the calls, their
demand and the volumes to come, which of them move where, and how many machines they take.

To find it takes longer than to reckon with it, so that it is kept from one question to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from projection.assumptions import Assumptions
from projection.candidates import Candidates, candidates_of
from projection.case import Case, case_of
from projection.catalogue import Catalogue
from projection.hosting import Destination, destinations_of
from projection.options import Placed
from projection.outcome import Refused
from projection.plan import ApiPrices, Plan
from projection.price_columns import Prices
from projection.sized import Sizing, fleet_of
from projection.traffic import Traffic

RANKED_BY = ("electricity_usd_per_kwh", "pue")
"""The assumptions that decide, too, which machines are worth a look: see projection.ranking."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    traffic: Traffic
    """The unpriced calls too."""
    case: Case
    destinations: Mapping[str, Destination]
    placed: tuple[Placed, ...]
    refused: tuple[Refused, ...]

    def bears(self, plan: Plan, today: date | None) -> bool:
        """Whether *plan* asks of the same ground."""
        return self.case.today == today and _of_ground(self.case.plan) == _of_ground(plan)

    def case_for(self, plan: Plan) -> Case:
        return replace(self.case, plan=plan)


def ground_of(
    traffic: Traffic,
    plan: Plan,
    catalogue: Catalogue,
    prices: Prices,
    today: date | None = None,
    *,
    sized: Sizing = fleet_of,
) -> Ground:
    """*today*: the catalogue's prices of machines and rents were read earlier, and have drifted since.
    *sized*: says how many copies it takes.

    Raises NothingToProject where there is no call, or none with a known price."""
    case = case_of(traffic, plan, catalogue, prices, today)
    found = candidates_of(case.traffic, plan, catalogue)
    destinations = destinations_of(case, found)
    placed, slow = _placed(case, found, destinations, sized)
    return Ground(
        traffic=traffic,
        case=case,
        destinations=destinations,
        placed=tuple(placed),
        refused=(*found.refused, *slow),
    )


def _placed(
    case: Case, found: Candidates, destinations: Mapping[str, Destination], sized: Sizing
) -> tuple[list[Placed], list[Refused]]:
    placed, refused = [], []
    for candidate in found.open:
        fleet = sized(candidate, case.plan)
        if isinstance(fleet, Refused):
            refused.append(fleet)
        else:
            move = destinations[candidate.rig.model.name].move
            placed.append(Placed(candidate=candidate, fleet=fleet, move=move))
    return placed, refused


def _of_ground(plan: Plan) -> Plan:
    """Without what leaves the ground as it is."""
    ranked = Assumptions({name: plan.assumptions[name] for name in RANKED_BY})
    return replace(plan, name=None, about=None, workload=None, api_prices=ApiPrices.STAY, assumptions=ranked)
