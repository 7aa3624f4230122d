"""One workload, one plan: every course that stands open, against staying, on the same paths."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from projection.case import Case, today_of
from projection.catalogue import Catalogue
from projection.catalogue.loading import OWN
from projection.columns import UNKNOWN
from projection.forecast import TooShort
from projection.ground import Ground, ground_of
from projection.hosting import Destination
from projection.ladder import ladder_of
from projection.options import Placed, cost_usd_of
from projection.outcome import Binding, Projection, Refused, Rung, Stays
from projection.plan import Plan
from projection.price_columns import Prices
from projection.reckoning import Reckoned, reckoned
from projection.sensitivity import must_be_true, tornado
from projection.traffic import Traffic
from projection.verdict import binding_of, pays_back, sentence_of, too_early

OLD_DAYS = 90
"""After which it is said that prices of machines were read long ago."""


def project(
    traffic: Traffic, plan: Plan, catalogue: Catalogue, prices: Prices, today: date | None = None
) -> Projection:
    """*today*: the catalogue's prices of machines and rents were read earlier, and have drifted since.

    Raises NothingToProject where there is no call, or none with a known price."""
    return project_on(ground_of(traffic, plan, catalogue, prices, today), plan)


def project_on(ground: Ground, plan: Plan, *, is_brief: bool = False) -> Projection:
    """*plan* asks of *ground*: it bears it. *is_brief*: without what the answer hangs on, and against the
    same model by API the best course that runs a machine alone."""
    case = ground.case_for(plan)
    answer = reckoned(case, ground.destinations, ground.placed, is_brief=is_brief)
    pays_off = None if case.is_early else answer.own is not None and pays_back(answer.own)
    binding = binding_of(answer.own, ground.refused) if pays_off is False else None
    question = None if case.is_early or is_brief else answer.question(case)
    return Projection(
        workload=ground.traffic.workload,
        sentence=_sentence(case, answer, binding, ground.refused),
        pays_off=pays_off,
        binding=binding,
        today=today_of(case, ground.traffic),
        demand=case.demand,
        forecast=case.forecast,
        courses=(answer.stay, *sorted((course for _, course in answer.made), key=cost_usd_of)),
        against_stay=() if case.is_early else answer.against_stay,
        against_hosted=() if case.is_early else answer.against_hosted,
        refused=ground.refused,
        ladder=_ladder(case, ground.destinations),
        stays=_stays(answer, ground.placed),
        tornado=tornado(question) if question else (),
        must_be_true=must_be_true(question) if question else (),
        assumptions=tuple(plan.assumptions.values()),
        notes=(*_notes(case, ground.traffic), *_old_prices(case, ground.placed)),
        horizon_months=plan.horizon_months,
        paths=plan.paths,
        seed=plan.seed,
    )


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
    notes = list(_uncertain(case, traffic))
    if traffic.self_hosted_calls:
        notes.append(f"{traffic.self_hosted_calls:,} calls are self-hosted already and are left out.")
    if traffic.other_calls:
        notes.append(
            f"{traffic.other_calls:,} calls are none that a language model answers, and are left out."
        )
    if case.plan.volume is not None:
        notes.append("The traffic is made up from the stated volume: when calls come was not measured.")
    return tuple(notes)


def _old_prices(case: Case, placed: Sequence[Placed]) -> Iterator[str]:
    """Of the machines looked at, should nobody have read one of their prices for long."""
    shipped = (each.candidate.rig.hardware for each in placed)
    read = min((each.read for each in shipped if not each.source.startswith(OWN)), default=None)
    if case.today is not None and read is not None and (case.today - read).days > OLD_DAYS:
        yield (
            f"Prices of machines and rents were read on {read} or later: what no plan states is taken"
            " to have drifted since, by hardware_drift_per_year and rent_drift_per_year."
        )


def _uncertain(case: Case, traffic: Traffic) -> Iterator[str]:
    """What the sums leave out, and what in them nobody has reported."""
    uncounted, of_all = traffic.calls_without_usage, f"of {len(traffic):,} calls"
    if uncounted:
        unknown = (traffic.calls.input_tokens == UNKNOWN) & (traffic.list_cost_nusd == UNKNOWN)
        failed = int(np.count_nonzero(unknown & (traffic.calls.failed != 0)))
        yield (
            f"Of {uncounted:,} {of_all} the tokens are not known ({failed:,} of them failed): they are in no"
            " sum, and what they cost, if anything, is not known."
        )
    without_price = traffic.unpriced_calls - uncounted
    if without_price:
        yield f"{without_price:,} {of_all} have no known price and are in no sum."
    estimated = case.traffic.calls.estimated != 0
    if estimated.any():
        usd = float(case.traffic.list_cost_nusd[estimated].sum()) / 1e9
        share = f", {usd / case.traffic.list_cost_usd:.0%} of the list cost" if usd > 0 else ""
        yield (
            f"The tokens of {int(np.count_nonzero(estimated)):,} {of_all} are estimates{share}: the provider"
            " did not report them, or the answer broke off."
        )
