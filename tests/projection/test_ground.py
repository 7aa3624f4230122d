"""What is kept between two questions: the answer is the one that is worked out anew, or it is not kept."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from projection.assumptions import DEFAULTS, Assumptions
from projection.ground import RANKED_BY, Ground, ground_of
from projection.plan import ApiPrices, Constraints, Plan, Wanted
from projection.project import project, project_on
from tests.projection.test_project import CATALOGUE, DEAR, LARGE, made_up, prices

TODAY = date(2026, 11, 23)
PLAN = Plan(paths=200, wanted=(Wanted(model="Llama 3.3 70B"),))


@pytest.fixture(scope="module")
def ground() -> Ground:
    return ground_of(made_up(LARGE, model=DEAR), PLAN, CATALOGUE, prices, TODAY)


def assuming(**values: float) -> Plan:
    assumptions = Assumptions()
    for name, value in values.items():
        assumptions = assumptions.with_value(name, value)
    return replace(PLAN, assumptions=assumptions)


@pytest.mark.parametrize(
    "plan",
    [
        assuming(ops_h_per_month=9.0, discount_per_year=0.0),
        assuming(volume_factor=3.0, speed_factor=0.5, fallback_share=0.3),
        replace(PLAN, api_prices=ApiPrices.SWITCH, name="another", workload="bot"),
    ],
)
def test_an_answer_on_kept_ground_is_the_one_that_is_worked_out_anew(ground: Ground, plan: Plan) -> None:
    assert ground.bears(plan, TODAY)
    kept = project_on(ground, plan)
    anew = project(made_up(LARGE, model=DEAR), plan, CATALOGUE, prices, TODAY)
    assert kept.sentence == anew.sentence
    assert [each.npv_usd for each in kept.against_stay] == [each.npv_usd for each in anew.against_stay]
    assert kept.tornado == anew.tornado
    assert kept.ladder == anew.ladder


def test_every_assumption_but_those_that_rank_machines_leaves_the_ground_as_it_is(ground: Ground) -> None:
    moved = {each.name for each in DEFAULTS if not ground.bears(assuming(**{each.name: each.high}), TODAY)}
    assert moved == {"electricity_usd_per_kwh", "pue"} == set(RANKED_BY)


@pytest.mark.parametrize(
    "change",
    [
        {"horizon_months": 12},
        {"paths": 300},
        {"seed": 1},
        {"wanted": ()},
        {"constraints": Constraints(burst_factor=2.0)},
        {"catalogue": {"hardware": []}},
    ],
)
def test_other_machines_limits_and_draws_stand_on_other_ground(
    ground: Ground, change: dict[str, object]
) -> None:
    assert not ground.bears(replace(PLAN, **change), TODAY)  # type: ignore[arg-type]


def test_the_ground_of_yesterday_has_yesterdays_prices(ground: Ground) -> None:
    assert not ground.bears(PLAN, TODAY + timedelta(days=1))


def test_a_brief_answer_has_the_same_numbers_and_leaves_out_only_what_takes_long(ground: Ground) -> None:
    brief, whole = project_on(ground, PLAN, is_brief=True), project_on(ground, PLAN)
    assert (brief.tornado, brief.must_be_true) == ((), ())
    assert brief.sentence == whole.sentence
    assert [each.npv_usd for each in brief.against_stay] == [each.npv_usd for each in whole.against_stay]
    assert [each.payback for each in brief.against_stay] == [each.payback for each in whole.against_stay]
    own = next(each.course.name for each in whole.against_stay if each.course.fleet is not None)
    (against,) = brief.against_hosted
    (same,) = (each for each in whole.against_hosted if each.course.name == own)
    assert len(whole.against_hosted) > 1
    assert (against.course.name, against.npv_usd, against.payback) == (own, same.npv_usd, same.payback)
