"""What a tap learns from an answer, and that it hands on every byte."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.call import UsageBasis
from ledger.usage import TokenUsage
from proxy.dialects import openai_chat, openai_embeddings
from proxy.dialects.reading import Reading
from proxy.kept import MAX_KEPT_BYTES
from proxy.learned import Learned
from proxy.outline import HEAD_BYTES
from proxy.sse import MAX_EVENT_BYTES
from proxy.tap import MAX_DOCUMENT_BYTES, DocumentTap, NoTap, StreamTap
from tests.proxy.bodies import (
    ASKED_EVENTS,
    CHAT_ANSWER,
    DONE,
    PLAIN_EVENTS,
    USAGE,
    USAGE_EVENT,
    chat_answer,
    chunk,
    compact,
    event,
)
from tests.proxy.test_sse import cut

ELEVEN_AND_FIVE = TokenUsage(input_tokens=11, output_tokens=5)


def learned_from(*events: bytes, hide: bool = False) -> tuple[Learned, bytes]:
    tap = StreamTap(openai_chat.DIALECT, hide=hide)
    seen = b"".join(map(tap.feed, events)) + tap.finish()
    return tap.learned, seen


@given(st.lists(st.integers(0, 1000), max_size=8))
@settings(deadline=None)
def test_usage_of_a_document_does_not_depend_on_where_it_is_cut(places: list[int]) -> None:
    tap = DocumentTap(openai_chat.DIALECT)
    pieces = cut(CHAT_ANSWER, places)
    assert [tap.feed(piece) for piece in pieces] == pieces
    assert tap.finish() == b""
    assert tap.learned == Learned(model="small-model", usage=ELEVEN_AND_FIVE, reported=USAGE)


def test_what_is_kept_of_a_document_is_its_start_however_long_it_is() -> None:
    text = b'{"choices":[' + b" " * (MAX_DOCUMENT_BYTES + 5000) + b"]}"
    for size in (10, len(text)):
        tap = DocumentTap(openai_chat.DIALECT)
        for at in range(0, size, 7000):
            tap.feed(text[:size][at : at + 7000])
        tap.finish()
        assert tap.kept.size == size
        assert b"".join(tap.kept.documents()) == text[:size][:MAX_KEPT_BYTES]


def test_the_usage_event_and_nothing_else_is_kept_from_a_client_that_did_not_ask() -> None:
    learned, seen = learned_from(*ASKED_EVENTS, hide=True)
    assert seen == b"".join(PLAIN_EVENTS)
    assert learned == Learned(model="small-model", usage=ELEVEN_AND_FIVE, reported=USAGE, done=True)


def test_usage_on_the_last_event_with_choices_is_kept() -> None:
    """transformers serve and some gateways put it there, asked or not; the text beside it is the client's."""
    last = chunk("lo!", usage=USAGE)
    learned, seen = learned_from(chunk("Hel"), last, DONE, hide=True)
    assert seen == chunk("Hel") + last + DONE
    assert learned.usage == ELEVEN_AND_FIVE


def test_a_first_event_without_choices_that_tells_no_usage_is_kept() -> None:
    """Azure begins so; taking it for the usage event would lose the content filter's verdict."""
    first = event({"choices": [], "id": "", "model": "", "prompt_filter_results": [{"prompt_index": 0}]})
    learned, seen = learned_from(first, *ASKED_EVENTS, hide=True)
    assert seen == first + b"".join(PLAIN_EVENTS)
    assert learned.model == "small-model"


def test_usage_that_grows_with_every_event_is_replaced_and_never_added_up() -> None:
    """vLLM and Gemini count from the start each time: the last one is the call's."""
    growing = [chunk("x", usage={"prompt_tokens": 11, "completion_tokens": n}) for n in (1, 2, 5)]
    assert learned_from(*growing, DONE)[0].usage == ELEVEN_AND_FIVE


def finishing(**more: Any) -> bytes:
    return event({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}], **more})


TIMINGS = {"cache_n": 1, "prompt_n": 10, "predicted_n": 5}


@pytest.mark.parametrize("told", [{"usage": USAGE}, {"timings": TIMINGS}], ids=["vllm", "llama.cpp"])
def test_counts_beside_text_that_goes_on_are_a_part_until_the_stream_has_ended(told: dict[str, Any]) -> None:
    """Both count in the last event with choices too, which says why it stopped: those are final."""
    tap = StreamTap(openai_chat.DIALECT, hide=False)
    tap.feed(chunk('"finish_reason":"stop"', **told))
    assert tap.learned.basis is UsageBasis.PARTIAL
    assert not tap.learned.lacks_usage, "an estimate would replace what was counted"
    for end in (finishing(**told), USAGE_EVENT, DONE):
        ended = StreamTap(openai_chat.DIALECT, hide=False)
        ended.feed(chunk("lo", **told) + end)
        assert ended.learned.basis is UsageBasis.REPORTED
    cut_cleanly = StreamTap(openai_chat.DIALECT, hide=False)
    cut_cleanly.feed(chunk("lo", **told))
    cut_cleanly.finish()
    assert cut_cleanly.learned.basis is UsageBasis.REPORTED


def test_counts_of_a_document_are_final_though_it_does_not_say_why_it_stopped() -> None:
    tap = DocumentTap(openai_chat.DIALECT)
    tap.feed(CHAT_ANSWER.replace(b'"finish_reason":"stop"', b'"finish_reason":null'))
    tap.finish()
    assert (tap.learned.usage, tap.learned.basis) == (ELEVEN_AND_FIVE, UsageBasis.REPORTED)


def test_usage_that_was_set_is_not_lost_to_a_null_after_it() -> None:
    learned, _ = learned_from(USAGE_EVENT, chunk("late", usage=None), DONE)
    assert learned.usage == ELEVEN_AND_FIVE
    assert learned.problem is None


def test_a_cut_stream_keeps_the_model_it_had_told() -> None:
    tap = StreamTap(openai_chat.DIALECT, hide=False)
    tap.feed(chunk("Hel"))
    assert tap.learned == Learned(model="small-model")


def test_a_last_event_without_its_blank_line_is_metered_and_passed_on() -> None:
    learned, seen = learned_from(chunk("Hel"), chunk("lo!", usage=USAGE)[:-2], hide=True)
    assert learned.usage == ELEVEN_AND_FIVE
    assert seen == chunk("Hel") + chunk("lo!", usage=USAGE)[:-2]


def test_a_stream_and_a_document_without_usage_say_so() -> None:
    assert learned_from(*PLAIN_EVENTS)[0].problem == "the stream reported no usage"
    tap = DocumentTap(openai_chat.DIALECT)
    tap.feed(compact({"model": "m", "choices": []}))
    tap.finish()
    assert (tap.learned.model, tap.learned.problem) == ("m", "the answer reports no usage")


@pytest.mark.parametrize(
    "document", [b"", b"<html>", b"[]", b"null", b'{"usage":', b"[" * 150_000, b'{"a":' * 30_000, b'{"a":1}x']
)
def test_an_answer_that_is_no_json_object_is_a_problem_and_no_exception(document: bytes) -> None:
    tap = DocumentTap(openai_chat.DIALECT)
    assert tap.feed(document) == document
    tap.finish()
    assert tap.learned == Learned(problem="the answer is not JSON")


def test_usage_at_the_end_of_an_answer_too_long_to_hold_is_found() -> None:
    numbers = [0.123456789] * 50_000
    body = compact(
        {"data": [{"embedding": numbers}], "model": "e", "usage": {"prompt_tokens": 8, "total_tokens": 8}}
    )
    assert len(body) > 2 * MAX_DOCUMENT_BYTES
    tap = DocumentTap(openai_embeddings.DIALECT)
    for start in range(0, len(body), 65_536):
        tap.feed(body[start : start + 65_536])
        assert len(b"".join(tap._parts)) <= MAX_DOCUMENT_BYTES
    tap.finish()
    assert tap.learned.usage == TokenUsage(input_tokens=8)


def test_usage_before_the_data_of_an_answer_too_long_to_hold_is_found() -> None:
    """llama.cpp writes model and usage first, then its embeddings."""
    usage = (
        b'{"model":"tiny","object":"list","usage":{"prompt_tokens":8,"total_tokens":8},"data":[{"embedding":['
    )
    tap = DocumentTap(openai_embeddings.DIALECT)
    for piece in (usage, *[b"0.123456789," * 4000] * 20, b'0],"usage":{"n":1}}]}'):
        assert tap.feed(piece) == piece
    tap.finish()
    reported = {"prompt_tokens": 8, "total_tokens": 8}
    assert tap.learned == Learned(model="tiny", usage=TokenUsage(input_tokens=8), reported=reported)


@pytest.mark.parametrize(
    "start",
    [
        b'{"data":{"usage":{"prompt_tokens":9},"a":"',
        b'{"data":"\\"usage\\":{\\"prompt_tokens\\":9}, ',
        b'[{"usage":{"prompt_tokens":9},"a":"',
    ],
)
def test_what_only_looks_like_usage_at_the_start_of_a_long_answer_is_not_counted(start: bytes) -> None:
    tap = DocumentTap(openai_chat.DIALECT)
    tap.feed(start + b"x" * (MAX_DOCUMENT_BYTES + 1))
    tap.finish()
    assert tap.learned.usage is None
    assert tap.learned.problem is not None


@pytest.mark.parametrize(
    "end",
    [
        b'"text":"\\"usage\\":{\\"prompt_tokens\\":9}"}',
        b'"nested":{"usage":{"prompt_tokens":9}}}',
        b'"list":[{"usage":{"prompt_tokens":9}}]}',
        b'"text":"the end"}',
    ],
)
def test_what_only_looks_like_usage_at_the_end_of_a_long_answer_is_not_counted(end: bytes) -> None:
    tap = DocumentTap(openai_chat.DIALECT)
    tap.feed(b'{"a":"' + b"x" * MAX_DOCUMENT_BYTES + b'",' + end)
    tap.finish()
    assert tap.learned.usage is None
    assert tap.learned.problem is not None


def test_a_long_answer_whose_usage_is_far_from_both_ends_has_none() -> None:
    far = b"x" * (HEAD_BYTES + 1)
    tap = DocumentTap(openai_chat.DIALECT)
    tap.feed(b'{"a":"%s","usage":{"prompt_tokens":9},"b":"%s"}' % (far, b"x" * MAX_DOCUMENT_BYTES))
    tap.finish()
    assert tap.learned == Learned(problem="the answer reports no usage")


@pytest.mark.parametrize("hide", [False, True])
def test_a_stream_is_metered_again_after_an_event_too_long_to_look_into(hide: bool) -> None:
    huge = b"data: " + b"x" * (MAX_EVENT_BYTES + 100_000) + b"\n\n"
    pieces = [huge[start : start + 60_000] for start in range(0, len(huge), 60_000)]
    learned, seen = learned_from(chunk("a"), *pieces, USAGE_EVENT, DONE, hide=hide)
    assert learned.usage == ELEVEN_AND_FIVE
    assert seen == chunk("a") + huge + (DONE if hide else USAGE_EVENT + DONE)


def test_the_word_done_in_a_text_is_not_the_end() -> None:
    assert not learned_from(chunk("[DONE]"))[0].done
    assert learned_from(b"data:[DONE]\r\n\r\n")[0].done


def test_what_a_tap_holds_can_be_given_back_when_it_fails() -> None:
    tap = StreamTap(openai_chat.DIALECT, hide=True)
    assert tap.feed(chunk("a") + b"data: {") == chunk("a")
    assert tap.held() == b"data: {"
    assert DocumentTap(openai_chat.DIALECT).held() == NoTap().held() == b""


def test_a_later_reading_that_knows_less_takes_nothing_away() -> None:
    first = Learned().after(Reading(model="m", service_tier="flex", usage=ELEVEN_AND_FIVE))
    assert first.after(Reading(problem="no")).usage == ELEVEN_AND_FIVE
    assert first.after(Reading()) == first
    assert first.after(Reading(model="n")).model == "n"


def test_an_answer_that_is_not_metered_passes_as_it_is() -> None:
    tap = NoTap("why")
    assert tap.feed(chat_answer()) == chat_answer()
    assert tap.finish() == b""
    assert tap.learned == Learned(problem="why")
