from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.api.plan_body import LONGEST_BYTES, read_plan_body
from web.api.plan_parameters import PLAN_BODY, plan_parameters
from web.plan_query import FIELDS, BadQuery, read_query


def test_numbers_flags_and_texts_are_those_of_an_address() -> None:
    body = b'{"pue": 1.250, "units": 3, "rented_is_in_house": false, "engine": "vLLM", "model": null}'
    asked = read_plan_body(body)
    assert asked == read_query(
        {"pue": "1.25", "units": "3", "rented_is_in_house": "off", "engine": "vLLM"}.items()
    )


def test_nothing_states_nothing() -> None:
    assert read_plan_body(b"").plan == read_plan_body(b" {} ").plan == {}


@pytest.mark.parametrize(
    ("written", "read"), [("1e0", "1"), ("1.50e0", "1.5"), ("100e-2", "1"), ("2E0", "2")]
)
def test_a_number_with_an_exponent_is_that_number(written: str, read: str) -> None:
    asked = read_plan_body(f'{{"pue": {written}}}'.encode())
    assert asked.stated == {"pue": read}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_posted_is_a_plan_or_one_sentence(body: bytes) -> None:
    with suppress(BadQuery):
        read_plan_body(body)


@given(st.sampled_from(sorted(FIELDS)), st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_out_of_range_is_refused_and_never_rounded_into_it(name: str, number: Decimal) -> None:
    try:
        asked = read_plan_body(f'{{"{name}": {number}}}'.encode())
    except BadQuery:
        return
    assert Decimal(asked.stated[name]) == number


def test_a_body_is_bounded() -> None:
    with pytest.raises(BadQuery, match="65,536 bytes"):
        read_plan_body(b" " * (LONGEST_BYTES + 1))


def test_every_field_has_a_description_and_a_type() -> None:
    assert [told["name"] for told in plan_parameters() if told["description"] in ("", ".")] == []
    properties = PLAN_BODY["properties"]
    assert isinstance(properties, dict)
    assert properties.keys() == FIELDS.keys()
