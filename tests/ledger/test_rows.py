"""An entry that is written and read again is the same entry, whatever is in it."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.call import Call, Entry
from ledger.price import Price
from ledger.sqlite.rows import COLUMNS, MEASURE_COLUMNS, entry_of, row_of
from ledger.usage import TokenUsage
from tests.ledger.made_up import WHO, ended, lives, metered, opened, usages

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
        "problem": TEXT,
        "upstream_request_id": TEXT,
        "who": WHO,
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
    assert len(row) == len(COLUMNS)
    return entry_of(row, numbers.labels, numbers.prices)


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
    """Whoever adds a field to Call or to TokenUsage adds it to the schema, or loses it."""
    facts = {name for name in Call.__struct_fields__ if name not in ("usage", "who")} | set(
        TokenUsage.__struct_fields__
    )
    columns = {column.removesuffix("_label") for column in COLUMNS}
    assert facts - columns == set()


def test_costs_are_the_only_measure_with_another_name_in_sql() -> None:
    assert "list_cost_nusd" in MEASURE_COLUMNS
    assert "list_cost" not in MEASURE_COLUMNS
