"""What is written as TOML reads back as it was."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payback.toml_text import toml_of


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
