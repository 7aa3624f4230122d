"""Whatever is refused has a status and a sentence, and is either a row or counted: nothing goes by unseen."""

import asyncio
from pathlib import Path

import pytest

from ledger.call import Outcome
from proxy import upload
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import message
from tests.proxy.refusals import refusals
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream
from tests.proxy.websockets import UPGRADE

FILES = "/v1/files"
HOST = ("Host", "payback.test")
CHUNKED = [HOST, ("Transfer-Encoding", "chunked")]
BROKEN = {"nonsense": b"zz\r\nhello\r\n0\r\n\r\n", "no end of a chunk": b"5\r\nhelloooo"}
BODY = b"5\r\nhello\r\n"


async def counted(payback: Payback, **expected: int) -> None:
    """Once they are as many; never more."""
    seen: dict[str, int] = {}
    for _ in range(100):
        seen = await refusals(payback)
        if seen == expected:
            break
    assert seen == expected


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("first", [BODY, b""], ids=["behind a good chunk", "behind the head"])
async def test_a_metered_call_with_a_broken_body_is_refused_and_counted(
    first: bytes, broken: str, upstream: Upstream, payback: Payback
) -> None:
    async with connected(payback.port) as client:
        await client.send(message(f"POST {CHAT} HTTP/1.1", CHUNKED, first))
        await has_begun(payback)
        await client.send(BROKEN[broken])
        answer = await client.answer()
        assert (answer.status, b'"code":"bad_request_body"' in answer.body) == (400, True)
        assert await client.is_cut()
    await counted(payback, body=1)
    assert (payback.rows(), upstream.connections) == ([], 0)


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_body_that_is_broken_in_the_packet_of_its_head_is_refused_and_counted(
    broken: str, upstream: Upstream, payback: Payback
) -> None:
    answer = await call(payback.port, message(f"POST {CHAT} HTTP/1.1", CHUNKED, BROKEN[broken]))
    assert answer.status == 400
    assert sum((await refusals(payback)).values()) == 1
    assert (payback.rows(), upstream.connections) == ([], 0)


HALF = {
    "a length": message(f"POST {CHAT} HTTP/1.1", [HOST, ("Content-Length", "100000")], b"x" * 50_000),
    "chunks": message(f"POST {CHAT} HTTP/1.1", CHUNKED, BODY),
    "an invitation": message(
        f"POST {CHAT} HTTP/1.1", [HOST, ("Content-Length", "10"), ("Expect", "100-continue")]
    ),
}


@pytest.mark.parametrize("half", HALF)
@pytest.mark.parametrize("how", ["closes", "resets"])
async def test_a_client_that_leaves_within_a_metered_calls_body_is_counted(
    how: str, half: str, upstream: Upstream, payback: Payback
) -> None:
    async with connected(payback.port) as client:
        await client.send(HALF[half])
        await has_begun(payback)
        if how == "closes":
            client.half_close()
            assert half == "an invitation" or await client.is_cut()
        else:
            client.leave()
    await counted(payback, left=1)
    assert (payback.rows(), upstream.connections) == ([], 0)


@pytest.mark.parametrize("half", ["a length", "chunks"])
async def test_a_client_that_leaves_within_an_upload_that_streams_has_a_row_and_is_not_counted_besides(
    half: str, upstream: Upstream, payback: Payback
) -> None:
    async with connected(payback.port) as client:
        await client.send(HALF[half].replace(CHAT.encode(), FILES.encode()))
        await eventually(lambda: upstream.heads != [])
        client.leave()
    assert (await payback.row()).call.outcome is Outcome.CLIENT_LEFT
    assert await refusals(payback) == {}


@pytest.mark.parametrize("sent", ["a length", "chunks"])
async def test_a_client_that_stops_within_a_metered_calls_body_does_not_hold_its_connection_for_ever(
    sent: str, upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "SILENT_SECONDS", 0.2)
    async with connected(payback.port) as client:
        await client.send(HALF[sent])
        answer = await client.answer()
        assert (answer.status, b'"code":"request_timeout"' in answer.body) == (408, True)
        assert answer.head.value("Connection") == b"close"
    await counted(payback, slow=1)
    assert (payback.rows(), upstream.connections) == ([], 0)


async def test_a_client_that_stops_within_an_upload_that_streams_has_a_row(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "SILENT_SECONDS", 0.2)
    async with connected(payback.port) as client:
        await client.send(HALF["chunks"].replace(CHAT.encode(), FILES.encode()))
        assert (await client.answer()).status == 408
    call = (await payback.row()).call
    assert (call.outcome, call.problem) == (Outcome.CLIENT_LEFT, "the body of the request stopped coming")
    assert await refusals(payback) == {}


async def test_a_client_that_sends_slowly_is_waited_for(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece has the time that there is, however long all of them take."""
    monkeypatch.setattr(upload, "SILENT_SECONDS", 1)
    request = post(CHAT, CHAT_REQUEST)
    fifth = len(CHAT_REQUEST) // 5
    async with connected(payback.port) as client:
        await client.send(request[: -4 * fifth])
        for end in (3, 2, 1, 0):
            await asyncio.sleep(0.3)
            await client.send(request[-(end + 1) * fifth : -end * fifth or None])
        assert (await client.answer()).status == 200


REFUSED = {
    "a path that climbs": ("path", 400, post("/v1/../etc", CHAT_REQUEST)),
    "a handshake with a body": ("handshake", 400, get(CHAT, *UPGRADE, ("Content-Length", "5")) + b"hello"),
    "no HTTP": ("http", 400, b"POST /v1/x HTTP/1.1\r\nHost: a\r\nAuthorization : x\r\n\r\n"),
    "a head without end": ("http", 431, b"GET /v1/x HTTP/1.1\r\nHost: a\r\nX: " + b"x" * (100 << 10)),
    "another version": ("http", 505, b"GET /v1/x HTTP/2.0\r\nHost: a\r\n\r\n"),
    "two lengths": (
        "http",
        400,
        b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    ),
    "a host that is none": ("http", 400, get(CHAT).replace(b"payback.test", b"a b")),
    "a coding that nobody reads": (
        "http",
        501,
        message(f"POST {CHAT} HTTP/1.1", [HOST, ("Transfer-Encoding", "gzip, chunked")], BODY),
    ),
}


@pytest.mark.parametrize("how", REFUSED)
async def test_each_refusal_before_upstream_is_counted_once(
    how: str, upstream: Upstream, payback: Payback
) -> None:
    reason, status, request = REFUSED[how]
    assert (await call(payback.port, request)).status == status
    assert await refusals(payback) == {reason: 1}
    assert (payback.rows(), upstream.connections) == ([], 0)


async def test_a_page_of_another_site_and_a_ledger_that_cannot_be_written_are_counted(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "configured-key")
    spool = {"spool": str(tmp_path / "not-there" / "spool")}
    table = configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}}, ledger=spool)
    async with running(tmp_path, table) as payback:
        foreign = post(CHAT, CHAT_REQUEST, ("Origin", "https://evil.example"))
        assert (await call(payback.port, foreign)).status == 403
        with payback.locked():
            assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).status == 503
        assert await refusals(payback) == {"site": 1, "ledger": 1}


async def test_what_goes_upstream_is_a_row_and_no_refusal(payback: Payback) -> None:
    for request in (post(CHAT, b"no JSON"), get("/v1/nothing-there"), post(FILES, b"x")):
        assert (await call(payback.port, request)).status == 200
    await payback.ended(3)
    assert await refusals(payback) == {}


async def has_begun(payback: Payback) -> None:
    """The call is under way: payback reads its body."""
    for _ in range(100):
        page = await call(payback.port, b"GET /-/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if b"payback_in_flight_calls 1.0" in page.body:
            return
    raise AssertionError("no call is under way")
