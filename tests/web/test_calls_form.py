"""What the form of the list shows of an address, and where its links lead."""

from datetime import date
from urllib.parse import parse_qs

from web.calls.form import chips_of, form_of, spans_of
from web.calls.query import read_query

TODAY = date(2026, 11, 22)


def test_what_an_address_states_stands_in_its_fields() -> None:
    form = form_of(read_query([("model", "gpt-4o"), ("from", "2026-11-01"), ("to", "2026-11-21")]))
    assert [(end.name, end.day, end.clock) for end in form.ends] == [
        ("from", "2026-11-01", ""),
        ("to", "2026-11-21", ""),
    ]
    assert {each.name: each.stated for each in form.first}["model"] == "gpt-4o"
    assert not form.is_open


def test_the_folded_part_is_open_where_it_states_something() -> None:
    assert form_of(read_query([("status", "429")])).is_open


def test_each_chip_leads_to_the_list_without_it() -> None:
    chips = chips_of(read_query([("model", "gpt-4o"), ("outcome", "failed")]))
    assert [parse_qs(chip.without) for chip in chips] == [{"outcome": ["failed"]}, {"model": ["gpt-4o"]}]


def test_a_span_keeps_what_else_is_asked_and_says_when_it_is_the_one() -> None:
    spans = {
        span.label: span for span in spans_of(read_query([("model", "m"), ("from", "2026-11-22")]), TODAY)
    }
    assert spans["Today"].is_stated
    assert not spans["All"].is_stated
    assert parse_qs(spans["Last month"].query) == {
        "model": ["m"],
        "from": ["2026-10-01"],
        "to": ["2026-10-31"],
    }
