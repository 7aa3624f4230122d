import subprocess
import sys
import tomllib
from contextlib import suppress
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.assumptions import DEFAULTS
from projection.plan import LONGEST_HORIZON_MONTHS, ApiPrices
from projection.plan_file import plan_of
from web import plan_query
from web.plan_query import FIELDS, Asked, BadQuery, read_query
from web.plan_toml import toml_of_plan


def asked(query: str) -> Asked:
    return read_query(parse_qsl(query, keep_blank_values=True))


def test_a_query_is_the_plan_that_a_file_with_the_same_names_would_hold() -> None:
    found = asked(
        "workload=support-bot&ops_h_per_month=8&horizon_months=24&must_stay_in_house=on&model=Llama+3.3+70B&units=2"
    )
    assert found.plan == {
        "workload": "support-bot",
        "assumptions": {"ops_h_per_month": 8.0},
        "horizon_months": 24,
        "constraints": {"must_stay_in_house": True},
        "course": [{"model": "Llama 3.3 70B", "units": 2}],
    }
    assert dict(parse_qsl(found.query)) == found.stated


def test_a_field_left_empty_states_nothing() -> None:
    found = asked("pue=&horizon_months=&workload=")
    assert (found.plan, found.query, found.has_blanks) == ({}, "", True)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("ops_h_per_month=eight", 'ops_h_per_month is "eight"; write a number from 0 to 100000, such as 4.5'),
        ("fallback_share=1.5", 'fallback_share is "1.5"; write a number from 0 to 1, such as 0.5'),
        ("pue=0,5", 'pue is "0,5"; write a number from 1 to 5, such as 1'),
        ("pue=nan", 'pue is "nan"; write a number from 1 to 5, such as 1'),
        ("horizon_months=36.5", 'horizon_months is "36.5"; write a whole number from 1 to 120'),
        ("horizon_months=0", 'horizon_months is "0"; write a whole number from 1 to 120'),
        ("must_stay_in_house=yes", 'must_stay_in_house is "yes"; write on, or leave it out'),
        ("api_prices=up", 'api_prices is "up"; write one of stay, switch, flat'),
        ("ops_h_per_day=8", '"ops_h_per_day" is no field of this page; nearest: ops_h_per_month'),
        ("pue=1&pue=2", "pue is there twice; leave one out"),
        (f"pue={'9' * 400}", "pue is 400 characters long; write a number from 1 to 5, such as 1"),
        ("horizon_months=²", 'horizon_months is "²"; write a whole number from 1 to 120'),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_write(query: str, sentence: str) -> None:
    with pytest.raises(BadQuery) as refused:
        asked(query)
    assert str(refused.value) == sentence


@given(st.lists(st.tuples(st.sampled_from(list(FIELDS)), st.text(max_size=40)), max_size=6))
def test_any_text_in_any_field_is_a_plan_or_one_sentence(pairs: list[tuple[str, str]]) -> None:
    """Whatever else is raised fails here."""
    with suppress(BadQuery):
        assert set(read_query(pairs).stated) <= {name for name, _ in pairs}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_a_plan_that_is_saved_is_read_back_as_it_was_asked(workload: str) -> None:
    found = read_query(
        [("workload", workload), ("pue", "1.25"), ("must_stay_in_house", "on"), ("units", "3")]
    )
    assert tomllib.loads(toml_of_plan(found.plan)) == found.plan


def test_every_field_is_one_that_a_plan_file_knows() -> None:
    """At the value that each assumption has by default, so that a new one without a field is noticed too."""
    pairs = [(each.name, f"{each.value:g}") for each in DEFAULTS]
    others = {"api_prices": "flat", "units": "2", "most_units": "8", "horizon_months": "12"}
    limits = {"first_token_s": "1", "per_token_s": "0.5", "burst_factor": "2"}
    flags = {"must_stay_in_house": "on", "rented_is_in_house": "off"}
    names = {"workload": "w", "hardware": "RTX 4090", "model": "Llama 3.3 70B", "engine": "vLLM"}
    stated = [*pairs, *{**others, **limits, **flags, **names, "quantisation": "awq"}.items()]
    assert {name for name, _ in stated} == set(FIELDS)
    plan = plan_of(tomllib.loads(toml_of_plan(read_query(stated).plan)), "plan.toml")
    assert (plan.horizon_months, plan.constraints.limits.first_token_s, plan.wanted[0].units) == (12, 1.0, 2)


def test_the_bounds_are_those_of_a_plan_file() -> None:
    assert plan_query.LONGEST_HORIZON_MONTHS == LONGEST_HORIZON_MONTHS
    assert tuple(ApiPrices) == plan_query.API_PRICES


def test_the_process_that_passes_calls_through_never_loads_the_arithmetic() -> None:
    """A projection's libraries are large, and hold the interpreter while they load."""
    code = "import sys, web.app; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
