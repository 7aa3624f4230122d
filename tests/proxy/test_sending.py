"""Attempts whose client has left: heard out where the configuration says so, and no longer than it says."""

import asyncio
import gc
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ledger.call import Outcome, UsageBasis
from ledger.usage import TokenUsage
from tests.proxy.bodies import CHAT, CHAT_REQUEST, DONE, STREAM_REQUEST, chat_answer, chunk, event
from tests.proxy.client import connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit

JSON = ("Content-Type", "application/json")


class HeardOut:
    """Goes on after the client has left, and says so."""

    def __init__(self, *later: bytes) -> None:
        self.later = later
        self.go_on = asyncio.Event()
        self.was_heard = False

    async def __call__(self, visit: Visit) -> None:
        await visit.stream(chunk("Hel"))
        await self.go_on.wait()
        for piece in self.later:
            await visit.send(chunked(piece))
        await visit.send(chunked())
        self.was_heard = True


USAGE_AND_END = (event({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 5}}), DONE)


async def test_an_answer_is_heard_out_where_the_configuration_says_drain(
    upstream: Upstream, tmp_path: Path
) -> None:
    """The provider charges for the whole of it, whoever has left."""
    upstream.script = script = HeardOut(*USAGE_AND_END)
    server = {"when_client_leaves": "drain", "drain_limit_s": 5}
    async with running(tmp_path, configuration(upstream, server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, STREAM_REQUEST))
            await client.until(chunk("Hel"), client.pieces(await client.head()))
            client.leave()
        await asyncio.sleep(0.1)
        script.go_on.set()
        row = await payback.row()
    assert script.was_heard
    assert row.call.outcome is Outcome.CLIENT_LEFT
    assert row.call.usage == TokenUsage(input_tokens=11, output_tokens=5)
    assert (row.call.usage_basis, row.list_cost) == (UsageBasis.REPORTED, 61_000)


async def test_an_answer_is_heard_out_that_had_not_begun_when_the_client_left(
    upstream: Upstream, tmp_path: Path
) -> None:
    may_answer = asyncio.Event()

    async def script(visit: Visit) -> None:
        await may_answer.wait()
        await visit.answer(chat_answer(), JSON)

    upstream.script = script
    server = {"when_client_leaves": "drain", "drain_limit_s": 5}
    async with running(tmp_path, configuration(upstream, server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, CHAT_REQUEST))
            await eventually(lambda: upstream.received != [])
            client.leave()
        await asyncio.sleep(0.1)
        may_answer.set()
        row = await payback.row()
    assert (row.call.outcome, row.list_cost) == (Outcome.CLIENT_LEFT, 61_000)


async def test_an_answer_is_not_heard_out_for_longer_than_was_said(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = HeardOut(*USAGE_AND_END)
    server = {"when_client_leaves": "drain", "drain_limit_s": 0.2}
    async with running(tmp_path, configuration(upstream, server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, STREAM_REQUEST))
            await client.until(chunk("Hel"), client.pieces(await client.head()))
            client.leave()
        row = await payback.row()
    assert (row.call.outcome, row.call.usage_basis) == (Outcome.CLIENT_LEFT, UsageBasis.PARTIAL)


async def test_payback_that_ends_does_not_wait_for_an_answer_nobody_hears(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = HeardOut(*USAGE_AND_END)
    server = {"when_client_leaves": "drain", "drain_limit_s": 60, "drain_s": 0.1}
    async with running(tmp_path, configuration(upstream, server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, STREAM_REQUEST))
            await client.until(chunk("Hel"), client.pieces(await client.head()))
            client.leave()
        await asyncio.sleep(0.1)
    (row,) = payback.rows()
    assert row.call.outcome is Outcome.INTERRUPTED


async def test_a_document_is_heard_from_its_start_though_the_client_leaves_within_it(
    upstream: Upstream, tmp_path: Path
) -> None:
    has_left, body = asyncio.Event(), chat_answer()

    async def script(visit: Visit) -> None:
        whole = message("HTTP/1.1 200 OK", [JSON, ("Content-Length", str(len(body)))], body)
        await visit.send(whole[:-20])
        await has_left.wait()
        await visit.send(whole[-20:])

    upstream.script = script
    server = {"when_client_leaves": "drain", "drain_limit_s": 5}
    async with running(tmp_path, configuration(upstream, server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, CHAT_REQUEST))
            await eventually(lambda: upstream.received != [])
            await asyncio.sleep(0.03)
            client.leave()
        await asyncio.sleep(0.03)
        has_left.set()
        row = await payback.row()
    assert (row.call.outcome, row.call.usage_basis) == (Outcome.CLIENT_LEFT, UsageBasis.REPORTED)


async def test_a_call_that_is_cut_before_its_answer_leaves_nothing_behind(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The request, once forgotten, would fail later with a traceback that nobody asked for."""
    upstream.script = Visit.left
    server = {"when_client_leaves": "drain", "drain_limit_s": 60, "drain_s": 0.1}
    async with AsyncExitStack() as clients:
        async with running(tmp_path, configuration(upstream, server=server)) as payback:
            client = await clients.enter_async_context(connected(payback.port))
            await client.send(post(CHAT, STREAM_REQUEST))
            await eventually(lambda: upstream.received != [])
        await asyncio.sleep(0)
        gc.collect()
    (row,) = payback.rows()
    assert row.call.outcome is Outcome.INTERRUPTED
    assert "never retrieved" not in caplog.text


async def test_what_nobody_is_charged_for_is_not_heard_out(upstream: Upstream, tmp_path: Path) -> None:
    """A download of gigabytes, say, that its client broke off."""
    upstream.script = script = HeardOut()
    server = {"when_client_leaves": "drain", "drain_limit_s": 5}
    async with running(tmp_path, configuration(upstream, server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(get("/v1/files/file-1/content"))
            await client.until(chunk("Hel"), client.pieces(await client.head()))
            client.leave()
        row = await payback.row()
    assert (row.call.outcome, script.was_heard) == (Outcome.CLIENT_LEFT, False)
