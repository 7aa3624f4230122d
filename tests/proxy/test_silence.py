"""A WebSocket that nobody uses, or that one side does not read, does not stay for ever."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from ledger.call import Outcome
from proxy.silence import Silence
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.websockets import Client, SocketUpstream, received, socket_upstream, websocket

PATH = "/v1/realtime?model=m"
LIMIT_S = 0.8


@pytest.fixture
async def upstream() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as started:
        yield started


async def test_a_connection_on_which_nothing_passes_is_ended_with_a_goodbye_after_the_idle_limit(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    async with running(tmp_path, configuration(upstream, server={"idle_timeout_s": LIMIT_S})) as payback:
        async with websocket(payback.port, PATH) as client:
            for _ in range(4):  # twice the limit in all
                await asyncio.sleep(LIMIT_S / 2)
                await client.send_str("still here")
                assert (await received(client)).data == "still here"
            goodbye = await received(client)
            assert (goodbye.type, goodbye.data) == (WSMsgType.CLOSE, 1001)
        row = await payback.row()
        await eventually(lambda: upstream.ended == [1001])
    assert (row.call.outcome, row.call.problem) == (
        Outcome.TIMEOUT,
        "nothing passed over the connection for too long",
    )


async def reads_nothing(_: web.WebSocketResponse) -> None:
    await asyncio.sleep(30)


async def until_stuck(client: Client) -> None:
    """Send until payback takes no more."""
    while True:
        try:
            async with asyncio.timeout(0.2):
                await client.send_bytes(bytes(1 << 18))
        except TimeoutError:
            return


async def test_an_upstream_that_reads_nothing_is_given_up_after_the_idle_limit(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    upstream.script = reads_nothing
    table = configuration(upstream, server={"idle_timeout_s": LIMIT_S})
    async with running(tmp_path, table) as payback, websocket(payback.port, PATH) as client:
        await until_stuck(client)
        assert (await payback.row()).call.outcome is Outcome.TIMEOUT


async def test_a_client_that_resets_while_upstream_reads_nothing_is_felt_at_once(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    """Nothing is read from it then, so the system does not say of itself that it has gone."""
    upstream.script = reads_nothing
    async with (
        running(tmp_path, configuration(upstream)) as payback,
        websocket(payback.port, PATH) as client,
    ):
        await until_stuck(client)
        reset(client)
        await left(payback)


def reset(client: Client) -> None:
    assert client._conn is not None
    assert client._conn.transport is not None
    no_linger = struct.pack("ii", 1, 0)
    client._conn.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
    client._conn.transport.abort()


async def left(payback: Payback) -> None:
    async with asyncio.timeout(1):
        assert (await payback.row()).call.outcome is Outcome.CLIENT_LEFT


async def test_what_is_heard_puts_the_limit_off_and_what_is_stopped_says_nothing() -> None:
    told: list[str] = []
    heard, stopped = (
        Silence(1.0, lambda: told.append("heard")),
        Silence(1.0, lambda: told.append("stopped")),
    )
    never = Silence(None, lambda: told.append("never"))
    stopped.stop()
    for _ in range(4):
        await asyncio.sleep(0.3)
        heard.heard()
        never.heard()
    assert told == []
    await eventually(lambda: told == ["heard"])
