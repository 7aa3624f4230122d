"""What Anthropic's counts mean: which include which, what is billed, what has no price."""

import time
from typing import Any

import pytest

from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects.anthropic_usage import others, reading_of, service_tier_of, usage_of
from proxy.dialects.reading import NO_TOKENS

WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "input_tokens is not a count"),
    ({"output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": 5}, "output_tokens is not a count"),
    ({"input_tokens": None, "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": "11", "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": -1, "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": 11.0, "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": True, "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": MAX_TOKENS + 1, "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": MAX_TOKENS, "output_tokens": 5, "cache_read_input_tokens": 1}, "input_tokens is not"),
    ({"input_tokens": 11, "output_tokens": "5"}, "output_tokens is not a count"),
    ({"input_tokens": 11, "output_tokens": 5, "cache_read_input_tokens": "3"}, "cache_read_input_tokens is"),
    ({"input_tokens": 11, "output_tokens": 5, "cache_creation_input_tokens": []}, "cache_creation_input_tok"),
    (
        {"input_tokens": 11, "output_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": "2"}},
        "ephemeral_1h_input_tokens is not a count",
    ),
    (
        {"input_tokens": 11, "output_tokens": 5, "output_tokens_details": {"thinking_tokens": 6}},
        "(6) exceed output_tokens (5)",
    ),
    (
        {"input_tokens": 11, "output_tokens": 5, "iterations": [{"input_tokens": "1"}]},
        "input_tokens is not a",
    ),
    ({"prompt_tokens": "11", "completion_tokens": 5}, "input_tokens is not a count"),
]


@pytest.mark.parametrize(("usage", "problem"), WRONG, ids=lambda value: repr(value)[:60])
def test_usage_that_cannot_be_is_a_problem_with_a_name_and_never_a_count(
    usage: dict[str, Any], problem: str
) -> None:
    reading = reading_of(usage)
    assert (reading.usage, reading.units) == (None, None)
    assert problem in (reading.problem or "")


@pytest.mark.parametrize("searches", ["2", -1, 2.0, True, [2]])
def test_searches_that_are_no_count_leave_no_price_without_them(searches: Any) -> None:
    usage = {"input_tokens": 11, "output_tokens": 5, "server_tool_use": {"web_search_requests": searches}}
    reading = reading_of(usage)
    assert reading.usage is None
    assert reading.problem == "usage in the answer is wrong: web_searches is not a count"


@pytest.mark.parametrize("details", [None, [], "x", 7, {}])
def test_details_that_are_no_object_say_nothing(details: Any) -> None:
    usage = {"input_tokens": 11, "output_tokens": 5, "cache_creation": details, "iterations": details}
    usage |= {"output_tokens_details": details}
    assert usage_of(usage) == TokenUsage(input_tokens=11, output_tokens=5)


def test_no_tokens_at_all_are_a_problem() -> None:
    assert reading_of({"input_tokens": 0, "output_tokens": 0}).problem == NO_TOKENS
    assert reading_of({"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 9}).problem is None


@pytest.mark.parametrize(
    ("usage", "tier"),
    [
        ({}, None),
        ({"service_tier": "standard"}, "standard"),
        ({"service_tier": "priority", "speed": "standard"}, "priority"),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": "standard", "inference_geo": "global"}, "standard"),
        ({"service_tier": "standard", "inference_geo": "not_available"}, "standard"),
        ({"service_tier": "standard", "inference_geo": ""}, "standard"),
        ({"inference_geo": "us"}, "us"),
        ({"service_tier": "standard", "inference_geo": "eu"}, "eu"),
        ({"speed": "fast", "inference_geo": "us"}, "fast-us"),
        ({"service_tier": "batch", "inference_geo": "us"}, "batch-us"),
        ({"service_tier": 7, "speed": [], "inference_geo": {}}, None),
    ],
)
def test_what_changes_the_price_is_in_the_service_tier(usage: dict[str, Any], tier: str | None) -> None:
    """A region that costs more, priced as one that does not, would be a tenth too cheap and look right."""
    assert service_tier_of(usage) == tier


COUNTED = {
    "input_tokens": 1,
    "output_tokens": 2,
    "cache_read_input_tokens": 4,
    "cache_creation_input_tokens": 8,
}


def test_rounds_of_the_model_that_answered_add_up_and_replace_the_top() -> None:
    """Where an advisor was asked, the top has the first round's input alone."""
    rounds = [{"type": "message", **COUNTED}, {"type": "message", **COUNTED}]
    usage = usage_of({**COUNTED, "output_tokens": 4, "iterations": rounds})
    assert usage == TokenUsage(input_tokens=26, output_tokens=4, cache_read_tokens=8, cache_write_tokens=16)


def test_compaction_comes_on_top_of_what_a_round_leaves_out() -> None:
    rounds = [{"type": "compaction", **COUNTED}, {"type": "message", "input_tokens": 1, "output_tokens": 2}]
    usage = usage_of({**COUNTED, "iterations": rounds})
    assert usage == TokenUsage(input_tokens=26, output_tokens=4, cache_read_tokens=8, cache_write_tokens=16)


def test_lifetimes_that_some_rounds_leave_out_stay_as_the_top_tells_them() -> None:
    by_lifetime = {"cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 13}}
    rounds = [{"type": "message", **COUNTED}, {"type": "message", **COUNTED, "cache_creation": {}}]
    usage = usage_of({**COUNTED, **by_lifetime, "iterations": rounds})
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens) == (16, 13)


def test_rounds_that_count_nothing_change_nothing() -> None:
    usage = {"input_tokens": 11, "output_tokens": 5}
    lists: list[list[Any]] = [[], [{}], [{"type": "message"}], [None, 7], [{"type": "advisor_message"}]]
    for rounds in lists:
        assert usage_of({**usage, "iterations": rounds}) == TokenUsage(input_tokens=11, output_tokens=5)


def test_an_advisor_is_read_at_the_tier_of_the_call_and_its_faults_are_its_own() -> None:
    advised = {"type": "advisor_message", "model": "wise", **COUNTED}
    usage = {**COUNTED, "service_tier": "batch", "inference_geo": "us"}
    right, wrong = others({**usage, "iterations": [advised, {**advised, "output_tokens": "2"}]})
    assert (right.model, right.service_tier, right.usage) == ("wise", "batch-us", usage_of(COUNTED))
    assert (wrong.model, wrong.usage) == ("wise", None)
    assert wrong.problem == "usage in the answer is wrong: output_tokens is not a count of tokens"
    assert reading_of({**usage, "iterations": [{**advised, "output_tokens": "2"}]}).usage is not None


def test_a_list_of_rounds_as_long_as_an_event_may_be_is_read_in_passing() -> None:
    rounds = [{"type": "message"}] * 80_000
    before_s = time.process_time()
    reading_of({**COUNTED, "iterations": rounds})
    others({**COUNTED, "iterations": rounds})
    assert time.process_time() - before_s < 5
