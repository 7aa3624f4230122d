"""WebSockets pass through: what either side sends arrives at the other as it was, and so does how it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from ledger.call import Outcome, Pricing
from tests.proxy.client import connected, get
from tests.proxy.message import message
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Visit, scripted_upstream
from tests.proxy.websockets import UPGRADE, SocketUpstream, received, socket_upstream, websocket

PATH = "/v1/live"
"""Nothing is known of what is said there."""


@pytest.fixture
async def upstream() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as started:
        yield started


@pytest.fixture
async def payback(upstream: SocketUpstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream)) as started:
        yield started


async def test_text_and_binary_messages_come_back_as_they_were_sent(payback: Payback) -> None:
    async with websocket(payback.port, PATH) as client:
        await client.send_str('{"type":"héllo"}')
        assert (await received(client)).data == '{"type":"héllo"}'
        await client.send_bytes(b"\x00\xff" * 10)
        assert (await received(client)).data == b"\x00\xff" * 10
        await client.send_str("")
        assert (await received(client))[:2] == (WSMsgType.TEXT, "")


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536, 1 << 20, 20 << 20])
async def test_a_message_of_any_length_comes_back_whole(size: int, payback: Payback) -> None:
    message = bytes(range(256)) * (size // 256 + 1)
    async with websocket(payback.port, PATH) as client:
        await client.send_bytes(message[:size])
        assert (await received(client)).data == message[:size]


async def test_pings_and_pongs_are_the_peers_own(upstream: SocketUpstream, payback: Payback) -> None:
    """Who asks whether the other is there must not be answered by who stands between."""
    upstream.autoping = False

    async def script(socket: web.WebSocketResponse) -> None:
        assert (await socket.receive())[:2] == (WSMsgType.PING, b"there?")
        await socket.ping(b"and you?")
        assert (await socket.receive())[:2] == (WSMsgType.PONG, b"yes")

    upstream.script = script
    async with websocket(payback.port, PATH) as client:
        await client.ping(b"there?")
        assert (await received(client))[:2] == (WSMsgType.PING, b"and you?")
        await client.pong(b"yes")
        assert (await received(client)).type is WSMsgType.CLOSE


async def test_what_is_sent_right_behind_the_handshake_is_not_lost(
    upstream: SocketUpstream, payback: Payback
) -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await socket.send_str("first")
        await socket.send_str("second")
        await socket.close()

    upstream.script = script
    async with websocket(payback.port, PATH) as client:
        messages = [(await received(client)).data for _ in range(2)]
    assert messages == ["first", "second"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (1000, Outcome.OK),
        (1001, Outcome.OK),
        (1008, Outcome.UPSTREAM_ERROR),
        (1011, Outcome.UPSTREAM_ERROR),
        (4000, Outcome.UPSTREAM_ERROR),
    ],
)
async def test_upstreams_close_code_and_reason_reach_the_client(
    code: int, outcome: Outcome, upstream: SocketUpstream, payback: Payback
) -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await socket.close(code=code, message=b"because")

    upstream.script = script
    async with websocket(payback.port, PATH) as client:
        assert (await received(client))[:3] == (WSMsgType.CLOSE, code, "because")
    row = await payback.row()
    assert row.call.outcome is outcome
    if outcome is not Outcome.OK:
        assert row.call.problem == f"upstream closed the connection with code {code}"


async def test_the_clients_close_code_reaches_upstream(upstream: SocketUpstream, payback: Payback) -> None:
    async with websocket(payback.port, PATH) as client:
        await client.close(code=4321, message=b"enough")
    await eventually(lambda: upstream.ended == [4321])
    row = await payback.row()
    assert (row.call.outcome, row.call.problem) == (Outcome.OK, None)


async def test_the_row_of_a_connection_nobody_reads_is_there_before_upstream_and_says_so(
    upstream: SocketUpstream, payback: Payback
) -> None:
    seen = []

    async def script(socket: web.WebSocketResponse) -> None:
        seen.extend(payback.rows())

    upstream.script = script
    async with websocket(payback.port, f"{PATH}?model=m&key=secret") as client:
        assert (await received(client)).type is WSMsgType.CLOSE
    assert [row.call.outcome for row in seen] == [None]
    call, row = (await payback.row()).call, await payback.row()
    assert (call.operation, call.http_request, call.http_status) == ("other", f"GET {PATH}", 101)
    assert (call.request_model, call.outcome) == ("m", Outcome.OK)
    assert (row.pricing, row.unpriced_reason) == (Pricing.UNPRICED, "this operation is not metered")


async def test_a_client_that_leaves_without_a_goodbye_is_gone_upstream_at_once(
    upstream: SocketUpstream, payback: Payback
) -> None:
    async with websocket(payback.port, PATH) as client:
        await client.send_str("hello")
        await received(client)
        assert client._conn is not None
        assert client._conn.transport is not None
        client._conn.transport.abort()
        await eventually(lambda: upstream.ended == [1006], within_s=0.2)
    assert (await payback.row()).call.outcome is Outcome.CLIENT_LEFT


async def test_what_a_client_says_last_is_heard_upstream_though_it_does_not_wait(
    upstream: SocketUpstream, payback: Payback
) -> None:
    """aiohttp's client closes the connection as soon as its close frame is out, if told not to wait."""
    heard = []

    async def script(socket: web.WebSocketResponse) -> None:
        heard.extend([message.data async for message in socket])

    upstream.script = script
    async with websocket(payback.port, PATH) as client:
        await client.send_str("last words")
        await client._writer.close(1000, b"")
        assert client._conn is not None
        assert client._conn.transport is not None
        client._conn.transport.close()
        await eventually(lambda: upstream.ended == [1000])
    assert heard == ["last words"]
    assert (await payback.row()).call.outcome is Outcome.OK


async def test_an_upstream_that_breaks_off_is_a_broken_end_for_the_client(
    upstream: SocketUpstream, payback: Payback
) -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await socket.send_str("half")
        request = upstream.only
        assert request.transport is not None
        await asyncio.sleep(0.05)
        request.transport.abort()

    upstream.script = script
    async with websocket(payback.port, PATH) as client:
        assert (await received(client)).data == "half"
        assert (await received(client)).type in (WSMsgType.CLOSED, WSMsgType.ERROR)
        assert client.close_code == 1006
    row = await payback.row()
    assert (row.call.outcome, row.call.problem) == (Outcome.UPSTREAM_BROKE, "upstream cut the connection")


async def test_an_upstream_that_says_one_thing_and_is_gone_is_heard(tmp_path: Path) -> None:
    switched = message("HTTP/1.1 101 Switching Protocols", UPGRADE[:2], b"\x81\x05hello")

    async def script(visit: Visit) -> None:
        await visit.send(switched)
        visit.close()

    async with scripted_upstream() as upstream:
        upstream.script = script
        async with running(tmp_path, configuration(upstream)) as payback:
            async with connected(payback.port) as client:
                await client.send(get(PATH, *UPGRADE))
                pieces = client.pieces(await client.provisional_head())
                assert b"".join([piece async for piece in pieces]) == b"\x81\x05hello"
            assert (await payback.row()).call.outcome is Outcome.UPSTREAM_BROKE


async def test_a_client_that_does_not_read_holds_upstream_back(
    upstream: SocketUpstream, payback: Payback
) -> None:
    """Else payback would hold what a slow client has not taken: here up to 64 MiB."""
    sent = 0

    async def script(socket: web.WebSocketResponse) -> None:
        nonlocal sent
        for _ in range(1024):
            await socket.send_bytes(bytes(1 << 16))
            sent += 1 << 16
        await socket.close()

    upstream.script = script
    async with websocket(payback.port, PATH) as client:
        await asyncio.sleep(0.3)
        stalled_at = sent
        await asyncio.sleep(0.2)
        assert sent == stalled_at
        assert sent < 48 << 20  # kernels buffer some MiB on each of the two connections
        size = 0
        while (message := await received(client)).type is WSMsgType.BINARY:
            size += len(message.data)
    assert size == 64 << 20


async def test_an_upstream_that_does_not_read_holds_the_client_back(
    upstream: SocketUpstream, payback: Payback
) -> None:
    may_read = asyncio.Event()
    size = 0

    async def script(socket: web.WebSocketResponse) -> None:
        nonlocal size
        await may_read.wait()
        async for came in socket:
            size += len(came.data)

    upstream.script = script
    sent = 0

    async def sending() -> None:
        nonlocal sent
        for _ in range(1024):
            await client.send_bytes(bytes(1 << 16))
            sent += 1 << 16

    async with websocket(payback.port, PATH) as client:
        task = asyncio.ensure_future(sending())
        await asyncio.sleep(0.5)
        assert sent < 48 << 20
        may_read.set()
        await task
        await client.close()
    await eventually(lambda: size == 64 << 20)


async def test_at_its_end_payback_puts_no_goodbye_into_the_midst_of_a_message(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    """The client would take it for a piece of the message."""

    async def script(socket: web.WebSocketResponse) -> None:
        assert upstream.only.transport is not None
        upstream.only.transport.write(b"\x81\x05hel")
        await socket.receive()

    upstream.script = script
    async with AsyncExitStack() as stack:
        server = AsyncExitStack()
        payback = await server.enter_async_context(running(tmp_path, configuration(upstream)))
        client = await stack.enter_async_context(connected(payback.port))
        await client.send(get(PATH, *UPGRADE))
        pieces = client.pieces(await client.provisional_head())
        assert await client.until(b"hel", pieces) == b"\x81\x05hel"
        await server.aclose()
        assert await client.is_cut()
        await eventually(lambda: upstream.ended == [1001])


async def test_nor_into_one_whose_rest_waits_for_the_ledger(upstream: SocketUpstream, tmp_path: Path) -> None:
    """Of what is kept back, nothing has been said yet."""
    goes_on = asyncio.Event()
    message = b'{"type":"response.done","response":{"usage":{"input_tokens":1}}}'
    done = b"\x81" + bytes([len(message)]) + message

    async def script(socket: web.WebSocketResponse) -> None:
        assert upstream.only.transport is not None
        upstream.only.transport.write(done[:9])
        await goes_on.wait()
        upstream.only.transport.write(done[9:])
        await socket.receive()

    upstream.script = script
    async with AsyncExitStack() as stack:
        server = AsyncExitStack()
        payback = await server.enter_async_context(running(tmp_path, configuration(upstream)))
        client = await stack.enter_async_context(connected(payback.port))
        await client.send(get("/v1/realtime", *UPGRADE))
        pieces = client.pieces(await client.provisional_head())
        assert await client.until(done[:9], pieces) == done[:9]
        with payback.locked():
            goes_on.set()
            await server.aclose()
        assert await client.is_cut()


async def test_at_its_end_payback_says_goodbye_to_both_sides(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        server = AsyncExitStack()
        payback = await server.enter_async_context(running(tmp_path, configuration(upstream)))
        client = await stack.enter_async_context(websocket(payback.port, PATH))
        await client.send_str("hello")
        assert (await received(client)).data == "hello"
        await server.aclose()
        assert (await received(client))[:2] == (WSMsgType.CLOSE, 1001)
        await eventually(lambda: upstream.ended == [1001])
        assert (await payback.row()).call.outcome is Outcome.INTERRUPTED
