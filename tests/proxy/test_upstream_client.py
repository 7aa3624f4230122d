"""Upstreams that are not there, speak no HTTP, or end their connections at the wrong moment."""

import asyncio
import socket
from pathlib import Path

import pytest

from ledger.call import Entry, Outcome
from ledger.ids import render_call_id
from tests.proxy.bodies import CHAT, CHAT_ANSWER, CHAT_REQUEST, chat_answer
from tests.proxy.client import Answer, call, get, post
from tests.proxy.message import message
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Script, Upstream, Visit, scripted_upstream

DATA = Path(__file__).parents[1] / "data"
JSON = ("Content-Type", "application/json")


def ending(row: Entry) -> tuple[Outcome | None, int | None]:
    return row.call.outcome, row.call.http_status


def sends(data: bytes, then: str) -> Script:
    async def script(visit: Visit) -> None:
        await visit.send(data)
        await asyncio.sleep(0.02)
        getattr(visit, then)()

    return script


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
    assert ending(row) == (Outcome.UPSTREAM_ERROR, 502)
    assert row.call.problem is not None
    assert answer.head.value("X-Payback-Call-Id") == render_call_id(row.call.call_id).encode()


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200"], ids=["unanswered", "within its head"])
async def test_an_upstream_that_ends_before_its_head_is_whole_is_a_502(
    data: bytes, then: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = sends(data, then)
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert (answer.status, answer.whole) == (502, True)
    assert ending(await payback.row()) == (Outcome.UPSTREAM_BROKE, 502)
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
    upstream.script = sends(NOT_HTTP[name], "close")
    answer = await call(payback.port, request_)
    assert (answer.status, answer.whole) == (502, True)
    assert ending(await payback.row()) == (Outcome.UPSTREAM_BROKE, 502)


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
    assert ending(row) == (Outcome.UPSTREAM_ERROR, 502)
    assert upstream.heads == []
