"""A stream whose head does not call it one is metered, and edited, as one that says so."""

import asyncio
import gzip
from collections.abc import Sequence

import pytest

from ledger.call import UsageBasis
from ledger.usage import TokenUsage
from proxy.dialects import ollama_chat, openai_chat
from proxy.dialects.dialect import Dialect, Framing
from proxy.learned import Learned
from proxy.tap import StreamTap
from proxy.untold import LONGEST_FIRST_LINE, UntoldTap, framing_told_by
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    COST_USD,
    DONE,
    PLAIN_EVENTS,
    STREAM_REQUEST,
    USAGE,
    USAGE_EVENT,
    chat_answer,
    chunk,
    compact,
)
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked, message
from tests.proxy.recorded import FOLDER
from tests.proxy.running import Payback
from tests.proxy.upstream import Script, Upstream, Visit

JSON = ("Content-Type", "application/json")
CHUNKED = ("Transfer-Encoding", "chunked")
ELEVEN_AND_FIVE = TokenUsage(input_tokens=11, output_tokens=5)
ASKED, PLAIN = b"".join(ASKED_EVENTS), b"".join(PLAIN_EVENTS)
LINES = (FOLDER / "ollama_chat" / "streamed.ndjson").read_bytes()
OLLAMA, OLLAMA_REQUEST = "/lab/api/chat", compact({"model": "m", "messages": []})
STARTS = [b"", b": ping\n\n", b"event: m\n\n", b"id: 1\n\n", b"retry:9\n\n", b"\xef\xbb\xbf", b"\r\n\n"]
"""What may stand before the first event."""


def tap(dialect: Dialect = openai_chat.DIALECT, *, hide: bool = True) -> UntoldTap:
    return UntoldTap(dialect, Framing.DOCUMENT, None, hide=hide)


def fed(untold: UntoldTap, *pieces: bytes) -> tuple[bytes, Learned]:
    return b"".join(map(untold.feed, pieces)) + untold.finish(), untold.learned


@pytest.mark.parametrize("start", STARTS)
def test_wherever_a_stream_is_cut_its_usage_is_read_and_nothing_but_what_was_asked_for_is_missing(
    start: bytes,
) -> None:
    stream = start + ASKED
    for place in range(len(stream) + 1):
        seen, learned = fed(tap(), stream[:place], stream[place:])
        assert (seen, learned.usage, learned.done) == (start + PLAIN, ELEVEN_AND_FIVE, True), place
    assert fed(tap(), *(bytes([byte]) for byte in stream))[0] == start + PLAIN


@pytest.mark.parametrize("document", [CHAT_ANSWER, b" \n" + CHAT_ANSWER, b"\xef\xbb\xbf" + CHAT_ANSWER])
def test_wherever_a_document_is_cut_it_is_one(document: bytes) -> None:
    for place in range(len(document) + 1):
        seen, learned = fed(tap(), document[:place], document[place:])
        assert (seen, learned.usage, learned.reported) == (document, ELEVEN_AND_FIVE, USAGE), place


@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize("answer", [b"", b" ", b"dat", b"<html>", b"dataset", b"[DONE]", b"event"])
def test_what_is_neither_passes_as_it_is(answer: bytes, hide: bool) -> None:
    for place in range(len(answer) + 1):
        assert fed(tap(hide=hide), answer[:place], answer[place:]) == (
            answer,
            Learned(problem="the answer is not JSON"),
        )


def test_what_nothing_is_hidden_from_goes_on_at_once() -> None:
    untold = tap(hide=False)
    pieces = [b"\n", b"d", b"ata: {", ASKED[7:30], ASKED[30:]]
    assert [untold.feed(piece) for piece in pieces] == pieces
    assert (untold.finish(), untold.held(), untold.learned.usage) == (b"", b"", ELEVEN_AND_FIVE)


def test_spaces_go_on_at_once_and_what_is_held_can_be_given_back() -> None:
    """Some servers send blank lines while they think."""
    untold = tap()
    assert (untold.feed(b"\n\n"), untold.feed(b"\n dat"), untold.held()) == (b"\n\n", b"\n ", b"dat")
    assert (untold.feed(b"a: {"), untold.held()) == (b"", b"data: {")


def test_lines_and_a_document_of_several_lines_are_told_apart_at_the_first_end_of_one() -> None:
    told = [
        (b"{", None),
        (b'{"a":{}}\n', Framing.LINES),
        (b'{"a":{}} \r\n{', Framing.LINES),
        (b'{\n "a"', Framing.DOCUMENT),
    ]
    for start, framing in told:
        assert framing_told_by(start, ollama_chat.DIALECT) is framing
    assert framing_told_by(b"{" + b" " * LONGEST_FIRST_LINE, ollama_chat.DIALECT) is Framing.DOCUMENT
    assert framing_told_by(b"{", openai_chat.DIALECT) is Framing.DOCUMENT


def test_wherever_lines_are_cut_their_counts_are_read() -> None:
    for place in range(len(LINES) + 1):
        seen, learned = fed(tap(ollama_chat.DIALECT, hide=False), LINES[:place], LINES[place:])
        assert seen == LINES
        assert learned.usage == TokenUsage(input_tokens=11, output_tokens=18, cache_read_tokens=8)


@pytest.mark.parametrize(
    "typed", [[JSON], [], [("Content-Type", "text/plain")]], ids=["json", "none", "text"]
)
@pytest.mark.parametrize("start", STARTS)
async def test_an_unlabelled_stream_is_metered_and_the_client_does_not_see_that_usage_was_asked_for(
    start: bytes, typed: list[tuple[str, str]], upstream: Upstream, payback: Payback
) -> None:
    """Upstream sends each byte by itself."""
    stream = start + ASKED
    pieces = chunked(*(bytes([byte]) for byte in stream))
    upstream.script = lambda visit: visit.send(message("HTTP/1.1 200 OK", [*typed, CHUNKED]), pieces)
    answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert (answer.body, answer.whole) == (start + PLAIN, True)
    row = await payback.row()
    assert (row.call.usage, row.call.usage_basis, row.call.problem) == (
        ELEVEN_AND_FIVE,
        UsageBasis.REPORTED,
        None,
    )


async def test_wherever_the_network_cuts_an_unlabelled_stream_it_is_the_same(
    upstream: Upstream, payback: Payback
) -> None:
    """Within what tells that it is one, and within the first event."""
    stream, places = b"\n" + ASKED, range(1, 12)

    async def script(visit: Visit) -> None:
        place = places[len(upstream.received) - 1]
        await visit.send(message("HTTP/1.1 200 OK", [JSON, CHUNKED]), chunked(stream[:place], end=False))
        await asyncio.sleep(0)
        await visit.send(chunked(stream[place:]))

    upstream.script = script
    for _ in places:
        assert (await call(payback.port, post(CHAT, STREAM_REQUEST))).body == b"\n" + PLAIN
    assert {row.call.usage for row in await payback.ended(len(places))} == {ELEVEN_AND_FIVE}


async def test_an_unlabelled_stream_with_a_length_gets_a_length_that_is_true(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(ASKED, JSON)
    answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert (answer.body, answer.whole) == (PLAIN, True)
    assert (await payback.row()).call.usage == ELEVEN_AND_FIVE


def one_by_one(pieces: Sequence[bytes], had: asyncio.Semaphore) -> Script:
    """Called a document, and each of *pieces* sent when *had* lets it."""

    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [JSON, CHUNKED]))
        for piece in pieces:
            await had.acquire()
            await visit.send(chunked(piece, end=False))
        await visit.send(chunked())

    return script


@pytest.mark.parametrize("request_body", [STREAM_REQUEST, ASKED_REQUEST], ids=["hidden", "asked"])
async def test_each_event_of_an_unlabelled_stream_goes_on_before_the_next_one_is_sent(
    request_body: bytes, upstream: Upstream, payback: Payback
) -> None:
    """The first comes long after the head: the client has that by then."""
    had = asyncio.Semaphore(0)
    events = (chunk("a"), b": ping\n\n", chunk("b"), DONE)
    upstream.script = one_by_one(events, had)
    async with connected(payback.port) as client:
        await client.send(post(CHAT, request_body))
        pieces = client.pieces(await client.head())
        for event in events:
            had.release()
            assert await client.until(event, pieces) == event


async def test_each_line_that_is_called_a_document_goes_on_whole_before_the_next_one_is_sent(
    upstream: Upstream, payback: Payback
) -> None:
    had = asyncio.Semaphore(1)
    lines = LINES.splitlines(keepends=True)
    upstream.script = one_by_one(lines, had)
    async with connected(payback.port) as client:
        await client.send(post(OLLAMA, OLLAMA_REQUEST))
        pieces = client.pieces(await client.head())
        for line in lines:
            assert await client.until(line, pieces) == line
            had.release()
    assert (await payback.row()).call.usage == TokenUsage(
        input_tokens=11, output_tokens=18, cache_read_tokens=8
    )


async def test_tokens_of_an_unlabelled_stream_are_in_the_ledger_when_the_client_has_its_end(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [JSON, CHUNKED]), chunked(*ASKED_EVENTS, end=False))
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, STREAM_REQUEST))
        assert await client.until(DONE, client.pieces(await client.head())) == PLAIN
        (row,) = payback.rows()
    assert (row.call.usage, row.call.usage_basis) == (ELEVEN_AND_FIVE, UsageBasis.REPORTED)


@pytest.mark.parametrize("size", [1, 2_000_000], ids=["short", "long"])
async def test_a_document_in_the_place_of_a_stream_keeps_its_head_and_its_cost(
    size: int, upstream: Upstream, payback: Payback
) -> None:
    document = chat_answer(content="x" * size)
    upstream.script = lambda visit: visit.answer(document, JSON)
    answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert (answer.body, answer.whole) == (document, True)
    assert answer.head.value("Content-Length") == str(len(document)).encode()
    assert answer.head.value("X-Payback-Cost-Usd") == (COST_USD.encode() if size == 1 else None)
    assert (await payback.row()).call.usage == ELEVEN_AND_FIVE


async def test_a_document_that_comes_late_in_the_place_of_a_stream_waits_with_its_last_byte_for_the_ledger(
    upstream: Upstream, payback: Payback
) -> None:
    has_head = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [JSON, CHUNKED]))
        await has_head.wait()
        await visit.send(chunked(b"\n", CHAT_ANSWER))

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, STREAM_REQUEST))
        pieces = client.pieces(await client.head())
        has_head.set()
        assert await client.until(CHAT_ANSWER, pieces) == b"\n" + CHAT_ANSWER
        (row,) = payback.rows()
    assert row.call.usage == ELEVEN_AND_FIVE


async def test_a_meter_that_fails_as_a_stream_is_told_takes_no_byte_with_it(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: StreamTap, chunk: bytes) -> bytes:
        raise ZeroDivisionError(len(chunk))

    monkeypatch.setattr("proxy.tap.StreamTap.feed", fails)
    pieces = chunked(b"\n", b"dat", b"a: 1", b"\n\n")
    upstream.script = lambda visit: visit.send(message("HTTP/1.1 200 OK", [JSON, CHUNKED]), pieces)
    answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert (answer.body, answer.whole) == (b"\ndata: 1\n\n", True)
    assert "metering failed" in caplog.text


async def test_an_unlabelled_stream_that_is_compressed_is_metered(
    upstream: Upstream, payback: Payback
) -> None:
    body = gzip.compress(ASKED)
    upstream.script = lambda visit: visit.answer(body, JSON, ("Content-Encoding", "gzip"))
    assert (await call(payback.port, post(CHAT, ASKED_REQUEST))).body == body
    assert (await payback.row()).call.usage == ELEVEN_AND_FIVE


async def test_what_a_client_had_of_an_unlabelled_stream_is_estimated_where_upstream_cuts_it(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [JSON, CHUNKED]), chunked(chunk("Hello!"), end=False))
        visit.close()

    upstream.script = script
    assert not (await call(payback.port, post(CHAT, STREAM_REQUEST))).whole
    row = await payback.row()
    assert (row.call.usage, row.call.usage_basis) == (
        TokenUsage(input_tokens=8, output_tokens=2),
        UsageBasis.PARTIAL,
    )


def test_the_event_that_only_we_asked_for_is_the_only_one_that_is_missing() -> None:
    assert ASKED.replace(USAGE_EVENT, b"").replace(b',"usage":null', b"") == PLAIN
