"""Searches that a provider ran itself are charged beside tokens: left out, the price is half a price."""

from typing import Any

import pytest

from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import openai_document
from proxy.dialects.server_tools import searches_in
from tests.proxy.bodies import USAGE, compact


@pytest.mark.parametrize(
    ("usage", "searches"),
    [
        ({"server_tool_use": {"web_search_requests": 2}}, 2),
        ({"server_tool_use": {"web_search_requests": 0}}, 0),
        ({"server_tool_use": {"web_search_requests": 2, "tool_calls_executed": 3}}, 2),
        ({"server_side_tool_usage_details": {"web_search_calls": 3, "x_search_calls": 1}}, 3),
        ({"server_tool_use": None, "server_side_tool_usage_details": {"web_search_calls": 3}}, 3),
    ],
)
def test_searches_are_counted_wherever_they_are_told(usage: dict[str, Any], searches: int) -> None:
    assert searches_in(usage) == Units(web_searches=searches)


@pytest.mark.parametrize("details", [None, [], "x", 7, {}, {"web_fetch_requests": 3}])
def test_no_word_of_searches_is_no_count_of_them(details: Any) -> None:
    assert searches_in({"server_tool_use": details}) is None
    assert searches_in({}) is None


@pytest.mark.parametrize("searches", ["2", -1, 1.5, True, [2], 2**60])
def test_searches_that_are_no_count_leave_no_price_without_them(searches: Any) -> None:
    usage = {**USAGE, "server_tool_use": {"web_search_requests": searches}}
    reading = openai_document.read(compact({"choices": [{}], "usage": usage}))
    assert reading is not None
    assert (reading.usage, reading.units) == (None, None)
    assert reading.problem == "usage in the answer is wrong: web_searches is not a count"


def test_searches_beside_tokens_that_are_wrong_are_not_charged_alone() -> None:
    usage = {"prompt_tokens": -1, "server_tool_use": {"web_search_requests": 2}}
    reading = openai_document.read(compact({"usage": usage}))
    assert reading is not None
    assert (reading.usage, reading.units) == (None, None)


def test_searches_of_a_chat_are_units_beside_its_tokens() -> None:
    usage = {**USAGE, "server_tool_use": {"web_search_requests": 2}}
    reading = openai_document.read(compact({"usage": usage}))
    assert reading is not None
    assert reading.usage == TokenUsage(input_tokens=11, output_tokens=5)
    assert reading.units == Units(web_searches=2)
