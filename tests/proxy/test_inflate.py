"""The meter reads compressed answers; the client's bytes are not touched and a bomb does no harm."""

import gzip
import time
import tracemalloc
import zlib

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.usage import TokenUsage
from proxy.decoding import decoded, decoder_of, zstd
from proxy.dialects import openai_chat
from proxy.inflate import MAX_INFLATED_BYTES, InflatingTap
from proxy.tap import DocumentTap, StreamTap, Tap
from tests.proxy.bodies import ASKED_EVENTS, CHAT_ANSWER
from tests.proxy.test_sse import cut

GZIPPED = gzip.compress(CHAT_ANSWER)
ELEVEN_AND_FIVE = TokenUsage(input_tokens=11, output_tokens=5)


def tapped(tap: Tap, encoding: str = "gzip") -> InflatingTap:
    decoder = decoder_of(encoding)
    assert decoder is not None
    return InflatingTap(tap, decoder)


def document_tap(encoding: str = "gzip") -> InflatingTap:
    return tapped(DocumentTap(openai_chat.DIALECT), encoding)


ENCODED = [
    ("gzip", GZIPPED),
    ("deflate", zlib.compress(CHAT_ANSWER)),
    ("br", brotli.compress(CHAT_ANSWER)),
    ("zstd", zstd.compress(CHAT_ANSWER)),
    ("zstd", zstd.compress(CHAT_ANSWER[:50]) + zstd.compress(CHAT_ANSWER[50:])),
]


@given(st.sampled_from(ENCODED), st.lists(st.integers(0, 500), max_size=8))
@settings(deadline=None)
def test_a_compressed_answer_is_metered_and_passes_as_it_is(
    encoded: tuple[str, bytes], places: list[int]
) -> None:
    encoding, body = encoded
    tap = document_tap(encoding)
    pieces = cut(body, places)
    assert [tap.feed(piece) for piece in pieces] == pieces
    assert tap.finish() == b""
    assert tap.learned.usage == ELEVEN_AND_FIVE
    assert tap.learned.problem is None


def test_a_stream_with_a_gzip_member_for_each_event_is_metered() -> None:
    tap = tapped(StreamTap(openai_chat.DIALECT, hide=False))
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


@pytest.mark.parametrize("encoding", ["br", "zstd"])
@given(body=st.binary(max_size=200))
@settings(deadline=None, max_examples=50)
def test_bytes_that_are_not_of_their_encoding_pass_and_raise_nothing(encoding: str, body: bytes) -> None:
    tap = document_tap(encoding)
    assert tap.feed(body) == body
    assert tap.feed(body) == body
    tap.finish()
    assert tap.learned.usage is None


@pytest.mark.parametrize("encoding", ["br", "zstd"])
def test_a_bomb_in_another_encoding_is_given_up_too(encoding: str) -> None:
    """256 MiB of zeros in some KB."""
    zeros = bytes(256 << 20)
    bomb = brotli.compress(zeros, quality=1) if encoding == "br" else zstd.compress(zeros)
    del zeros
    tap = document_tap(encoding)
    tracemalloc.start()
    tap.feed(bomb)
    tap.finish()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tap.learned.problem == "the answer inflates to more than is read"
    assert peak_bytes < MAX_INFLATED_BYTES // 16
    assert decoded(bomb, encoding, 1 << 20) is None


@pytest.mark.parametrize("encoding", ["", "gzip, gzip", "compress", "x"])
def test_an_encoding_that_is_not_known_is_not_guessed(encoding: str) -> None:
    assert decoder_of(encoding) is None
    assert decoded(b"x", encoding, 10) is None


@pytest.mark.parametrize(
    ("encoding", "nothing"), [("gzip", gzip.compress(b"", mtime=0)), ("zstd", b"\x50\x2a\x4d\x18\0\0\0\0")]
)
def test_a_million_members_that_hold_nothing_are_given_up_soon(encoding: str, nothing: bytes) -> None:
    """Each takes the same time, wherever it stands, and there is a bound on how many are looked into."""
    started_s = time.process_time()
    assert decoded(nothing * 1_000_000, encoding, 1 << 20) is None
    assert time.process_time() - started_s < 2


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_member_for_each_event_is_read_to_the_end(encoding: str) -> None:
    compress = gzip.compress if encoding == "gzip" else zstd.compress
    assert decoded(compress(b"ab") * 10_000, encoding, 1 << 20) == b"ab" * 10_000
