"""Requests as they come on a connection, in whatever pieces: each is answered once, and in order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from payback import lean_front
from payback.server import Server
from proxy.plan import Planner
from tests.proxy.bodies import CHAT, CHAT_ANSWER, CHAT_REQUEST
from tests.proxy.client import call, connected, get, post
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

REQUEST = post(CHAT, CHAT_REQUEST)
HEAD_BYTES = REQUEST.index(b"\r\n\r\n") + 4
EXPECTING = post(CHAT, CHAT_REQUEST, ("Expect", "100-continue"))
CHUNKED = get(CHAT, ("Transfer-Encoding", "chunked"), method="POST") + b"2\r\n{}\r\n0\r\n\r\n"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        started.script = lambda visit: visit.answer(visit.received.target.encode() + visit.received.body)
        yield started


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream)) as started:
        yield started


def echo_of(request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    return head.split(b" ")[1] + (b"{}" if b"chunked" in head else body)


@pytest.fixture
def aiohttps(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections that were given to aiohttp's server."""
    given: list[object] = []
    make = Server._others

    def others(server: Server) -> object:
        given.append(make(server))
        return given[-1]

    monkeypatch.setattr(Server, "_others", others)
    return given


@pytest.mark.parametrize(
    "cuts",
    [(), (HEAD_BYTES,), (HEAD_BYTES + 1,), (HEAD_BYTES, HEAD_BYTES + 5, len(REQUEST) - 1)],
    ids=["whole", "head, body", "head and a byte", "in four"],
)
async def test_a_call_stays_at_the_lean_front_when_its_body_comes_later(
    cuts: tuple[int, ...], payback: Payback, aiohttps: list[object]
) -> None:
    async with connected(payback.port) as client:
        for _ in range(3):
            for start, end in zip((0, *cuts), (*cuts, len(REQUEST)), strict=True):
                await client.send(REQUEST[start:end])
                await asyncio.sleep(0.01)
            assert (await client.answer()).body == echo_of(REQUEST)
    assert aiohttps == []


ODD = {
    "in its head": (REQUEST[:10], REQUEST[10:]),
    "byte by byte": tuple(REQUEST[at : at + 1] for at in range(len(REQUEST))),
    "an empty line first": (b"\r\n\r\n" + REQUEST,),
    "expecting": (EXPECTING,),
    "in chunks": (CHUNKED,),
    "two at once": (REQUEST + REQUEST,),
}


@pytest.mark.parametrize("odd", ODD)
async def test_what_is_odd_is_answered_by_aiohttp_and_so_is_all_behind_it(
    odd: str, payback: Payback, aiohttps: list[object]
) -> None:
    async with connected(payback.port) as client:
        await client.send(REQUEST)
        assert (await client.answer()).body == echo_of(REQUEST)
        assert aiohttps == []
        for piece in ODD[odd]:
            await client.send(piece)
            await asyncio.sleep(0.002)
        for _ in range(2 if odd == "two at once" else 1):
            assert (await client.answer()).body == echo_of(CHUNKED if odd == "in chunks" else REQUEST)
        await client.send(REQUEST)
        assert (await client.answer()).body == echo_of(REQUEST)
    assert len(aiohttps) == 1


@pytest.mark.parametrize("cut", [HEAD_BYTES, len(REQUEST) - 1, len(REQUEST)])
async def test_what_comes_behind_a_request_waits_for_its_turn(
    cut: int, payback: Payback, upstream: Upstream
) -> None:
    """More than is held here: the rest waits in the system's buffers."""
    behind = [post(f"/v1/files?{number}", b"x" * 5000) for number in range(40)]
    assert sum(map(len, behind)) > lean_front.NEXT_BYTES
    async with connected(payback.port) as client:
        await client.send(REQUEST[:cut])
        await asyncio.sleep(0.01)
        sending = asyncio.ensure_future(client.send(REQUEST[cut:] + b"".join(behind)))
        for request in (REQUEST, *behind):
            assert (await client.answer()).body == echo_of(request)
        await sending
    assert len(upstream.received) == 41


@pytest.mark.parametrize("first", [b"", REQUEST], ids=["at once", "behind a call"])
async def test_what_is_no_request_is_refused_and_not_quoted(
    first: bytes, payback: Payback, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(payback.port) as client:
        await client.send(first)
        if first:
            await client.answer()
        await client.send(b"POST /v1/x HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer sk-canary\r\n\r\n")
        answer = await client.answer()
        assert (answer.status, b"canary" in answer.body) == (400, False)
        assert await client.is_cut()
    assert "canary" not in caplog.text


async def test_an_answer_that_comes_before_the_body_has_ended_is_not_torn_from_a_client_that_still_sends(
    payback: Payback,
) -> None:
    request = post("/v1/a/../files", b"x" * (4 << 20))
    async with connected(payback.port) as client:
        await client.send(request[: 1 << 16])
        answer = await client.answer()
        assert (answer.status, answer.head.value("Connection")) == (400, b"close")
        await client.send(request[1 << 16 :])  # a connection that was reset would raise here


async def test_a_connection_is_closed_when_it_was_idle_and_not_while_a_call_takes_long(
    payback: Payback, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean_front, "IDLE_SECONDS", 0.6)

    async def slow(visit: Visit) -> None:
        await asyncio.sleep(0.9)
        await visit.answer(CHAT_ANSWER)

    async with connected(payback.port) as client:
        await client.send(REQUEST)
        assert (await client.answer()).body == echo_of(REQUEST)
        upstream.script = slow
        await client.send(REQUEST)
        assert (await client.answer()).body == CHAT_ANSWER
        started = asyncio.get_running_loop().time()
        assert await client.is_cut()
        assert 0.5 < asyncio.get_running_loop().time() - started < 5


async def test_a_connection_over_which_nothing_is_said_is_closed(
    payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean_front, "IDLE_SECONDS", 0.2)
    async with connected(payback.port) as client:
        assert await client.is_cut()


async def test_a_call_that_goes_on_at_paybacks_end_is_answered_and_its_connection_is_then_closed(
    upstream: Upstream, tmp_path: Path
) -> None:
    goes_on = asyncio.Event()

    async def slow(visit: Visit) -> None:
        await goes_on.wait()
        await visit.answer(CHAT_ANSWER)

    upstream.script = slow
    serving = running(tmp_path, configuration(upstream, server={"drain_s": 5}))
    payback = await serving.__aenter__()
    async with connected(payback.port) as client, connected(payback.port) as idle:
        await client.send(REQUEST)
        await eventually(lambda: upstream.received != [])
        ending = asyncio.ensure_future(serving.__aexit__(None, None, None))
        await asyncio.sleep(0.05)
        goes_on.set()
        answer = await client.answer()
        assert (answer.body, answer.head.value("Connection")) == (CHAT_ANSWER, b"close")
        assert await client.is_cut()
        assert await idle.is_cut()
        await ending


async def test_a_fault_of_payback_is_answered_as_one_and_the_next_call_is_well(
    payback: Payback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(planner: Planner, request: object) -> None:
        raise ZeroDivisionError

    async with connected(payback.port) as client:
        with monkeypatch.context() as patched, caplog.at_level(logging.CRITICAL):
            patched.setattr(Planner, "of", fails)
            await client.send(REQUEST)
            answer = await client.answer()
        assert (answer.status, b'"code":"internal_error"' in answer.body) == (500, True)
        await client.send(REQUEST)
        assert (await client.answer()).body == echo_of(REQUEST)


async def test_many_clients_are_each_answered_with_their_own(payback: Payback) -> None:
    requests = [post(f"/v1/files?{number}", b"%d" % number) for number in range(100)]
    answers = await asyncio.gather(*(call(payback.port, request) for request in requests))
    assert [answer.body for answer in answers] == [echo_of(request) for request in requests]
