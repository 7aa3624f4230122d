"""What is written as TOML reads back as it was."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.toml_text import NO_TOML, toml_of, why_not_toml


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f")))
def test_any_text_reads_back(text: str) -> None:
    assert tomllib.loads(f"x = {toml_of(text)}") == {"x": text}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8300, "8300"),
        (True, "true"),
        (10.0, "10"),
        (Decimal("0.10"), "0.10"),
        (date(2026, 1, 1), "2026-01-01"),
        (Path("/var/a b"), '"/var/a b"'),
        ((), "[]"),
        ({"env": "LAB_KEY"}, '{ env = "LAB_KEY" }'),
    ],
)
def test_a_value_is_written_as_people_write_it(value: object, text: str) -> None:
    assert toml_of(value) == text
    assert tomllib.loads(f"x = {text}")


def test_a_number_that_python_does_not_print_is_written_all_the_same() -> None:
    text = f"0x{'f' * 5000}"
    assert toml_of(tomllib.loads(f"x = {text}")["x"]) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = ", "invalid value (at end of document)"),
        ("a = " + "9" * 5000, "a number in it is too long"),
        ("a = 1e" + "9" * 30, "a number in it is too long"),
        ("a = " + "[" * 100_000, "maximum recursion depth exceeded"),
    ],
)
def test_why_a_text_is_no_toml_is_the_end_of_a_sentence(text: str, why: str) -> None:
    with pytest.raises(NO_TOML) as raised:
        tomllib.loads(text, parse_float=Decimal)
    assert why_not_toml(raised.value).startswith(why)
