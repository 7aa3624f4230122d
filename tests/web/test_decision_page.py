from typing import Any

import pytest

from projection.assumptions import DEFAULTS
from tests.web.projected import answer
from web.decision.drawn import MOST_SWINGS, drawings_of, week_of
from web.decision.form import form_of
from web.decision.page import DecisionPage, best_own, decision_page
from web.decision.words import LABELS, label_of
from web.plan_query import FIELDS, read_query


def page_of(told: dict[str, Any] | None = None, **query: str) -> DecisionPage:
    return decision_page(told or answer(), read_query(query.items()))


def test_the_largest_workload_is_shown_and_the_others_are_a_link_away() -> None:
    page = page_of()
    assert [each.workload for each in page.verdicts] == ["support-bot", "search", "new-idea"]
    assert [each.kind for each in page.verdicts] == ["yes", "no", "early"]
    assert [each.link for each in page.verdicts] == [None, "?workload=search", "?workload=new-idea"]
    assert page.verdict.workload == "support-bot"


def test_a_link_to_another_workload_keeps_what_was_stated() -> None:
    page = page_of(pue="1.2", workload="search")
    assert page.verdict.workload == "search"
    assert page.verdicts[0].link == "?workload=support-bot&pue=1.2"


def test_a_name_too_long_for_an_address_is_shown_without_a_link() -> None:
    told = answer()
    told["projections"][1]["workload"] = "long" * 2500
    assert page_of(told).verdicts[1].link is None


def test_the_verdict_does_not_repeat_a_name_that_could_crowd_it_out() -> None:
    told = answer()
    name = "long" * 2500
    told["projections"][0] |= {"workload": name, "sentence": f"{name}: it pays off."}
    assert page_of(told).verdict.sentence == "It pays off."


def test_the_best_course_is_one_that_runs_a_machine_even_where_an_api_is_better() -> None:
    told = answer()["projections"][0]
    assert told["against_stay"][0]["kind"] == "hosted"
    best = best_own(told)
    assert best is not None
    assert best["kind"] in ("rent", "rent_busy_hours", "buy", "hybrid")
    page = page_of()
    assert [row.course["name"] for row in page.courses if row.is_best] == [best["name"]]
    assert [each.found is not None for each in page.against] == [True, True]
    staying, hosted = (each.found for each in page.against)
    assert staying is not None
    assert hosted is not None
    assert (staying["against"], hosted["against"], hosted["name"]) == ("stay", "hosted", staying["name"])


def test_courses_stand_beside_their_own_comparison() -> None:
    page = page_of()
    assert [row.compared is None for row in page.courses] == [True, *([False] * (len(page.courses) - 1))]
    for row in page.courses[1:]:
        assert row.compared is not None
        assert (row.compared["kind"], row.compared["name"]) == (row.course["kind"], row.course["name"])


def test_too_early_names_no_month_and_draws_none() -> None:
    page = page_of(workload="new-idea")
    assert (page.verdict.kind, page.best, page.against) == ("early", None, ())
    assert (page.drawings.months, page.drawings.fans, page.drawings.tornado) == (None, (), None)
    assert page.drawings.week is not None  # how full the machine would be is known from the first day


def test_the_tables_have_the_numbers_of_the_charts() -> None:
    told = answer()["projections"][0]
    best = best_own(told)
    assert best is not None
    drawings = drawings_of(told, best)
    assert drawings.months is not None
    shares = sum(each.share for each in drawings.months.bins)
    assert shares + drawings.months.never == pytest.approx(1, abs=0.01)
    assert [fan.code for fan in drawings.fans] == ["A1", "B", "C", "D"]
    for fan in drawings.fans:
        found = next(each for each in told["against_stay"] if each["name"] == fan.name)
        assert [p50 for _, _, p50, _ in fan.rows] == found["cash_usd"]["p50"]
    assert drawings.tornado is not None
    assert drawings.tornado.count("<rect") == MOST_SWINGS


def test_hours_of_the_week_are_turned_so_that_a_column_is_a_weekday() -> None:
    fleet = {"load_by_hour": [float(place) for place in range(168)]}
    week = week_of([{"name": "buy", "fleet": fleet}], None)
    assert week is not None
    assert week.rows[1] == (1, (1.0, 25.0, 49.0, 73.0, 97.0, 121.0, 145.0))
    assert week_of([{"name": "stay", "fleet": None}], None) is None


def test_a_week_of_which_nothing_was_seen_is_said_to_be_one() -> None:
    week = week_of([{"name": "buy", "fleet": {"load_by_hour": [None] * 168}}], None)
    assert week is not None
    assert "Nothing was seen" in week.chart


def test_refusals_are_grouped_by_what_stands_in_the_way() -> None:
    told = answer()
    refused = [{"name": n, "kind": None, "binding": b, "reason": "r"} for n, b in ("ax", "by", "cx")]
    told["projections"][0]["refused"] = refused
    groups = [(each.binding, [row["name"] for row in each.rows]) for each in page_of(told).refused]
    assert groups == [("x", ["a", "c"]), ("y", ["b"])]


def test_the_form_has_every_field_once_with_what_was_stated() -> None:
    form = form_of({"workload": "w", "pue": "1.2", "must_stay_in_house": "on", "api_prices": "flat"})
    inputs = [*form.first, *form.machine, *form.limits, *form.others]
    names = (
        [each.name for each in inputs] + [name for name, _, _ in form.in_house] + ["api_prices", "workload"]
    )
    assert sorted(names) == sorted(FIELDS)
    assert {each.name: each.stated for each in inputs if each.stated} == {"pue": "1.2"}
    assert [name for name, _, is_on in form.in_house if is_on] == ["must_stay_in_house"]
    assert (form.api_prices, form.workload) == ("flat", "w")


def test_everything_that_can_be_stated_has_a_name_for_people() -> None:
    assert {each.name for each in DEFAULTS} <= set(LABELS)
    assert set(FIELDS) - {"workload"} <= set(LABELS)
    assert label_of("something_new_share") == "Something new share"
