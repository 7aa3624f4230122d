"""The meter reads compressed answers; the client's bytes are not touched and a bomb does no harm."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.usage import TokenUsage
from proxy.dialects import openai_chat
from proxy.inflate import MAX_INFLATED_BYTES, InflatingTap
from proxy.tap import DocumentTap, StreamTap
from tests.proxy.bodies import ASKED_EVENTS, CHAT_ANSWER
from tests.proxy.test_sse import cut

GZIPPED = gzip.compress(CHAT_ANSWER)
ELEVEN_AND_FIVE = TokenUsage(input_tokens=11, output_tokens=5)


def document_tap() -> InflatingTap:
    return InflatingTap(DocumentTap(openai_chat))


@given(st.sampled_from([GZIPPED, zlib.compress(CHAT_ANSWER)]), st.lists(st.integers(0, 500), max_size=8))
@settings(deadline=None)
def test_a_compressed_answer_is_metered_and_passes_as_it_is(body: bytes, places: list[int]) -> None:
    tap = document_tap()
    pieces = cut(body, places)
    assert [tap.feed(piece) for piece in pieces] == pieces
    assert tap.finish() == b""
    assert tap.learned.usage == ELEVEN_AND_FIVE
    assert tap.learned.problem is None


def test_a_stream_with_a_gzip_member_for_each_event_is_metered() -> None:
    tap = InflatingTap(StreamTap(openai_chat, hide=False))
    for event in ASKED_EVENTS:
        assert tap.feed(gzip.compress(event)) == gzip.compress(event)
    tap.finish()
    assert tap.learned.usage == ELEVEN_AND_FIVE
    assert tap.learned.done


@pytest.mark.parametrize("body", [CHAT_ANSWER, GZIPPED[:20] + b"damaged" + GZIPPED[27:], b"", GZIPPED[:-20]])
def test_what_cannot_be_inflated_passes_and_is_named(body: bytes) -> None:
    tap = document_tap()
    assert tap.feed(body) == body
    tap.finish()
    assert tap.learned.usage is None
    assert tap.learned.problem in ("the answer cannot be inflated", "the answer is not JSON")
    assert tap.held() == b""


def test_a_bomb_is_given_up_at_a_bound_with_little_memory() -> None:
    """2 MB that inflate to 2 GB: a thousand times as much, as deflate can."""
    deflater = zlib.compressobj(9, wbits=31)
    megabyte = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    again = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    tap = document_tap()
    tracemalloc.start()
    tap.feed(megabyte)
    for _ in range(2000):
        tap.feed(again)
    tap.finish()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tap._left > -(1 << 20), "inflated on after the bound"
    assert tap.learned.problem == "the answer inflates to more than is read"
    assert peak_bytes < MAX_INFLATED_BYTES // 16
