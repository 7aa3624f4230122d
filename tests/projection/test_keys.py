"""Whatever stands in a table, the answer is Python's value or one sentence: never another exception."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.keys import moment, number, read_keys, read_rows, shown, tokens, usd, whole
from projection.plan_file import plan_of

ANYTHING = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(),
        st.decimals(allow_nan=True, allow_infinity=True),
        st.floats(),
        st.text(max_size=8),
        st.dates(),
        st.datetimes(),
        st.sampled_from([10**400, "1B", "inf", "nan", "1e999", Decimal("1e400"), Decimal("sNaN")]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=6), inner, max_size=2)
    ),
    max_leaves=4,
)
TABLES = {
    "constraints": ["first_token_s", "share", "must_stay_in_house", "burst_factor", "most_units"],
    "assumptions": ["pue", "fallback_share", "hardware_drift_per_year", "volume_factor", "setup_h"],
    "volume": [
        "model",
        "input_tokens_per_month",
        "output_tokens_per_call",
        "calls_per_month",
        "hours_per_day",
    ],
    "course": ["model", "hardware", "units", "kinds", "hardware_usd"],
    "measured": ["hardware", "model", "concurrent", "output_tokens_per_s", "measured_at"],
    "catalogue": ["hardware", "model", "substitute", "throughput"],
}


LISTS = ("course", "measured")


def complaint_about(document: dict[str, Any]) -> str | None:
    """None: it is a plan."""
    try:
        plan_of(document, "plan.toml")
    except ValueError as error:
        return str(error)
    return None


@given(st.sampled_from(["name", "horizon_months", "paths", "seed", "api_prices", *TABLES]), ANYTHING)
def test_any_value_of_any_top_key_is_read_or_told(key: str, value: Any) -> None:
    complaint = complaint_about({key: value})
    assert complaint is None or complaint.startswith("plan.toml: ")


@given(st.data())
def test_any_value_of_any_key_of_a_table_is_read_or_told(data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(sorted(TABLES)))
    row, is_list = {data.draw(st.sampled_from(TABLES[table])): data.draw(ANYTHING)}, table in LISTS
    complaint = complaint_about({table: [row] if is_list else row})
    assert complaint is None or complaint.startswith(f"plan.toml: {'[' * (1 + is_list)}{table}]")


@pytest.mark.parametrize("value", [Decimal("0.5"), 0.5])
def test_a_number_is_a_number_however_it_was_parsed(value: object) -> None:
    assert number()(value) == 0.5


@pytest.mark.parametrize("value", [True, "0.5", None, Decimal("nan"), float("inf"), 10**400, Decimal("sNaN")])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^a number"):
        number()(value)


def test_a_border_is_part_of_a_range_unless_it_is_said_to_be_above() -> None:
    assert number(0, 1)(0) == 0
    assert number(0, 1, above=True)(1) == 1
    with pytest.raises(ValueError, match=r"^a number above 0, 1 at most$"):
        number(0, 1, above=True)(0)


def test_a_flag_is_no_whole_number() -> None:
    assert whole(0, 5)(1) == 1
    with pytest.raises(ValueError, match=r"^a whole number from 0 to 5$"):
        whole(0, 5)(True)


def test_money_may_stand_in_quotes_as_in_the_configuration() -> None:
    assert (usd("3.00"), usd(Decimal(3)), usd(0)) == (3.0, 3.0, 0.0)
    for wrong in ("free", "", "-1", -1, "nan", "inf", None):
        with pytest.raises(ValueError, match=r"^USD from 0 to 1,000,000,000,000"):
            usd(wrong)


def test_tokens_are_a_number_or_an_amount() -> None:
    assert (tokens(1_000), tokens(Decimal("1.5E+8")), tokens("1.5B")) == (1e3, 1.5e8, 1.5e9)
    for wrong in (True, -1, "a few", 1e16, None):
        with pytest.raises(ValueError, match=r"^tokens, such as"):
            tokens(wrong)


def test_a_time_is_text_or_one_of_tomls() -> None:
    assert moment(datetime(2026, 11, 22, 10, tzinfo=UTC)) == "2026-11-22T10:00:00+00:00"
    assert (moment(date(2026, 11, 22)), moment("in autumn")) == ("2026-11-22", "in autumn")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "true"),
        ("x", '"x"'),
        ([1], "a list"),
        ({}, "a table"),
        ("x" * 99, "101 characters long"),
        (3, "3"),
    ],
)
def test_what_stood_there_is_told_shortly(value: object, told: str) -> None:
    assert shown(value) == told


def test_the_keys_of_tables_and_of_lists_of_tables_are_read_by_their_readers() -> None:
    reads = {"n": whole(1, 9)}
    assert read_keys({"n": 2}, reads, "f: [t]") == {"n": 2}
    assert read_rows([{"n": 2}, {}], reads, "f: [[t]]") == [("f: [[t]] 1", {"n": 2}), ("f: [[t]] 2", {})]
