"""A stream that upstream compresses though it was asked not to: what payback hides is hidden in it too, and
the client gets it without its encoding. Every other answer goes on as it came."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest

from ledger.call import Outcome
from ledger.usage import TokenUsage
from proxy.decoding import zstd
from tests.proxy.bodies import ASKED_EVENTS, ASKED_REQUEST, CHAT, DONE, PLAIN_EVENTS, STREAM_REQUEST, chunk
from tests.proxy.client import call, connected, post
from tests.proxy.message import Ended, chunked, message
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit

REQUEST = post(CHAT, STREAM_REQUEST, ("Accept-Encoding", "gzip, br"))
ASKED, PLAIN = b"".join(ASKED_EVENTS), b"".join(PLAIN_EVENTS)
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
ELEVEN_AND_FIVE = TokenUsage(input_tokens=11, output_tokens=5)


def head(encoding: str, *more: tuple[str, str]) -> bytes:
    typed = [("Content-Type", "text/event-stream"), ("Content-Encoding", encoding), *more]
    return message("HTTP/1.1 200 OK", typed)


def sends(upstream: Upstream, encoding: str, *pieces: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(
            head(encoding, ("Transfer-Encoding", "chunked")), *map(chunked_part, pieces), chunked()
        )

    upstream.script = script


def chunked_part(piece: bytes) -> bytes:
    return chunked(piece, end=False)


def flushed(*events: bytes) -> Iterator[bytes]:
    """One gzip stream in which each event is complete as soon as it is sent, and at last its end."""
    deflater = zlib.compressobj(wbits=31)
    for event in events:
        yield deflater.compress(event) + deflater.flush(zlib.Z_SYNC_FLUSH)
    yield deflater.flush()


@pytest.mark.parametrize("encoding", ENCODERS)
async def test_usage_that_the_client_did_not_ask_for_is_hidden_in_a_compressed_stream_too(
    encoding: str, upstream: Upstream, payback: Payback
) -> None:
    body = ENCODERS[encoding](ASKED)
    sends(upstream, encoding, body[:40], body[40:])
    answer = await call(payback.port, REQUEST)
    assert upstream.only.head.values("Accept-Encoding") == [b"identity"]
    assert (answer.body, answer.whole) == (PLAIN, True)
    row = await payback.row()
    assert (row.call.usage, row.call.outcome, row.call.problem) == (ELEVEN_AND_FIVE, Outcome.OK, None)


async def test_the_head_of_an_inflated_stream_says_what_the_client_gets(
    upstream: Upstream, payback: Payback
) -> None:
    body = gzip.compress(ASKED)
    told = [("ETag", '"1"'), ("X-Request-Id", "r"), ("Digest", "sha-256=x"), ("Vary", "Accept-Encoding")]
    sized = head("GZip", *told, ("Content-Length", str(len(body))))
    upstream.script = lambda visit: visit.send(sized, body)
    answer = await call(payback.port, REQUEST)
    assert (answer.body, answer.whole) == (PLAIN, True)
    assert not {"content-encoding", "content-length", "digest"} & set(answer.head.names)
    assert [answer.head.value(name) for name in ("ETag", "X-Request-Id", "Vary")] == [
        b'W/"1"',
        b"r",
        b"Accept-Encoding",
    ]


async def test_a_compressed_stream_that_the_client_asked_for_goes_on_as_it_came(
    upstream: Upstream, payback: Payback
) -> None:
    body = gzip.compress(ASKED)
    sends(upstream, "gzip", body)
    answer = await call(payback.port, post(CHAT, ASKED_REQUEST, ("Accept-Encoding", "gzip")))
    assert (answer.body, answer.head.value("Content-Encoding")) == (body, b"gzip")


async def test_an_event_goes_on_inflated_before_the_next_one_comes(
    upstream: Upstream, payback: Payback
) -> None:
    first, *rest = flushed(*ASKED_EVENTS)
    seen: list[bytes] = []

    async def script(visit: Visit) -> None:
        await visit.send(head("gzip", ("Transfer-Encoding", "chunked")), chunked_part(first))
        await eventually(lambda: bool(seen))
        await visit.send(*map(chunked_part, rest), chunked())

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(REQUEST)
        pieces = client.pieces(await client.head())
        seen.append(await client.until(PLAIN_EVENTS[0], pieces))
        assert seen[0] + b"".join([piece async for piece in pieces]) == PLAIN


BROKEN = {
    "damaged": b"\xff" * 40,
    "without its end": b"",
    "with a wrong sum": b"\x03\x00" + bytes(8),
}
"""What comes after the first event."""


@pytest.mark.parametrize("how", BROKEN)
async def test_a_stream_whose_encoding_breaks_ends_broken_after_all_that_could_be_inflated(
    how: str, upstream: Upstream, payback: Payback
) -> None:
    """HTTP's own end is there: only payback has seen that something is missing."""
    sends(upstream, "gzip", next(flushed(*ASKED_EVENTS)) + BROKEN[how])
    answer = await call(payback.port, REQUEST)
    assert (answer.body, answer.whole) == (PLAIN_EVENTS[0], False)
    row = await payback.row()
    assert row.call.outcome is Outcome.UPSTREAM_BROKE
    assert row.call.problem == "upstream's answer cannot be inflated"


async def test_what_inflates_to_a_thousand_times_as_much_goes_on_in_small_steps(
    upstream: Upstream, payback: Payback
) -> None:
    """128 MiB out of 128 KiB, which come at once; the client takes them slower than they could be made."""
    size = 128 << 20
    deflater = zlib.compressobj(9, wbits=31)
    bomb = b"".join(deflater.compress(b": " * (1 << 19)) for _ in range(size >> 20)) + deflater.flush()
    assert len(bomb) < 256 << 10
    sends(upstream, "gzip", bomb)
    seen = 0
    async with connected(payback.port) as client:
        await client.send(REQUEST)
        pieces = client.pieces(await client.head())
        tracemalloc.start()
        try:
            async for piece in pieces:
                seen += len(piece)
                client._source.read.clear()  # the test's own copy of it all
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert seen == size
    assert peak_bytes < 8 << 20


async def test_a_client_that_leaves_within_what_one_chunk_inflates_to_loses_nothing_of_the_bill(
    upstream: Upstream, tmp_path: Path
) -> None:
    """Listened to on, the answer goes on where it was left, within the chunk."""
    long = chunk("x" * 1000) * 20_000
    sends(upstream, "gzip", gzip.compress(long + ASKED))
    async with running(tmp_path, configuration(upstream, server={"when_client_leaves": "drain"})) as payback:
        async with connected(payback.port) as client:
            await client.send(REQUEST)
            await anext(client.pieces(await client.head()))
            client.leave()
        row = await payback.row()
    assert (row.call.outcome, row.call.usage) == (Outcome.CLIENT_LEFT, ELEVEN_AND_FIVE)


async def test_a_client_of_an_inflated_stream_that_breaks_sees_no_end(
    upstream: Upstream, payback: Payback
) -> None:
    """The connection itself is cut within the compressed bytes."""

    async def script(visit: Visit) -> None:
        await visit.send(head("gzip", ("Transfer-Encoding", "chunked")))
        await visit.send(*map(chunked_part, [*flushed(*ASKED_EVENTS)][:2]))
        visit.close()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(REQUEST)
        pieces = client.pieces(await client.head())
        assert await client.until(PLAIN_EVENTS[1], pieces) == PLAIN[: -len(DONE)]
        with pytest.raises(Ended):
            await anext(pieces)
    assert (await payback.row()).call.outcome is Outcome.UPSTREAM_BROKE
