"""The named questions: each says what it is, and answers its sums in the order in which they are read."""

import re
from importlib.resources import files

import pytest

from ledger.sqlite.query import query
from ledger.sqlite.rows import MEASURE_COLUMNS

NAMES = sorted(
    file.name.removesuffix(".sql") for file in files("ledger.sqlite").joinpath("queries").iterdir()
)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_begins_with_its_name_and_what_goes_in_and_out(name: str) -> None:
    header = [line for line in query(name).splitlines() if line.startswith("--")]
    assert header[0].startswith(f"-- {name}: ")
    assert [line for line in header if line.startswith("-- in:")]
    assert [line for line in header if line.startswith("-- out:")]


@pytest.mark.parametrize("name", [name for name in NAMES if "ledger.rollup.MEASURES" in query(name)])
def test_measures_come_in_the_order_in_which_they_are_added_up(name: str) -> None:
    """In another one, tokens would be read as money."""
    assert tuple(re.findall(r"sum\((?:named\.)?(\w+)\)", query(name))) == MEASURE_COLUMNS
