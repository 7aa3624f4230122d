"""llama.cpp tells its counts unasked: they are read, and it is not asked for what would displace them."""

from typing import Any

import pytest

from ledger.timings import Timings
from ledger.usage import TokenUsage
from proxy.dialects import Dialect, dialect_of, openai_chat, openai_completions, openai_document
from proxy.tap import DocumentTap, StreamTap
from tests.proxy.bodies import compact

CHAT = openai_chat.DIALECT
LAST_CHUNK = (
    b'data: {"choices":[{"finish_reason":"length","index":0,"delta":{}}],"model":"tiny",'
    b'"timings":{"cache_n":18,"prompt_n":1,"prompt_ms":0.2,"predicted_n":3,"predicted_ms":0.1}}\n\n'
)


@pytest.mark.parametrize("dialect", [openai_chat.DIALECT, openai_completions.DIALECT])
def test_timings_are_the_usage_of_a_stream_that_has_no_other(dialect: Dialect) -> None:
    tap = StreamTap(dialect, hide=False)
    stream = b'data: {"choices":[],"model":"tiny"}\n\n' + LAST_CHUNK + b"data: [DONE]\n\n"
    assert tap.feed(stream) == stream
    assert tap.learned.usage == TokenUsage(input_tokens=19, output_tokens=3, cache_read_tokens=18)
    assert tap.learned.done


def test_usage_counts_where_both_are_there() -> None:
    assert CHAT is not None
    reading = CHAT.reader()(
        b'{"usage":{"prompt_tokens":7,"completion_tokens":2},"timings":{"prompt_n":1,"cache_n":1,"predicted_n":9}}'
    )
    assert reading is not None
    assert reading.usage == TokenUsage(input_tokens=7, output_tokens=2)


@pytest.mark.parametrize(
    "timings",
    [
        b"{}",
        b'{"prompt_n":"1","predicted_n":1}',
        b'{"prompt_n":1,"predicted_n":-1}',
        b'{"prompt_n":1}',
        b"[1]",
    ],
)
def test_timings_that_hold_no_counts_are_a_problem_and_not_a_zero(timings: bytes) -> None:
    assert CHAT is not None
    reading = CHAT.reader()(b'{"choices":[],"timings":' + timings + b"}")
    assert reading is not None
    assert reading.usage is None
    assert reading.problem


def test_times_are_kept_whether_usage_or_timings_count() -> None:
    timings = b'"timings":{"cache_n":0,"prompt_n":7,"prompt_ms":0.1235,"predicted_n":2,"predicted_ms":12}'
    times = Timings(prefill_us=124, decode_us=12_000)
    for usage in (b"null", b'{"prompt_tokens":7,"completion_tokens":2}'):
        reading = openai_document.read(b'{"usage":%s,%s}' % (usage, timings))
        assert reading is not None
        assert reading.timings == times, "0.1235 ms are 123.5 us, which go to the even one"
        assert reading.usage is not None


@pytest.mark.parametrize(
    "time", ["null", '"1"', "-1", "true", "1e999999", "1e13", "[1]", "1e-999999999999999999999"]
)
def test_a_time_that_cannot_be_is_left_out_and_the_counts_stay(time: str) -> None:
    counts = b'"cache_n":0,"prompt_n":7,"predicted_n":2,"predicted_ms":1.5'
    reading = openai_document.read(b'{"timings":{%s,"prompt_ms":%s}}' % (counts, time.encode()))
    assert reading is not None
    assert reading.timings == Timings(decode_us=1500)
    assert reading.usage == TokenUsage(input_tokens=7, output_tokens=2, cache_read_tokens=0)


@pytest.mark.parametrize("timings", [None, [], "x", {}, {"prompt_n": 7}, {"prompt_ms": None}])
def test_no_times_are_none(timings: Any) -> None:
    reading = openai_document.read(compact({"timings": timings}))
    assert reading is not None
    assert reading.timings is None


def test_what_editors_ask_for_between_two_texts_is_counted_whole_and_streamed() -> None:
    dialect, _ = dialect_of("POST", "/infill")
    assert dialect is not None
    told = b'{"content":"x","model":"tiny","tokens_evaluated":19,"timings":%s}'
    timings = b'{"cache_n":18,"prompt_n":1,"prompt_ms":0.2,"predicted_n":3,"predicted_ms":0.1}'
    whole, stream = DocumentTap(dialect), StreamTap(dialect, hide=True)
    whole.feed(told % timings)
    whole.finish()
    events = b'data: {"content":"x","stop":false}\n\ndata: %s\n\n' % (told % timings)
    assert stream.feed(events) + stream.finish() == events
    counts = TokenUsage(input_tokens=19, output_tokens=3, cache_read_tokens=18)
    assert whole.learned.usage == stream.learned.usage == counts
