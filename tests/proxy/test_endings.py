"""However a call ends, its row says so; a broken end is broken for the client too, and nobody waits."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from ledger.call import Entry, Outcome, Pricing, State
from ledger.ids import render_call_id
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    DONE,
    STREAM_REQUEST,
    USAGE_EVENT,
    chat_answer,
    chunk,
)
from tests.proxy.client import Answer, call, connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Script, Upstream, Visit, scripted_upstream

AT_ONCE_S = 0.1
DATA = Path(__file__).parents[1] / "data"
JSON = ("Content-Type", "application/json")
HALF = message("HTTP/1.1 200 OK", [JSON, ("Content-Length", str(len(CHAT_ANSWER)))], CHAT_ANSWER[:60])


def ending(row: Entry) -> tuple[Outcome | None, int | None, str | None]:
    return row.call.outcome, row.call.http_status, row.unpriced_reason


def sends(*data: bytes, then: str) -> Script:
    async def script(visit: Visit) -> None:
        await visit.send(*data)
        await asyncio.sleep(0.02)
        getattr(visit, then)()

    return script


HEADS = {
    "sized": message("HTTP/1.1 200 OK", [("Content-Length", "100")], b"x" * 50),
    "chunked": message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], chunked(b"x" * 50, end=False)),
    "within a chunk": message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], b"ff\r\nxxx"),
}


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("head", HEADS)
async def test_an_answer_that_upstream_cuts_is_cut_for_the_client(
    head: str, then: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = sends(HEADS[head], then=then)
    async with connected(payback.port) as client:
        await client.send(get("/v1/files/1/content"))
        answer = await client.answer()
        assert not answer.whole
        assert await client.is_cut()
    row = await payback.row()
    assert ending(row)[:2] == (Outcome.UPSTREAM_BROKE, 200)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_stream_that_upstream_cuts_has_no_end_for_the_client_either(
    then: str, upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(chunk("Hel"), chunk("lo"))
        await asyncio.sleep(0.02)
        getattr(visit, then)()

    upstream.script = script
    answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert (answer.body, answer.whole) == (chunk("Hel") + chunk("lo"), False)
    row = await payback.row()
    assert ending(row) == (Outcome.UPSTREAM_BROKE, 200, "upstream cut its answer")
    assert row.call.response_model == "small-model"


async def test_tokens_that_a_cut_stream_had_told_are_kept(upstream: Upstream, payback: Payback) -> None:
    upstream.script = sends(
        message("HTTP/1.1 200 OK", [("Content-Type", "text/event-stream"), ("Content-Length", "9999")]),
        chunk("Hi") + USAGE_EVENT,
        then="reset",
    )
    await call(payback.port, post(CHAT, ASKED_REQUEST))
    row = await payback.row()
    assert (row.call.outcome, row.pricing) == (Outcome.UPSTREAM_BROKE, Pricing.PRICED)
    assert row.call.usage is not None


async def test_a_stream_that_is_cut_after_its_done_event_was_complete(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*ASKED_EVENTS)
        await asyncio.sleep(0.02)
        visit.reset()

    upstream.script = script
    answer = await call(payback.port, post(CHAT, ASKED_REQUEST))
    assert (answer.body, answer.whole) == (b"".join(ASKED_EVENTS), False)
    assert (await payback.row()).call.outcome is Outcome.OK


async def test_a_document_that_upstream_cuts_is_not_answered_as_a_whole_one(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = sends(HALF, then="close")
    async with connected(payback.port) as client:
        await client.send(post(CHAT, CHAT_REQUEST))
        assert await client.is_cut() or not (await client.answer()).whole
    assert (await payback.row()).call.outcome is Outcome.UPSTREAM_BROKE


SHAPES = [
    (CHAT, b'{"error":{"message":"payback: ', b'"type":"server_error"'),
    ("/lab/v1/messages", b'{"type":"error","error":{"type":"api_error","message":"payback: ', b"}"),
    ("/lab/api/chat", b'{"error":"payback: ', b'"}'),
]


async def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.parametrize(("path", "start", "inside"), SHAPES)
async def test_an_upstream_that_is_not_there_is_a_502_in_the_shape_of_the_api(
    path: str, start: bytes, inside: bytes, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.port = await refused_port()
    async with running(tmp_path, configuration(upstream)) as payback:
        answer = await call(payback.port, post(path, CHAT_REQUEST))
        row = await payback.row()
    assert (answer.status, answer.head.value("Content-Type")) == (502, b"application/json")
    assert answer.body.startswith(start)
    assert inside in answer.body
    assert b"lab" in answer.body
    assert b"127.0.0.1" not in answer.body, "an address may hold a secret"
    assert ending(row)[:2] == (Outcome.UPSTREAM_ERROR, 502)
    assert row.call.problem is not None
    assert answer.head.value("X-Payback-Call-Id") == render_call_id(row.call.call_id).encode()


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200"], ids=["unanswered", "within its head"])
async def test_an_upstream_that_ends_before_its_head_is_whole_is_a_502(
    data: bytes, then: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = sends(data, then=then)
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert (answer.status, answer.whole) == (502, True)
    assert ending(await payback.row())[:2] == (Outcome.UPSTREAM_BROKE, 502)
    assert len(upstream.received) == 1, "a POST that reached an upstream is never sent again"


NOT_HTTP = {
    "garbage": b"\x16\x03\x01 hello\r\n\r\n",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a length and chunks": message(
        "HTTP/1.1 200 OK", [("Content-Length", "5"), ("Transfer-Encoding", "chunked")], b"0\r\n\r\n"
    ),
    "a NUL in a header": b"HTTP/1.1 200 OK\r\nX-A: \x00\r\nContent-Length: 0\r\n\r\n",
    "an upgrade unasked": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "a line too long": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * (1 << 20) + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", NOT_HTTP)
@pytest.mark.parametrize("request_", [get("/v1/models"), post(CHAT, CHAT_REQUEST)], ids=["GET", "POST"])
async def test_an_answer_that_is_not_http_is_a_502_and_never_passed_on(
    request_: bytes, name: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = sends(NOT_HTTP[name], then="close")
    answer = await call(payback.port, request_)
    assert (answer.status, answer.whole) == (502, True)
    assert ending(await payback.row())[:2] == (Outcome.UPSTREAM_BROKE, 502)


@pytest.mark.parametrize(
    "surplus", [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", b"poison"], ids=["answer", "bytes"]
)
async def test_what_upstream_sends_beyond_an_answer_is_nobodys_answer(
    surplus: bytes, upstream: Upstream, payback: Payback
) -> None:
    """The answer before it may be given or refused, as long as the next call gets its own."""
    good = message("HTTP/1.1 200 OK", [JSON, ("Content-Length", str(len(CHAT_ANSWER)))], CHAT_ANSWER)
    upstream.script = lambda visit: visit.send(good + surplus)
    for request in (post(CHAT, CHAT_REQUEST), get("/v1/models")) * 2:
        answer = await call(payback.port, request)
        assert answer.body == CHAT_ANSWER or answer.status == 502
    upstream.script = lambda visit: visit.answer(b"{}")
    assert (await call(payback.port, get("/v1/models"))).body == b"{}"


async def test_a_silent_upstream_is_a_504(upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = lambda visit: visit.left()
    async with running(tmp_path, configuration(upstream, server={"idle_timeout_s": 0.1})) as payback:
        for request in (post(CHAT, CHAT_REQUEST), get("/v1/models")):
            answer = await call(payback.port, request)
            assert (answer.status, b"upstream_timeout" in answer.body) == (504, True)
        rows = await payback.ended(2)
    assert [ending(row)[:2] for row in rows] == [(Outcome.TIMEOUT, 504)] * 2


@pytest.mark.parametrize("body", [CHAT_REQUEST, ASKED_REQUEST], ids=["document", "stream"])
async def test_an_upstream_that_falls_silent_within_its_answer_is_given_up(
    body: bytes, upstream: Upstream, tmp_path: Path
) -> None:
    async def script(visit: Visit) -> None:
        await (visit.send(HALF) if body is CHAT_REQUEST else visit.stream(chunk("Hi")))
        await visit.left()

    upstream.script = script
    async with running(tmp_path, configuration(upstream, server={"idle_timeout_s": 0.3})) as payback:
        answer = await call(payback.port, post(CHAT, body))
        row = await payback.row()
    assert not answer.whole
    assert row.call.outcome is Outcome.TIMEOUT


class Left:
    """A script that notes when its connection was ended."""

    def __init__(self, *events: bytes) -> None:
        self.events = events
        self.at_s = 0.0

    async def __call__(self, visit: Visit) -> None:
        if self.events:
            await visit.stream(*self.events)
        await visit.left()
        self.at_s = time.monotonic()


@pytest.mark.parametrize("body", [ASKED_REQUEST, STREAM_REQUEST], ids=["asked", "hidden"])
async def test_a_client_that_leaves_within_a_stream_ends_upstreams_work_at_once(
    body: bytes, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = left = Left(chunk("Hi"))
    async with connected(payback.port) as client:
        await client.send(post(CHAT, body))
        await client.until(chunk("Hi"), client.pieces(await client.head()))
        client.leave()
        left_at_s = time.monotonic()
    row = await payback.row()
    assert ending(row) == (Outcome.CLIENT_LEFT, 200, "the client left before usage was known")
    await eventually(lambda: left.at_s > 0)
    assert left.at_s - left_at_s < AT_ONCE_S


@pytest.mark.parametrize(
    "request_", [post(CHAT, CHAT_REQUEST), post("/v1/audio/speech", b"x"), get("/v1/models")]
)
async def test_a_client_that_leaves_before_the_head_ends_upstreams_work_at_once(
    request_: bytes, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = left = Left()
    async with connected(payback.port) as client:
        await client.send(request_)
        await eventually(lambda: upstream.received != [])
        client.leave()
        left_at_s = time.monotonic()
    row = await payback.row()
    assert row.call.outcome is Outcome.CLIENT_LEFT
    await eventually(lambda: left.at_s > 0)
    assert left.at_s - left_at_s < AT_ONCE_S


async def test_a_client_that_leaves_at_the_done_event_has_had_everything(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = left = Left(*ASKED_EVENTS)
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.until(DONE, client.pieces(await client.head()))
        client.leave()
    await eventually(lambda: left.at_s > 0)
    assert (await payback.row()).call.outcome is Outcome.OK


async def test_a_client_that_leaves_after_the_usage_event_is_charged_for_it(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = Left(chunk("Hi"), USAGE_EVENT)
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.until(USAGE_EVENT, client.pieces(await client.head()))
        client.leave()
    row = await payback.row()
    assert (row.call.outcome, row.pricing) == (Outcome.CLIENT_LEFT, Pricing.PRICED)


async def test_a_client_that_sends_no_more_but_waits_is_taken_to_have_left(
    upstream: Upstream, payback: Payback
) -> None:
    """As nginx takes it: who is really gone cannot be told apart."""
    upstream.script = Left(chunk("Hi"))
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.head()
        client.half_close()
        assert (await payback.row()).call.outcome is Outcome.CLIENT_LEFT


@pytest.mark.parametrize("path", [CHAT, "/v1/audio/transcriptions"])
async def test_an_upload_that_the_client_breaks_off_is_no_whole_request_upstream(
    path: str, upstream: Upstream, payback: Payback
) -> None:
    head = [("Host", "payback.test"), ("Content-Length", "100000")]
    async with connected(payback.port) as client:
        await client.send(message(f"POST {path} HTTP/1.1", head, b"x" * 50_000))
        if path != CHAT:
            await eventually(lambda: upstream.heads != [])
        client.leave()
    if path == CHAT:
        await asyncio.sleep(0.1)
        assert upstream.connections == 0
        assert payback.rows() == []
    else:
        assert (await payback.row()).call.outcome is Outcome.CLIENT_LEFT
        await eventually(lambda: upstream.unfinished != b"")
    assert upstream.received == []


@pytest.mark.parametrize("path", [CHAT, "/v1/audio/transcriptions"])
async def test_an_upload_with_broken_chunks_is_no_whole_request_upstream(
    path: str, upstream: Upstream, payback: Payback
) -> None:
    head = [("Host", "payback.test"), ("Transfer-Encoding", "chunked")]
    async with connected(payback.port) as client:
        await client.send(message(f"POST {path} HTTP/1.1", head, b"5\r\nhello\r\n"))
        await asyncio.sleep(0.05)
        await client.send(b"zz\r\nhello\r\n0\r\n\r\n")
        await asyncio.sleep(0.05)
    await eventually(lambda: all(row.state is State.ENDED for row in payback.rows()))
    assert upstream.received == []


async def test_an_answer_that_comes_before_the_upload_has_ended_is_passed_on(
    upstream: Upstream, payback: Payback
) -> None:
    """413 for a body that nobody wants to read."""
    upstream.on_head = lambda visit: visit.answer(b"no", ("Connection", "close"), status="413 Too Large")
    async with connected(payback.port) as client:
        head = [("Host", "payback.test"), ("Content-Length", "10000000")]
        await client.send(message("POST /v1/files HTTP/1.1", head, b"x" * 1000))
        answer = await client.answer()
        assert (answer.status, answer.body) == (413, b"no")
    assert (await payback.row()).call.outcome is Outcome.UPSTREAM_ERROR


def shape(answer: Answer) -> tuple[int, bytes]:
    return answer.status, answer.body


async def test_a_connection_that_upstream_closed_meanwhile_costs_no_read_and_no_post_is_sent_twice(
    upstream: Upstream, payback: Payback
) -> None:
    """llama.cpp and uvicorn close idle connections; the next call must not suffer for it."""

    async def script(visit: Visit) -> None:
        await visit.answer(chat_answer(), JSON)
        visit.close()

    upstream.script = script
    for request in (get("/v1/models"), post(CHAT, CHAT_REQUEST)) * 4:
        assert shape(await call(payback.port, request)) == (200, CHAT_ANSWER)
        await asyncio.sleep(0.01)
    assert len(upstream.received) == 8


async def test_a_certificate_that_nobody_vouches_for_is_a_502_and_nothing_is_sent(tmp_path: Path) -> None:
    async with scripted_upstream(certificate=DATA / "tls" / "nobody_vouches_for.pem") as upstream:
        lab = {"base_url": f"https://127.0.0.1:{upstream.port}/v1"}
        async with running(tmp_path, configuration(upstream, lab=lab)) as payback:
            answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
            row = await payback.row()
    assert answer.status == 502
    assert b"certificate" in answer.body
    assert ending(row)[:2] == (Outcome.UPSTREAM_ERROR, 502)
    assert upstream.heads == []
