"""Clients that leave: upstream stops at once, the row says so, and no half upload looks like a whole one."""

import asyncio
import time

import pytest

from ledger.call import Outcome, Pricing, State, UsageBasis
from ledger.usage import TokenUsage
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_REQUEST,
    DONE,
    STREAM_REQUEST,
    USAGE_EVENT,
    chunk,
)
from tests.proxy.client import connected, get, post
from tests.proxy.message import message
from tests.proxy.running import Payback, eventually
from tests.proxy.upstream import Upstream, Visit

AT_ONCE_S = 0.1


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
    assert (row.call.outcome, row.call.http_status) == (Outcome.CLIENT_LEFT, 200)
    assert row.call.usage_basis is UsageBasis.PARTIAL
    await eventually(lambda: left.at_s > 0)
    assert left.at_s - left_at_s < AT_ONCE_S


@pytest.mark.parametrize("request_", [post(CHAT, CHAT_REQUEST), post("/v1/videos", b"x"), get("/v1/models")])
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


async def test_usage_beside_text_that_goes_on_is_not_taken_for_the_whole_where_the_client_leaves(
    upstream: Upstream, payback: Payback
) -> None:
    """vLLM can count with every event, Gemini does: 1 token then is all that was heard, not all there is."""
    so_far = {"prompt_tokens": 11, "completion_tokens": 1, "total_tokens": 12}
    upstream.script = Left(chunk("A long text without end", usage=so_far))
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.until(b"completion_tokens", client.pieces(await client.head()))
        client.leave()
    row = await payback.row()
    assert (row.call.outcome, row.call.usage_basis) == (Outcome.CLIENT_LEFT, UsageBasis.PARTIAL)
    assert row.call.usage == TokenUsage(input_tokens=11, output_tokens=1)
    assert row.list_cost == 21_000


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


@pytest.mark.parametrize("path", [CHAT, "/v1/files"])
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


@pytest.mark.parametrize("path", [CHAT, "/v1/files"])
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
