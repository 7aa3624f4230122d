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


def test_each_of_several_names_has_a_field_and_all_of_them_have_one_chip() -> None:
    asked = read_query([("upstream", "openai"), ("upstream", "(none)"), ("model", "m")])
    stated = [(each.name, each.stated) for each in form_of(asked).others if each.stated]
    assert stated == [("upstream", "openai"), ("upstream", "(none)")]
    chip, _ = chips_of(asked)
    assert (chip.label, chip.text, chip.without) == ("Upstream is one of 2", "openai, (none)", "model=m")


def test_what_the_form_has_no_field_for_is_kept_and_can_be_taken_away() -> None:
    asked = read_query([("except_model", "a"), ("except_user", "b"), ("except_model", "c")])
    assert form_of(asked).kept == (("except_model", "a"), ("except_model", "c"), ("except_user", "b"))
    assert [(chip.label, chip.text) for chip in chips_of(asked)] == [
        ("Model is none of 2", "a, c"),
        ("User is not", "b"),
    ]
    assert parse_qs(chips_of(asked)[1].without) == {"except_model": ["a", "c"]}


def test_a_reason_has_a_field_and_a_chip() -> None:
    asked = read_query([("reason", "no price for openai x")])
    form, (chip,) = form_of(asked), chips_of(asked)
    assert {each.name: each.stated for each in form.others}["reason"] == "no price for openai x"
    assert (form.is_open, chip.label, chip.text) == (True, "Unpriced because", "no price for openai x")


def test_a_span_keeps_what_else_is_asked_and_says_when_it_is_the_one() -> None:
    asked = read_query([("model", "m"), ("from", "2026-11-22"), ("model", "n")])
    spans = {span.label: span for span in spans_of(asked, TODAY)}
    assert spans["Today"].is_stated
    assert not spans["All"].is_stated
    assert parse_qs(spans["Last month"].query) == {
        "model": ["m", "n"],
        "from": ["2026-10-01"],
        "to": ["2026-10-31"],
    }
