"""An entry that is written and read again is the same entry, whatever is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.call import LONGEST_REPORTED, Attribution, Call, Entry
from ledger.needs import Needs
from ledger.price import Price
from ledger.sqlite.rows import COLUMNS, MEASURE_COLUMNS, ORDINARY_COLUMNS, entry_of, is_ordinary, row_of
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.ledger.made_up import COSTS, NEEDS, TIMINGS, UNITS, WHO, ended, lives, metered, opened, usages

TEXT = st.none() | st.text(max_size=20)
DETAILS = st.fixed_dictionaries(
    {
        "retry_number": st.integers(0, 9),
        "first_byte_us": st.none() | st.integers(0, 2**60),
        "http_request": TEXT,
        "request_model": TEXT,
        "response_model": TEXT,
        "service_tier": TEXT,
        "stream": st.booleans(),
        "needs": NEEDS,
        "problem": TEXT,
        "upstream_request_id": TEXT,
        "who": WHO,
        "tokenizer": TEXT,
        "reported_usage": st.sampled_from([None, "", '{"n":1}', "9" * LONGEST_REPORTED]),
        "units": st.none() | UNITS,
        "upstream_cost": COSTS,
        "timings": st.none() | TIMINGS,
    }
)


class Numbers:
    """Labels and prices by number, as the ledger keeps them."""

    def __init__(self) -> None:
        self.labels: dict[int, str] = {}
        self.prices: dict[int, Price] = {}

    def label(self, text: str | None) -> int | None:
        if text is None:
            return None
        self.labels[len(self.labels)] = text
        return len(self.labels) - 1

    def price_id(self, price: Price) -> int:
        self.prices[len(self.prices)] = price
        return len(self.prices) - 1


def read_again(entry: Entry) -> Entry:
    numbers = Numbers()
    row = row_of(entry, numbers.label, numbers.price_id)
    assert len(row) in (len(ORDINARY_COLUMNS), len(COLUMNS))
    full = row + (None,) * (len(COLUMNS) - len(row))
    return entry_of(full, numbers.labels, numbers.prices)


@given(st.data())
def test_every_state_of_a_call_comes_back_as_it_went(data: st.DataObject) -> None:
    for entry in data.draw(lives(1)):
        assert read_again(entry) == entry


@given(DETAILS, usages())
def test_every_detail_comes_back_as_it_went(details: dict[str, object], usage: TokenUsage) -> None:
    entry = ended(metered(opened(), TokenUsage(input_tokens=1)))
    detailed = replace(entry, call=replace(entry.call, usage=usage, **details))
    assert read_again(detailed) == detailed


def test_a_new_fact_has_a_column() -> None:
    """Whoever adds a field to Call or to what it holds adds it to the schema, or loses it."""
    held = ("usage", "units", "timings", "who")
    facts = {name for name in Call.__struct_fields__ if name not in held}
    facts = facts.union(*(kind.__struct_fields__ for kind in (TokenUsage, Units, Timings, Attribution)))
    columns = {column.removesuffix("_label").removesuffix("_nusd") for column in COLUMNS}
    assert facts - columns == set()


@pytest.mark.parametrize(
    "rare",
    [
        {"tokenizer": ""},
        {"units": Units(pages=0)},
        {"upstream_cost": 0},
        {"timings": Timings(load_us=0)},
        {"usage": TokenUsage(input_tokens=1, inferred_tokens=0)},
    ],
)
def test_a_rare_fact_that_is_nothing_much_is_not_left_out(rare: dict[str, object]) -> None:
    """A 0 is no NULL: an ordinary row ends before these columns."""
    entry = ended(metered(opened(), TokenUsage(input_tokens=1)))
    told = replace(entry, call=replace(entry.call, **rare))
    assert is_ordinary(entry.call)
    assert not is_ordinary(told.call)
    assert read_again(told) == told


def test_what_upstream_reported_makes_no_row_a_rare_one() -> None:
    """Nearly every row has it: in the rare columns it would make all of them long."""
    told = replace(opened().call, reported_usage='{"n":1}')
    assert is_ordinary(told)
    assert "reported_usage" in ORDINARY_COLUMNS


def test_what_a_call_needs_makes_no_row_a_rare_one() -> None:
    """Nearly every row knows it, and mostly that it is nothing."""
    assert is_ordinary(replace(opened().call, needs=Needs.TOOLS))
    assert "needs" in ORDINARY_COLUMNS


def test_costs_are_the_only_measures_with_another_name_in_sql() -> None:
    assert {column for column in MEASURE_COLUMNS if column.endswith("_nusd")} == {
        "list_cost_nusd",
        "upstream_cost_nusd",
        "upstream_cost_list_nusd",
        "estimated_list_cost_nusd",
    }
    assert "list_cost" not in MEASURE_COLUMNS
