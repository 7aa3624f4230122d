"""What upstream reported is kept beside what was read from it: all of its numbers, and none of its words."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import LONGEST_REPORTED
from ledger.usage import TokenUsage
from proxy.dialects import (
    anthropic_messages,
    anthropic_usage,
    gemini_usage,
    ollama_counts,
    openai_embeddings,
    openai_responses,
    openai_usage,
)
from proxy.dialects.dialect import Framing
from proxy.dialects.reading import Reading
from proxy.dialects.upstream_cost import exact
from proxy.learned import Learned
from proxy.reported import LONGEST_NAME, MOST_MEMBERS, render_reported
from proxy.tap import DocumentTap, StreamTap, Tap
from tests.proxy.bodies import (
    compact,
    event,
)
from tests.proxy.recorded import Recorded, recorded

JSON = ("Content-Type", "application/json")
RENDERED_USAGE = '{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}'


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"n": 1, "text": "hello", "yes": True, "no": None}, '{"n":1}'),
        ({"deep": {"er": [{"words": "none"}, "x", 7, [8.5]]}}, '{"deep":{"er":[7,[8.5]]}}'),
        ({"a.b-c_D9": 0, "9": 1}, '{"a.b-c_D9":0,"9":1}'),
        ({"a b": 1, "": 2, "\u00e9": 3, 'a"': 4, "a\n": 5, "n" * 65: 6, "n" * 64: 7}, f'{{"{"n" * 64}":7}}'),
        ({"cost": Decimal("0.000425"), "ticks": 20_400_000}, '{"cost":0.000425,"ticks":20400000}'),
        ({"a": {}, "b": [], "c": {"d": "e"}, "f": [["g"]]}, None),
        ({"n": -1}, '{"n":-1}'),
        ([1], None),
        ("text", None),
        (None, None),
        (7, None),
    ],
)
def test_numbers_stay_under_their_names_and_everything_else_is_dropped(told: Any, kept: str | None) -> None:
    assert render_reported(told) == kept


@pytest.mark.parametrize(
    "number",
    [
        *(2**63, -(2**63), 10**400, 1e308 * 10, float("nan")),
        *map(Decimal, ("NaN", "Infinity", "1E+1000", "1E-1000", "0." + "1" * 50)),
        exact("1e99999999999999999999"),
    ],
)
def test_a_number_that_no_reader_of_json_holds_is_dropped_and_raises_nothing(number: Any) -> None:
    assert render_reported({"n": number, "m": 1}) == '{"m":1}'


COUNTS: st.SearchStrategy[Any] = st.integers(0, 9) | st.sampled_from(
    [True, None, {}, [], "9", 1.5, Decimal("0.1"), -1, 1 << 63, (1 << 63) - 1, -(1 << 63), 1 << 70]
)
USUAL_NAMES = st.sampled_from(["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "cost"])
USUAL_DETAILS = st.dictionaries(
    st.sampled_from(["cached_tokens", "audio_tokens", "other"]), COUNTS, max_size=3
)


@given(
    st.dictionaries(USUAL_NAMES, COUNTS, max_size=4),
    st.dictionaries(
        st.sampled_from(["prompt_tokens_details", "completion_tokens_details"]),
        USUAL_DETAILS | COUNTS,
        max_size=2,
    ),
)
def test_what_is_usual_is_kept_as_it_is_and_nothing_else_is(
    totals: dict[str, Any], parts: dict[str, Any]
) -> None:
    told = {**totals, **parts}
    with patch("proxy.reported._is_usual", return_value=False):
        looked_through = render_reported(told)
    assert render_reported(told) == looked_through


def test_what_is_nested_too_deep_is_dropped() -> None:
    told = {"n": 1, "a": {"n": 2, "b": {"n": 3, "c": {"n": 4, "d": {"n": 5}}}}}
    assert render_reported(told) == '{"n":1,"a":{"n":2,"b":{"n":3,"c":{"n":4}}}}'
    endless: dict[str, Any] = {}
    endless["again"] = endless
    assert render_reported(endless) is None


def test_of_what_is_too_long_the_deepest_goes_first_and_the_totals_last() -> None:
    """Anthropic's iterations grow with the rounds of an agent; the totals do not."""
    rounds = [{"input_tokens": 1000 + number} for number in range(100)]
    told = {"input_tokens": 7, "cache_creation": {"ephemeral_5m_input_tokens": 3}, "iterations": rounds}
    assert render_reported(told) == '{"input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":3}}'
    listed = {"input_tokens": 7, "each": [10**9 + number for number in range(200)]}
    assert render_reported(listed) == '{"input_tokens":7}'
    assert render_reported({f"member_{number:04d}": 1 for number in range(200)}) is None


def test_what_has_too_many_members_is_not_looked_through() -> None:
    for many in ([1] * (MOST_MEMBERS + 1), {str(number): 1 for number in range(MOST_MEMBERS + 1)}):
        assert render_reported({"n": 1, "many": many}) == '{"n":1}'
    assert render_reported({"many": [1] * MOST_MEMBERS}) is not None


NUMBERS = st.integers() | st.floats() | st.decimals()
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=70), inner, max_size=4),
)


@given(st.dictionaries(st.text(max_size=70) | st.sampled_from(["a", "b"]), ANYTHING))
def test_whatever_upstream_sends_what_is_kept_is_short_json_of_numbers_alone(told: dict[str, Any]) -> None:
    text = render_reported(told)
    if text is not None:
        assert len(text) <= LONGEST_REPORTED
        assert text.isascii()
        check_numbers(json.loads(text))


def check_numbers(kept: Any) -> None:
    if isinstance(kept, dict):
        assert all(0 < len(name) <= LONGEST_NAME for name in kept)
    if isinstance(kept, (dict, list)):
        assert kept, "an empty object or list says nothing"
        for value in kept.values() if isinstance(kept, dict) else kept:
            check_numbers(value)
    else:
        assert type(kept) in (int, float)


ANSWERS = [*recorded(".json"), *recorded(".sse"), *recorded(".ndjson")]


def heard(case: Recorded) -> Tap:
    framing = Framing.LINES if case.file.suffix == ".ndjson" else Framing.EVENTS
    is_document = case.file.suffix == ".json"
    tap = DocumentTap(case.dialect) if is_document else StreamTap(case.dialect, framing, hide=False)
    tap.feed(case.body)
    tap.finish()
    return tap


def named(name: str) -> Recorded:
    return next(case for case in ANSWERS if case.name == name)


BY_HAND: dict[str, dict[str, Any]] = {
    "anthropic_messages/streamed": {"input_tokens": 25, "output_tokens": 15},
    "anthropic_messages/streamed_caches": {
        "input_tokens": 4,
        "cache_creation_input_tokens": 248,
        "cache_read_input_tokens": 1800,
        "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
        "output_tokens": 12,
        "output_tokens_details": {"thinking_tokens": 0},
    },
    "anthropic_messages/streamed_cut": {"input_tokens": 25, "output_tokens": 1},
    "anthropic_messages/streamed_openai_counts": {"input_tokens": 25, "completion_tokens": 15},
    "gemini_stream/events": {
        "promptTokenCount": 6,
        "candidatesTokenCount": 9,
        "totalTokenCount": 49,
        "promptTokensDetails": [{"tokenCount": 6}],
        "thoughtsTokenCount": 34,
    },
    "gemini_interactions/total_usage": {
        "total_input_tokens": 11,
        "total_output_tokens": 40,
        "total_tokens": 51,
    },
    "ollama_chat/streamed": {
        "prompt_eval_count": 11,
        "prompt_eval_cached_count": 8,
        "eval_count": 18,
        "total_duration": 174560334,
        "load_duration": 101397084,
        "prompt_eval_duration": 13074791,
        "eval_duration": 52479709,
    },
    "openai_chat/gateway_zero_usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "openai_chat/groq_not_asked": {
        "queue_time": 0.0375,
        "prompt_tokens": 23,
        "prompt_time": 0.006,
        "completion_tokens": 19,
        "completion_time": 0.022,
        "total_tokens": 42,
        "total_time": 0.028,
    },
    "openai_chat/llama_cpp_not_asked": {
        "timings": {
            "cache_n": 23,
            "prompt_n": 1,
            "prompt_ms": 0.172,
            "prompt_per_token_ms": 0.172,
            "prompt_per_second": 5813.9534883720935,
            "predicted_n": 4,
            "predicted_ms": 0.285,
            "predicted_per_token_ms": 0.09499999999999999,
            "predicted_per_second": 10526.315789473685,
        }
    },
    "openai_chat/vllm_forced": {"prompt_tokens": 20, "total_tokens": 23, "completion_tokens": 3},
    "openai_responses/openai_streamed": {
        "input_tokens": 37,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 11,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 48,
    },
    "openai_transcriptions/whisper_verbose": {"duration": 8.470000267028809},
    "rerank/cohere_v2": {"meta": {"billed_units": {"search_units": 1}, "tokens": {"input_tokens": 326}}},
}


@pytest.mark.parametrize("name", BY_HAND)
def test_what_a_recorded_answer_reports_is_kept_as_it_was_written(name: str) -> None:
    text = render_reported(heard(named(name)).learned.reported)
    assert text is not None
    assert json.loads(text) == BY_HAND[name]


WITHOUT_A_REPORT = {"ollama_chat/load", "ollama_generate/unload", "openai_images/dall_e"}
"""No prompt was there to count; images are counted where they stand."""


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.name)
def test_every_answer_that_is_metered_leaves_its_evidence_and_each_name_in_it_is_upstreams(
    case: Recorded,
) -> None:
    tap = heard(case)
    told = [tap.learned, *(item.reading for item in tap.take_items())]
    for one in told:
        text = render_reported(one.reported)
        is_metered = one.usage is not None or one.units is not None
        assert not is_metered or text is not None or case.name in WITHOUT_A_REPORT
        names = text.split('"')[1::2] if text else []
        assert all(f'"{name}"'.encode() in case.body for name in names)


Derive = Callable[[dict[str, Any]], TokenUsage]
DERIVED: dict[str, Derive] = {
    "openai_chat": openai_usage.usage_of,
    "openai_completions": openai_usage.usage_of,
    "openai_embeddings": openai_embeddings.usage_of,
    "openai_responses": openai_responses.usage_of,
    "anthropic_messages": lambda kept: anthropic_usage.usage_of(dict(kept)),
    "gemini": gemini_usage.usage_of,
    "gemini_stream": gemini_usage.usage_of,
}
TELLS_BY_WORDS = {"promptTokensDetails", "toolUsePromptTokensDetails", "cacheTokensDetails", "iterations"}
"""Lists whose entries say in words what they count: their numbers are kept, in order, without the words."""
TIMINGS_ALONE = "llama_cpp_not_asked"


def derivable() -> list[Recorded]:
    found = [case for case in ANSWERS if case.name.partition("/")[0] in DERIVED and case.usage]
    return [case for case in found if TIMINGS_ALONE not in case.name and b'"iterations"' not in case.body]


@pytest.mark.parametrize("case", derivable(), ids=lambda case: case.name)
def test_the_counts_can_be_derived_again_from_what_is_kept(case: Recorded) -> None:
    kept = json.loads(render_reported(heard(case).learned.reported) or "")
    derived = DERIVED[case.name.partition("/")[0]](kept)
    assert case.usage is not None
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens", "inferred_tokens"):
        assert getattr(derived, name) == getattr(case.usage, name)
    if not TELLS_BY_WORDS & kept.keys():
        assert derived == case.usage


def test_calls_that_an_answer_tells_of_have_each_their_own_report() -> None:
    items = heard(named("openai_batch/output")).take_items()
    kept = [render_reported(item.reading.reported) for item in items]
    assert kept[1] == '{"prompt_tokens":8,"total_tokens":8}'
    assert kept[0] is not None
    assert kept[0].startswith('{"prompt_tokens":22,"completion_tokens":2,')


def test_a_later_report_that_cannot_be_used_does_not_replace_the_one_that_was() -> None:
    """The counts of the row are those of the first; its evidence has to be the same."""
    used = Reading(usage=TokenUsage(input_tokens=1), reported={"n": 1})
    wrong = Reading(problem="wrong", reported={"n": -1})
    assert Learned().after(used).after(wrong).reported == {"n": 1}
    assert Learned().after(wrong).after(used).reported == {"n": 1}
    assert Learned().after(wrong).reported == {"n": -1}
    assert Learned().after(used).after(Reading(model="m")).reported == {"n": 1}


def test_usage_that_comes_with_every_event_is_evidence_as_it_came_last() -> None:
    growing = [Reading(usage=TokenUsage(input_tokens=n), reported={"n": n}) for n in (1, 2)]
    assert Learned().after(growing[0]).after(growing[1]).reported == {"n": 2}


def test_an_answer_that_turns_out_not_to_be_billed_keeps_what_it_reported() -> None:
    case = named("anthropic_messages/refused_before_any_output")
    learned = heard(case).learned
    assert (learned.usage, learned.is_unbilled) == (None, True)
    assert render_reported(learned.reported) == '{"input_tokens":412,"output_tokens":0}'


def test_no_count_that_upstream_left_out_is_put_in() -> None:
    """Both readers count a 0 where upstream says nothing."""
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 9}}}
    tap = StreamTap(anthropic_messages.DIALECT, hide=False)
    tap.feed(event(start))
    assert tap.learned.usage == TokenUsage(input_tokens=9)
    assert render_reported(tap.learned.reported) == '{"input_tokens":9}'
    reading = ollama_counts.read(compact({"done": True, "prompt_eval_count": 9}))
    assert reading is not None
    assert render_reported(reading.reported) == '{"prompt_eval_count":9}'
