"""projection.reckoning: the courses of tests/projection/test_project.py, looked at by pairs."""

import math

from projection.plan import Kind
from tests.projection.test_project import OWN, large


def test_the_best_course_is_the_one_that_is_worth_most_in_the_middle() -> None:
    npvs = [each.npv_usd[1] for each in large().against_stay]
    assert npvs == sorted(npvs, reverse=True)


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
