"""Ollama's counts and durations, and what is made of those that cannot be."""

from typing import Any

import pytest

from ledger.timings import Timings
from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects.ollama_counts import read
from proxy.dialects.reading import NO_TOKENS
from tests.proxy.bodies import compact

COUNTS = {"model": "m", "done": True, "prompt_eval_count": 11, "eval_count": 18}


@pytest.mark.parametrize("count", ["11", -1, 11.0, True, [11], MAX_TOKENS + 1])
@pytest.mark.parametrize("name", ["prompt_eval_count", "eval_count", "prompt_eval_cached_count"])
def test_a_count_that_cannot_be_is_a_problem_and_never_a_count(name: str, count: Any) -> None:
    reading = read(compact({**COUNTS, name: count}))
    assert reading is not None
    assert (reading.usage, reading.model, reading.is_last) == (None, "m", True)
    assert "is not a count of tokens" in (reading.problem or "")


@pytest.mark.parametrize("duration", ["5", -5, 5.5, True, MAX_TOKENS + 1])
def test_a_duration_that_cannot_be_is_none_and_takes_no_tokens_with_it(duration: Any) -> None:
    reading = read(compact({**COUNTS, "load_duration": duration, "eval_duration": 1_999}))
    assert reading is not None
    assert reading.usage == TokenUsage(input_tokens=11, output_tokens=18)
    assert reading.timings == Timings(decode_us=1)


def test_no_durations_are_no_timings() -> None:
    reading = read(compact(COUNTS))
    assert reading is not None
    assert reading.timings is None


def test_lines_before_the_last_tell_the_model_and_no_problem() -> None:
    reading = read(compact({"model": "m", "message": {"content": "x"}, "done": False}))
    assert reading is not None
    assert (reading.model, reading.usage, reading.problem, reading.is_last) == ("m", None, None, False)


def test_counts_before_the_end_are_not_final() -> None:
    under_way, last = (read(compact({**COUNTS, "done": done})) for done in (False, True))
    assert under_way is not None
    assert last is not None
    assert (under_way.is_partial, last.is_partial) == (True, False)


def test_no_tokens_at_all_are_a_problem_and_loading_a_model_takes_none() -> None:
    nothing = read(compact({**COUNTS, "prompt_eval_count": 0, "eval_count": 0}))
    loaded = read(compact({"model": "m", "done": True, "done_reason": "load"}))
    assert nothing is not None
    assert loaded is not None
    assert (nothing.usage, nothing.problem) == (None, NO_TOKENS)
    assert (loaded.usage, loaded.problem) == (TokenUsage(input_tokens=0), None)


@pytest.mark.parametrize("reason", [None, 7, [], {}, "stop", "loaded"])
def test_any_other_reason_leaves_a_missing_prompt_unknown(reason: Any) -> None:
    reading = read(compact({"done": True, "done_reason": reason, "eval_count": 5}))
    assert reading is not None
    assert (reading.usage, reading.problem) == (None, "prompt_eval_count is missing")


@pytest.mark.parametrize("document", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 5000])
def test_what_is_no_json_object_tells_nothing(document: bytes) -> None:
    assert read(document) is None


@pytest.mark.parametrize("number", ["1e999999", "9" * 5000, "NaN", "-0"])
def test_numbers_that_no_machine_holds_raise_nothing(number: str) -> None:
    reading = read(b'{"done":true,"prompt_eval_count":%s}' % number.encode())
    assert reading is None or reading.usage is None
