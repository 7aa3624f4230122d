"""Encodings are undone piece by piece; what stops too early or is damaged is told from what is whole."""

import gzip
import random
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.decoding import PIECE_BYTES, Undecodable, decoder_of, zstd
from tests.proxy.bodies import CHAT_ANSWER
from tests.proxy.test_sse import cut


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


def in_members(data: bytes) -> bytes:
    return gzip.compress(data[:50]) + gzip.compress(data[50:])


ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("gzip", in_members),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("deflate", gzip.compress),
    ("br", brotli.compress),
    ("zstd", zstd.compress),
]


def undone(encoding: str, pieces: list[bytes]) -> tuple[bytes, bool]:
    """What came out, and whether it was whole."""
    decoder = decoder_of(encoding)
    assert decoder is not None
    out = b""
    try:
        for piece in pieces:
            for plain in decoder.decode(piece):
                out += plain
        decoder.finish()
    except Undecodable:
        return out, False
    return out, True


@given(st.sampled_from(ENCODERS), st.lists(st.integers(0, 500), max_size=8))
@settings(deadline=None)
def test_what_is_whole_comes_out_whole_however_it_is_cut(
    encoder: tuple[str, Callable[[bytes], bytes]], places: list[int]
) -> None:
    encoding, encode = encoder
    assert undone(encoding, cut(encode(CHAT_ANSWER), places)) == (CHAT_ANSWER, True)


@given(st.sampled_from(ENCODERS), st.integers(1, 400), st.lists(st.integers(0, 500), max_size=3))
@settings(deadline=None)
def test_what_stops_too_early_is_not_whole_and_what_came_before_is_not_lost(
    encoder: tuple[str, Callable[[bytes], bytes]], missing: int, places: list[int]
) -> None:
    encoding, encode = encoder
    body = encode(CHAT_ANSWER)[:-missing]
    out, is_whole = undone(encoding, cut(body, places))
    if encode is in_members and CHAT_ANSWER[:50] == out:
        return  # where one member ends, another may follow, or not
    assert is_whole == (not body)
    assert CHAT_ANSWER.startswith(out)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_nothing_at_all_is_whole(encoding: str) -> None:
    assert undone(encoding, []) == undone(encoding, [b""]) == (b"", True)


def test_all_that_stands_before_a_damage_comes_out() -> None:
    """Numbers that do not compress: what was decoded in the step that met the damage is some KiB."""
    plain = random.Random(1).randbytes(30_000)
    for encode in (gzip.compress, in_members):
        body = encode(plain)
        out, is_whole = undone("gzip", [body[:-8] + bytes(8)])  # the sum of bytes at its end
        assert (out, is_whole) == (plain, False)
    deflater = zlib.compressobj(wbits=31)
    start = deflater.compress(plain[:9000]) + deflater.flush(zlib.Z_FULL_FLUSH)
    out, is_whole = undone("gzip", [start + b"\xff" * 500])
    assert (out, is_whole) == (plain[:9000], False)


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS)
def test_no_step_gives_more_than_a_piece(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    decoder = decoder_of(encoding)
    assert decoder is not None
    sizes = [len(piece) for piece in decoder.decode(encode(bytes(10 << 20)))]
    assert sum(sizes) == 10 << 20
    assert max(sizes) <= 2 * PIECE_BYTES


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("zstd", zstd.compress)], ids=["gzip", "zstd"]
)
def test_a_stream_that_goes_to_a_client_may_have_any_number_of_members(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    """It may have one for each event; each step waits until the client has taken what the last one gave."""
    member = encode(b"ab")
    decoder = decoder_of(encoding, most_members=None)
    assert decoder is not None
    out = b"".join(piece for _ in range(25_000) for piece in decoder.decode(member))
    decoder.finish()
    assert out == b"ab" * 25_000
