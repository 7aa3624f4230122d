"""One workload, one plan: every course that stands open, against staying, on the same paths."""

from collections.abc import Mapping, Sequence

from projection.candidates import Candidates, candidates_of
from projection.case import Case, case_of, today_of
from projection.catalogue import Catalogue
from projection.forecast import TooShort
from projection.hosting import Destination, destinations_of
from projection.ladder import ladder_of
from projection.options import Placed, cost_usd_of
from projection.outcome import Binding, Projection, Refused, Rung, Stays
from projection.plan import Plan
from projection.price_columns import Prices
from projection.reckoning import Reckoned, reckoned
from projection.sensitivity import must_be_true, tornado
from projection.sized import fleet_of
from projection.traffic import Traffic
from projection.verdict import binding_of, pays_back, sentence_of, too_early


def project(traffic: Traffic, plan: Plan, catalogue: Catalogue, prices: Prices) -> Projection:
    """Raises NothingToProject where there is no call, or none with a known price."""
    case = case_of(traffic, plan, catalogue, prices)
    found = candidates_of(case.traffic, plan, catalogue)
    destinations = destinations_of(case, found)
    placed, slow = _placed(case, found, destinations)
    answer = reckoned(case, destinations, placed)
    refused = (*found.refused, *slow)
    pays_off = None if case.is_early else answer.own is not None and pays_back(answer.own)
    binding = binding_of(answer.own, refused) if pays_off is False else None
    question = None if case.is_early else answer.question(case)
    return Projection(
        workload=traffic.workload,
        sentence=_sentence(case, answer, binding, refused),
        pays_off=pays_off,
        binding=binding,
        today=today_of(case, traffic.unpriced_calls),
        forecast=case.forecast,
        courses=(answer.stay, *sorted((course for _, course in answer.made), key=cost_usd_of)),
        against_stay=() if case.is_early else answer.against_stay,
        against_hosted=() if case.is_early else answer.against_hosted,
        refused=refused,
        ladder=_ladder(case, destinations),
        stays=_stays(answer, placed),
        tornado=tornado(question) if question else (),
        must_be_true=must_be_true(question) if question else (),
        assumptions=tuple(plan.assumptions.values()),
        notes=_notes(case, traffic),
        horizon_months=plan.horizon_months,
        paths=plan.paths,
        seed=plan.seed,
    )


def _placed(
    case: Case, found: Candidates, destinations: Mapping[str, Destination]
) -> tuple[list[Placed], list[Refused]]:
    placed, refused = [], []
    for candidate in found.open:
        fleet = fleet_of(candidate, case.plan)
        if isinstance(fleet, Refused):
            refused.append(fleet)
        else:
            move = destinations[candidate.rig.model.name].move
            placed.append(Placed(candidate=candidate, fleet=fleet, move=move))
    return placed, refused


def _sentence(case: Case, answer: Reckoned, binding: Binding | None, refused: Sequence[Refused]) -> str:
    workload = case.traffic.workload
    if isinstance(case.forecast, TooShort):
        return too_early(workload, answer.stay, case.forecast)
    return sentence_of(
        workload,
        answer.own,
        answer.hosted,
        answer.own_against_hosted,
        binding,
        refused,
        case.plan.horizon_months,
    )


def _ladder(case: Case, destinations: Mapping[str, Destination]) -> tuple[Rung, ...]:
    """Nothing on it stays in the house."""
    if case.plan.constraints.must_stay_in_house:
        return ()
    assumptions = case.plan.assumptions
    return ladder_of(case.traffic, case.prices, assumptions, tuple(destinations), case.months, case.catalogue)


def _stays(answer: Reckoned, placed: Sequence[Placed]) -> tuple[Stays, ...]:
    """Of the best course that runs a machine."""
    model = answer.fleet.rig.model if answer.fleet else None
    return next((each.candidate.moved.stays for each in placed if each.fleet.rig.model == model), ())


def _notes(case: Case, traffic: Traffic) -> tuple[str, ...]:
    notes = []
    if traffic.unpriced_calls:
        notes.append(
            f"{traffic.unpriced_calls:,} of {len(traffic):,} calls have no known price and are in no sum."
        )
    if traffic.self_hosted_calls:
        notes.append(f"{traffic.self_hosted_calls:,} calls are self-hosted already and are left out.")
    if traffic.other_calls:
        notes.append(
            f"{traffic.other_calls:,} calls are none that a language model answers, and are left out."
        )
    if case.plan.volume is not None:
        notes.append("The traffic is made up from the stated volume: when calls come was not measured.")
    return tuple(notes)
