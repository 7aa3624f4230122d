"""What people read of a projection: everything that the verdict rests on, and no number that nobody knows."""

from dataclasses import replace
from datetime import date

import pytest

from payback.project_text import render_projection
from projection.outcome import Projection
from projection.specs import Substitute
from tests.payback.projections import made_up_projection


@pytest.fixture
def found() -> Projection:
    return made_up_projection()


def line_with(text: str, words: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if words in line]
    return line.split()


def block(text: str, title: str) -> str:
    (part,) = [part for part in text.split("\n\n") if part.startswith(title)]
    return part


def test_the_verdict_is_the_first_sentence(found: Projection) -> None:
    assert render_projection(found).splitlines()[0] == found.sentence


def test_a_course_shows_what_it_costs_when_it_pays_back_and_how_often_never(found: Projection) -> None:
    courses = block(render_projection(found), "Courses")
    assert line_with(courses, "stay on gpt-4o")[:3] == ["A0", "0.00", "120"]
    assert line_with(courses, "buy: 1 x RTX 4090")[:14] == [
        *("C", "900", "30.00", "7.2", "never", "never", "50%", "50%", "50%", "50%"),
        *("12.35", "25%", "7.36", "0.092"),
    ]  # fmt: skip


def test_the_same_model_by_somebody_elses_api_is_a_second_comparison(found: Projection) -> None:
    against = block(render_projection(found), "Machines, against the same model")
    assert "buy: 1 x RTX 4090" in against
    assert "by novita" not in against


def test_savings_that_are_not_known_are_dashes(found: Projection) -> None:
    ladder = block(render_projection(found), "What each step alone would save")
    assert line_with(ladder, "Batch price")[2:4] == ["60.00", "50%"]
    assert line_with(ladder, "Prompt caching")[2:4] == ["-", "-"]


def test_cash_is_that_of_the_best_machine_every_third_month_and_the_last(found: Projection) -> None:
    """Not that of the offer by API, which may be better: the question is the machine."""
    cash = block(render_projection(found), "Saved so far: buy")
    assert [line.split() for line in cash.splitlines()[2:]] == [
        ["0", "-900", "-900", "100"],
        ["3", "-900", "0.00", "100"],
    ]


def test_what_must_be_true_names_the_value_and_what_no_value_would_do(found: Projection) -> None:
    told = block(render_projection(found), "What must be true")
    assert "electricity_usd_per_kwh: 0.05 USD/kWh (it is 0.17)" in told
    assert "the answer stays, whatever one of these is: pue" in told


def test_bars_are_as_long_as_what_hangs_on_them(found: Projection) -> None:
    swing = found.tornado[0]
    half = replace(swing, npv_at_low_usd=50.0, npv_at_high_usd=-50.0 - 100.0)
    told = block(render_projection(replace(found, tornado=(swing, half))), "What it hangs on")
    assert [line.count("#") for line in told.splitlines()[2:]] == [40, 20]


def test_refusals_calls_that_stay_assumptions_and_notes_are_all_told(found: Projection) -> None:
    text = render_projection(found)
    assert "C 1 x GTX: does not fit; too small" in block(text, "Not possible")
    assert "12 calls, 3.50 USD a month: needs images" in block(text, "Calls that stay where they are")
    row = line_with(block(text, "Assumptions"), "electricity_usd_per_kwh")
    assert row[:7] == ["electricity_usd_per_kwh", "0.17", "0.1", "to", "0.35", "USD/kWh", "assumed"]
    assert found.notes[0] in block(text, "Notes")


def test_a_history_too_short_has_no_month_and_no_empty_tables(found: Projection) -> None:
    early = replace(
        found,
        pays_off=None,
        against_stay=(),
        against_hosted=(),
        tornado=(),
        must_be_true=(),
        stays=(),
        refused=(),
    )
    text = render_projection(early)
    courses = block(text, "Courses: USD")
    assert courses.splitlines()[1].split() == ["upfront", "month", "1", "Mtok", "if", "full", "course"]
    assert line_with(courses, "buy: 1 x RTX 4090")[:5] == ["C", "900", "30.00", "7.36", "0.092"]
    for title in ("Machines", "What must be true", "What it hangs on", "Saved so far", "Not possible"):
        assert title not in text


def test_a_stated_volume_is_not_called_measured(found: Projection) -> None:
    assert "made up as 900 calls" in render_projection(replace(found, forecast=None))
    assert "measured on 900 calls" in render_projection(found)


def test_what_an_open_model_is_worse_at_is_told_once(found: Projection) -> None:
    """With what the paths assume of it; a course that the plan named has no such words."""
    gap = Substitute(
        cloud_model="gpt-4o*", open_model="Llama 3.3 70B", gap="Worse at Klingon.", source="its makers",
        read=date(2026, 11, 22),
    )  # fmt: skip
    told = [replace(each, substitute=gap) if each.model else each for each in found.courses]
    text = render_projection(replace(found, courses=tuple(told)))
    assert text.count("  Llama 3.3 70B: Worse at Klingon.") == 1
    assert "What is known of the open models" not in render_projection(found)


def test_estimates_are_told_where_there_are_some(found: Projection) -> None:
    some = replace(found, today=replace(found.today, calls=900, estimated_calls=90))
    assert "10% with estimated tokens" in render_projection(some)
    none = replace(found, today=replace(found.today, estimated_calls=0))
    assert "estimated" not in render_projection(none)


@pytest.mark.parametrize(("days", "words"), [(0.2, "less than a day"), (1.0, "1 day"), (30.4, "30 days")])
def test_days_are_counted_as_one_says_them(found: Projection, days: float, words: str) -> None:
    told = render_projection(replace(found, today=replace(found.today, days=days)))
    assert f"measured on 900 calls in {words};" in told


def test_a_horizon_of_one_month_is_no_months(found: Projection) -> None:
    assert "over 1 month on 2 paths" in render_projection(replace(found, horizon_months=1))


def test_names_from_requests_cannot_steer_the_terminal(found: Projection) -> None:
    today = replace(found.today, models=("gpt\x1b[2J",))
    assert "\x1b" not in render_projection(replace(found, today=today, sentence="a\x1b[2Jb"))
