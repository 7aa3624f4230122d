"""The usage object that so many send, each a little differently."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.usage import TokenUsage
from proxy.dialects import openai_document
from proxy.dialects.openai_usage import usage_of
from tests.proxy.bodies import compact


def with_total(total: int, **details: Any) -> TokenUsage:
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": total}
    return usage_of({**usage, "completion_tokens_details": details})


def test_output_that_only_the_total_tells_is_inferred() -> None:
    assert with_total(36) == TokenUsage(input_tokens=11, output_tokens=25, inferred_tokens=20)


def test_output_that_reasoning_tokens_state_is_not_inferred() -> None:
    assert with_total(36, reasoning_tokens=20) == TokenUsage(
        input_tokens=11, output_tokens=25, reasoning_tokens=20
    )


@pytest.mark.parametrize("reasoning", [0, 19])
def test_reasoning_tokens_that_state_another_number_explain_nothing(reasoning: int) -> None:
    assert with_total(36, reasoning_tokens=reasoning).inferred_tokens == 20


def test_reasoning_within_the_completion_adds_nothing() -> None:
    assert with_total(16, reasoning_tokens=4) == TokenUsage(
        input_tokens=11, output_tokens=5, reasoning_tokens=4
    )


@pytest.mark.parametrize(
    "details", [{}, {"prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 375}}]
)
def test_audio_that_is_heard_beside_the_prompt_is_input_and_not_taken_for_thinking(
    details: dict[str, Any],
) -> None:
    """Mistral: 419 - 3 - 41 = 375 tokens are the 12 seconds that went in."""
    usage = {"prompt_audio_seconds": 12, "prompt_tokens": 3, "completion_tokens": 41, "total_tokens": 419}
    heard = usage_of({**usage, **details})
    assert (heard.input_tokens, heard.input_audio_tokens, heard.output_tokens) == (378, 375, 41)
    assert heard.inferred_tokens is None


@pytest.mark.parametrize("seconds", [0, None, "12", True])
def test_without_seconds_of_audio_the_rest_of_the_total_is_output(seconds: Any) -> None:
    usage = {
        "prompt_audio_seconds": seconds,
        "prompt_tokens": 3,
        "completion_tokens": 41,
        "total_tokens": 419,
    }
    assert usage_of(usage).output_tokens == 416


def test_what_a_prediction_did_not_get_right_is_a_part_of_the_completion() -> None:
    usage = with_total(16, rejected_prediction_tokens=3, accepted_prediction_tokens=1)
    assert (usage.output_tokens, usage.rejected_prediction_tokens) == (5, 3)


def test_images_that_come_out_are_told_apart_and_those_that_go_in_are_not() -> None:
    usage = usage_of(
        {
            "prompt_tokens": 300,
            "completion_tokens": 1300,
            "prompt_tokens_details": {"image_tokens": 258},
            "completion_tokens_details": {"image_tokens": 1290},
        }
    )
    assert (usage.input_image_tokens, usage.output_image_tokens) == (None, 1290)


@pytest.mark.parametrize(
    ("hit", "miss", "problem"),
    [(None, 7, "input_tokens"), (5, None, "input_tokens"), ("5", 7, "input_tokens")],
)
def test_half_of_deepseeks_prompt_is_no_prompt(hit: Any, miss: Any, problem: str) -> None:
    usage = {"prompt_cache_hit_tokens": hit, "prompt_cache_miss_tokens": miss, "completion_tokens": 1}
    with pytest.raises(ValueError, match=problem):
        usage_of(usage)


def test_a_prompt_that_is_told_goes_before_hits_and_misses() -> None:
    usage = {"prompt_tokens": 20, "prompt_cache_hit_tokens": 5, "prompt_cache_miss_tokens": 7}
    assert usage_of(usage) == TokenUsage(input_tokens=20, cache_read_tokens=5)


def test_reasoning_at_the_top_is_perplexitys_alone() -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "reasoning_tokens": 3}
    assert usage_of(usage) == TokenUsage(input_tokens=11, output_tokens=5)
    assert usage_of({**usage, "citation_tokens": 2}) == TokenUsage(
        input_tokens=11, output_tokens=10, reasoning_tokens=3
    )


@pytest.mark.parametrize("x_groq", [None, [], "x", {}, {"usage": None}, {"id": "req_1"}])
def test_what_groq_says_without_usage_is_no_usage_and_no_problem(x_groq: Any) -> None:
    reading = openai_document.read(compact({"x_groq": x_groq}))
    assert reading is not None
    assert (reading.usage, reading.problem) == (None, None)


def test_usage_at_the_top_goes_before_groqs() -> None:
    reading = openai_document.read(
        compact({"usage": {"prompt_tokens": 7}, "x_groq": {"usage": {"prompt_tokens": 9}}})
    )
    assert reading is not None
    assert reading.usage == TokenUsage(input_tokens=7)


NAMES = [
    "prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens", "citation_tokens",
    "prompt_cache_hit_tokens", "prompt_cache_miss_tokens", "prompt_tokens_details",
    "completion_tokens_details", "image_tokens", "audio_tokens", "rejected_prediction_tokens",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 20) | VALUES))
def test_every_usage_is_counts_or_a_problem(usage: dict[str, Any]) -> None:
    reading = openai_document.read(compact({"usage": usage, "x_groq": usage, "timings": usage}))
    assert reading is not None or b"Infinity" in compact(usage) or max_integer(usage) >= 2**64
    assert reading is None or (reading.usage is None) != (reading.problem is None)


@given(st.dictionaries(st.sampled_from(NAMES[:3]), st.integers(0, 20) | VALUES))
def test_totals_alone_come_to_the_same_as_beside_something_that_says_nothing(usage: dict[str, Any]) -> None:
    assert told(usage) == told({**usage, "image_tokens": None})


def told(usage: dict[str, Any]) -> TokenUsage | str:
    try:
        return usage_of(usage)
    except ValueError as error:
        return str(error)


def max_integer(value: Any) -> int:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return max(map(max_integer, inner), default=0)
    return abs(value) if isinstance(value, int) else 0


WRITES: list[tuple[dict[str, Any], int | None, int | None]] = [
    ({}, None, None),
    ({"cache_write_tokens": 4}, 4, None),
    ({"cache_creation_input_tokens": 4, "cache_creation": {"ephemeral_5m_input_tokens": 4}}, 4, None),
    ({"cache_creation_input_tokens": 4, "cache_creation": {"ephemeral_1h_input_tokens": 3}}, 4, 3),
    ({"cache_write_tokens": 4, "cache_creation_tokens": 4, "cache_creation_token_details": None}, 4, None),
    ({"cache_creation_tokens": 4, "cache_creation_token_details": {"ephemeral_1h_input_tokens": 4}}, 4, 4),
    ({"cache_write_tokens": None, "cache_creation_tokens": 0}, 0, None),
]


@pytest.mark.parametrize(("details", "written", "for_an_hour"), WRITES)
def test_what_is_written_to_a_cache_is_told_apart_under_whichever_name(
    details: dict[str, Any], written: int | None, for_an_hour: int | None
) -> None:
    usage = usage_of({"prompt_tokens": 11, "prompt_tokens_details": details})
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens) == (written, for_an_hour)


def test_more_written_than_was_sent_is_a_problem_and_no_count() -> None:
    details = {"cached_tokens": 8, "cache_creation_input_tokens": 4}
    with pytest.raises(ValueError, match="cached tokens \\(12\\) exceed input_tokens \\(11\\)"):
        usage_of({"prompt_tokens": 11, "prompt_tokens_details": details})


def test_cached_tokens_at_the_top_count_where_the_details_have_none() -> None:
    top = {"prompt_tokens": 11, "cached_tokens": 4}
    assert usage_of(top).cache_read_tokens == 4
    assert usage_of({**top, "prompt_tokens_details": {"cached_tokens": 3}}).cache_read_tokens == 3
