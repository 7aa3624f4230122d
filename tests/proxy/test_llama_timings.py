"""llama.cpp tells its counts unasked: they are read, and it is not asked for what would displace them."""

import pytest

from ledger.usage import TokenUsage
from proxy.dialects import dialect_of
from proxy.tap import StreamTap

CHAT = dialect_of("/v1/chat/completions")
LAST_CHUNK = (
    b'data: {"choices":[{"finish_reason":"length","index":0,"delta":{}}],"model":"tiny",'
    b'"timings":{"cache_n":18,"prompt_n":1,"prompt_ms":0.2,"predicted_n":3,"predicted_ms":0.1}}\n\n'
)


def test_timings_are_the_usage_of_a_stream_that_has_no_other() -> None:
    assert CHAT is not None
    tap = StreamTap(CHAT, hide=False)
    stream = b'data: {"choices":[],"model":"tiny"}\n\n' + LAST_CHUNK + b"data: [DONE]\n\n"
    assert tap.feed(stream) == stream
    assert tap.learned.usage == TokenUsage(input_tokens=19, output_tokens=3, cache_read_tokens=18)
    assert tap.learned.done


def test_usage_counts_where_both_are_there() -> None:
    assert CHAT is not None
    reading = CHAT.read(
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
    reading = CHAT.read(b'{"choices":[],"timings":' + timings + b"}")
    assert reading is not None
    assert reading.usage is None
    assert reading.problem
