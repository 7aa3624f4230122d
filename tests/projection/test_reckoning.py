"""projection.reckoning: the courses of tests/projection/test_project.py, looked at by pairs."""

import math
from dataclasses import replace

from projection.compare import compared
from projection.courses import stay
from projection.machines import buy, rent
from projection.plan import Kind
from projection.reckoning import best_first
from projection.verdict import pays_back
from tests.projection.cases import base, machine, move
from tests.projection.test_project import OWN, large


def test_the_best_course_is_the_one_that_is_worth_most_in_the_middle() -> None:
    npvs = [each.npv_usd[1] for each in large().against_stay]
    assert npvs == sorted(npvs, reverse=True)


def test_one_that_pays_back_comes_before_one_that_is_worth_more_when_it_is_sold() -> None:
    """The dear one has saved nothing after a year, and is sold for all that it cost; the rented one saves."""
    told = base(1000, electricity_usd_per_kwh=0.0, resale_decay_per_year=0.0)
    to = stay(told, "gpt-4o")
    keeps = compared(rent(told, move(1000), machine()), to, 0.0)
    sells = replace(compared(buy(told, move(1000), machine(unit_usd=90_000.0)), to, 0.0), npv_usd=(0, 9e9, 0))
    assert pays_back(keeps)
    assert not pays_back(sells)
    assert best_first(iter([sells, keeps])) == (keeps, sells)


def test_a_machine_is_held_against_the_same_model_by_api_and_no_other() -> None:
    found = large()
    hosted = {course.model for course in found.courses if course.kind is Kind.HOSTED}
    assert {each.course.model for each in found.against_hosted} <= hosted
    assert all(each.against is Kind.HOSTED for each in found.against_hosted)
    assert all(each.course.kind in OWN for each in found.against_hosted)


def test_what_is_saved_against_staying_is_more_than_against_the_cheaper_offer() -> None:
    """Staying costs more than the open model by API here, so a machine looks better against it."""
    found = large()
    by_name = {each.course.name: each for each in found.against_stay}
    for each in found.against_hosted:
        assert each.npv_usd[1] < by_name[each.course.name].npv_usd[1]
        assert not each.payback.p50 < by_name[each.course.name].payback.p50 or math.isinf(each.payback.p50)
