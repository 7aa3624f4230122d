"""Where usage stands that does not stand at the top, and what only looks like it."""

from typing import Any

import pytest

from ledger.usage import TokenUsage
from proxy.dialects import openai_document, openai_embeddings
from proxy.dialects.reading import Reading
from tests.proxy.bodies import USAGE, compact

KNOWN = TokenUsage(input_tokens=11, output_tokens=5)


def read(document: Any) -> Reading:
    reading = openai_document.read(compact(document))
    assert reading is not None
    return reading


def test_usage_of_a_choice_is_the_calls() -> None:
    told = read({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE}]})
    assert (told.usage, told.reported, told.is_extra, told.is_so_far) == (KNOWN, USAGE, False, False)
    other = read({"choices": [{"index": 0, "delta": {}}, {"index": 1, "usage": USAGE}], "usage": None})
    assert (other.usage, other.is_so_far) == (KNOWN, True)


def test_usage_at_the_top_goes_before_that_of_a_choice() -> None:
    assert read({"choices": [{"usage": {"prompt_tokens": 1}}], "usage": USAGE}).usage == KNOWN


def test_usage_within_what_a_model_says_is_text() -> None:
    said = {"role": "assistant", "content": 'the "usage": {"prompt_tokens": 9} is'}
    called = {"function": {"arguments": {"usage": {"prompt_tokens": 9}}}}
    told = read({"choices": [{"delta": said}, {"message": {"tool_calls": [called]}}]})
    assert (told.usage, told.problem) == (None, None)


@pytest.mark.parametrize("choices", [{"usage": USAGE}, [{"usage": USAGE}, 7], [[{"usage": USAGE}]], "x"])
def test_choices_of_no_known_form_tell_nothing(choices: Any) -> None:
    assert read({"choices": choices}).usage is None


@pytest.mark.parametrize("error", [{"message": "overloaded", "code": 503}, "overloaded", True])
def test_an_error_is_the_clients_to_see_though_usage_stands_beside_it(error: Any) -> None:
    """Kept from it, its answer would end in the midst of a sentence for no reason."""
    told = read({"error": error, "usage": USAGE})
    assert (told.usage, told.is_extra) == (KNOWN, False)
    assert read({"error": None, "choices": [], "usage": USAGE}).is_extra


def test_of_embeddings_a_total_alone_is_input() -> None:
    told = openai_embeddings.read(compact({"data": [], "usage": {"total_tokens": 8}}))
    assert told is not None
    assert told.usage == TokenUsage(input_tokens=8)


@pytest.mark.parametrize("usage", [{"total_tokens": "8"}, {"total_tokens": -1}, {"completion_tokens": 3}, {}])
def test_a_total_of_embeddings_that_is_none_is_a_problem(usage: Any) -> None:
    told = openai_embeddings.read(compact({"usage": usage}))
    assert told is not None
    assert told.usage is None
    assert "input_tokens is not a count" in (told.problem or "")


def test_of_a_chat_a_total_alone_is_not_known_to_be_input() -> None:
    assert read({"choices": [{}], "usage": {"total_tokens": 8}}).usage is None


@pytest.mark.parametrize(
    ("choices", "is_so_far"),
    [
        ([{"finish_reason": "stop"}], False),
        ([{"finish_reason": "stop"}, {"finish_reason": None}], False),
        ([{"finish_reason": None}, {"finish_reason": None}], True),
        ([{"delta": {"content": '"finish_reason": "stop"'}, "finish_reason": None}], True),
        ([{"delta": {"content": "x"}}], True),
    ],
)
def test_usage_is_that_of_the_whole_once_a_choice_has_ended(choices: Any, is_so_far: bool) -> None:
    assert read({"choices": choices, "usage": USAGE}).is_so_far is is_so_far
