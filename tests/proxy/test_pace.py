"""Bytes go on as they come: nothing is gathered, and nothing is taken that the client does not take."""

import asyncio
import os

import pytest

from tests.proxy.bodies import (
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    DONE,
    STREAM_REQUEST,
    chunk,
)
from tests.proxy.client import Client, connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, eventually
from tests.proxy.upstream import Script, Upstream, Visit

JSON = ("Content-Type", "application/json")


def drip(*events: bytes, goes_on: asyncio.Event) -> Script:
    """Sends an event only when the client has had the one before it."""

    async def script(visit: Visit) -> None:
        await visit.stream()
        for event in events:
            await visit.send(chunked(event, end=False))
            await goes_on.wait()
            goes_on.clear()
        await visit.send(chunked())

    return script


@pytest.mark.parametrize("request_body", [ASKED_REQUEST, STREAM_REQUEST], ids=["asked", "hidden"])
async def test_each_event_reaches_the_client_before_the_next_one_is_sent(
    request_body: bytes, upstream: Upstream, payback: Payback
) -> None:
    goes_on = asyncio.Event()
    events = (chunk("a"), b": ping\n\n", chunk("b"), chunk("c"), DONE)
    upstream.script = drip(*events, goes_on=goes_on)
    async with connected(payback.port) as client:
        await client.send(post(CHAT, request_body))
        pieces = client.pieces(await client.head())
        for event in events:
            assert await client.until(event, pieces) == event
            goes_on.set()
        assert [piece async for piece in pieces] == []


async def test_the_head_of_an_answer_does_not_wait_for_its_body(upstream: Upstream, payback: Payback) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [("Content-Length", "2"), ("X-A", "1")]))
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(get("/v1/files/1/content"))
        assert (await client.head()).value("X-A") == b"1"


async def test_a_document_that_comes_slowly_is_passed_on_before_it_is_whole(
    upstream: Upstream, payback: Payback
) -> None:
    """Its last byte alone waits for the ledger."""
    goes_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        head = message("HTTP/1.1 200 OK", [JSON, ("Content-Length", str(len(CHAT_ANSWER)))])
        await visit.send(head, CHAT_ANSWER[:50])
        await goes_on.wait()
        await visit.send(CHAT_ANSWER[50:])

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, CHAT_REQUEST))
        pieces = client.pieces(await client.head())
        assert await client.until(CHAT_ANSWER[:49], pieces) == CHAT_ANSWER[:49]
        goes_on.set()
        assert b"".join([piece async for piece in pieces]) == CHAT_ANSWER[49:]
    assert (await payback.row()).call.usage is not None


async def test_a_slow_reader_makes_upstream_wait_and_fills_no_memory(
    upstream: Upstream, payback: Payback
) -> None:
    """200 MB that nobody reads must stay where they are."""
    sent = 0

    async def script(visit: Visit) -> None:
        nonlocal sent
        await visit.stream()
        while sent < 200:
            await visit.send(b"100000\r\n" + os.urandom(1 << 10) * (1 << 10) + b"\r\n")
            sent += 1

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.head()
        await asyncio.sleep(0.5)
    assert sent < 50


async def test_an_upstream_that_reads_slowly_makes_the_client_wait_and_fills_no_memory(
    upstream: Upstream, payback: Payback
) -> None:
    """256 MB that upstream does not take must stay with the client."""
    sent = 0

    async def sending(client: Client) -> None:
        nonlocal sent
        for _ in range(256):
            await client.send(bytes(1 << 20))
            sent += 1

    upstream.on_head = lambda visit: asyncio.sleep(30)
    async with connected(payback.port) as client:
        await client.send(get("/v1/files", ("Content-Length", str(256 << 20)), method="POST"))
        task = asyncio.ensure_future(sending(client))
        await eventually(lambda: upstream.heads != [])
        await asyncio.sleep(0.5)
        assert sent < 50
        task.cancel()
