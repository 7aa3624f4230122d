"""WebSockets: peers shake hands with each other, and from then on their bytes pass."""

import asyncio
import os

from tests.conformance.case import PLAIN, Trial, case, each, state_of, told, values
from tests.conformance.cases.large import MIB, MOST_MIB, STALL_S
from tests.proxy.client import connected, get, post
from tests.proxy.message import message
from tests.proxy.upstream import Visit
from tests.proxy.websockets import UPGRADE

SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
)
GOODBYE = bytes.fromhex("88 02 03 e8")
MASKED_GOODBYE = bytes.fromhex("88 82 01 02 03 04 02 ea")


def pieces_of(visit: Visit, size: int) -> "asyncio.Future[bytes]":
    async def read() -> bytes:
        return b"".join([piece async for piece in visit._source.sized(size)])

    return asyncio.ensure_future(read())


@case("websocket, Upgrade, 13, AQIDBAUGBwgJCgsMDQ4PEC==, a, b")
async def the_handshake_reaches_upstream(trial: Trial) -> str:
    trial.answers(SWITCHED + b"\r\n")
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE, ("Sec-WebSocket-Protocol", "a, b")))
        await client.provisional_head()
    head = trial.upstream.only.head
    names = ("Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol")
    told_of = [values(head, name) for name in names]
    told_of[1] = told_of[1].capitalize()
    return ", ".join(told_of)


@case("101, s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, chat, permessage-deflate")
async def upstreams_answer_reaches_the_client(trial: Trial) -> str:
    more = b"Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    trial.answers(SWITCHED + more)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        head = await client.provisional_head()
    names = ("Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")
    return ", ".join([str(head.status), *(values(head, name) for name in names)])


@case("caf\\xe9 | 1, caf\\xe9 | 1")
async def what_is_no_utf8_passes_in_both_heads(trial: Trial) -> str:
    lines = b"X-A: caf\xe9\r\nx-a: 1\r\n\r\n"
    trial.answers(SWITCHED + lines)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE)[:-2] + lines)
        head = await client.provisional_head()
    return f"{values(trial.upstream.only.head, 'X-A')}, {values(head, 'X-A')}"


@case("both ways")
async def bytes_pass_as_they_are(trial: Trial) -> str:
    """Reserved bits, odd opcodes, a fragment, a ping: what is wrong with a frame is for the peers to say."""
    frames = bytes.fromhex("f1 03 616263 01 01 61 89 00 80 01 62 8b 00")
    up: list[bytes] = []

    async def script(visit: Visit) -> None:
        await visit.send(SWITCHED + b"\r\n")
        up.append(await pieces_of(visit, len(frames)))
        await visit.send(frames)

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        await client.send(frames)
        down = await client.until(frames, client._source.sized(len(frames)))
    return "both ways" if (up, down) == ([frames], frames) else f"{up} {down!r}"


@each(
    {
        "bytes behind the 101": b"\x81\x02hi",
        "a long message behind the 101": b"\x82\x7e\xff\xff" + bytes(65535),
    },
    "arrive",
)
async def in_its_packet(trial: Trial, data: bytes) -> str:
    trial.answers(SWITCHED + b"\r\n" + data)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        down = b"".join([piece async for piece in client._source.sized(len(data))])
    return "arrive" if down == data else "are lost"


@case("arrive")
async def bytes_right_behind_the_clients_handshake(trial: Trial) -> str:
    """A client should wait for the 101; one that does not loses nothing."""
    up: list[bytes] = []

    async def script(visit: Visit) -> None:
        await visit.send(SWITCHED + b"\r\n")
        up.append(await pieces_of(visit, 8))
        await visit.send(GOODBYE)

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE) + b"\x81\x82\0\0\0\0hi")
        await client.provisional_head()
        await client.until(GOODBYE, client._source.sized(4))
    return "arrive" if up == [b"\x81\x82\0\0\0\0hi"] else "are lost"


@case("1000 from upstream, closed")
async def upstreams_goodbye_is_passed_on(trial: Trial) -> str:
    trial.answers(SWITCHED + b"\r\n" + GOODBYE, closes=True)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        await client.until(GOODBYE, client._source.sized(4))
        return f"1000 from upstream, {await state_of(client)}"


@case("1000 from the client, left")
async def the_clients_goodbye_is_passed_on(trial: Trial) -> str:
    up: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def script(visit: Visit) -> None:
        await visit.send(SWITCHED + b"\r\n")
        data = await pieces_of(visit, len(MASKED_GOODBYE))
        await visit.left()
        up.set_result(data)

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        await client.send(MASKED_GOODBYE)
        await asyncio.sleep(0.05)
        client.leave()
        data = await asyncio.wait_for(up, 3)
    return "1000 from the client, left" if data == MASKED_GOODBYE else repr(data)


@case("no goodbye, closed")
async def an_upstream_that_says_no_goodbye_is_given_none(trial: Trial) -> str:
    trial.answers(SWITCHED + b"\r\n", closes=True)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        return "no goodbye, closed" if await client.is_cut() else "a goodbye"


@case("no goodbye, left")
async def a_client_that_says_no_goodbye_is_given_none(trial: Trial) -> str:
    up: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def script(visit: Visit) -> None:
        await visit.send(SWITCHED + b"\r\n")
        visit._source.read.clear()
        await visit.left()
        up.set_result(bytes(visit._source.read))

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        await asyncio.sleep(0.05)
        client.leave()
        data = await asyncio.wait_for(up, 3)
    return "no goodbye, left" if data == b"" else repr(data)


@each(
    {
        "with a length": b"Content-Length: 2\r\n\r\nno",
        "in chunks": b"Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
    },
    "403 no, whole; 1 upstream, 200",
)
async def a_refused_handshake_is_an_answer(trial: Trial, rest: bytes) -> str:
    """And the connection goes on in HTTP."""

    async def script(visit: Visit) -> None:
        if b"websocket" in visit.received.raw:
            await visit.send(b"HTTP/1.1 403 Forbidden\r\n" + rest)
        else:
            await visit.answer(b"{}")

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        first = await client.answer("GET")
        asked = len(trial.upstream.received)
        await client.send(get(PLAIN))
        second = await client.answer("GET")
    return f"{told(first)}; {asked} upstream, {second.status}"


@case("200 {}, whole")
async def an_upstream_that_knows_no_websockets_just_answers(trial: Trial) -> str:
    trial.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    return told(await trial.answer(get(PLAIN, *UPGRADE)))


@case("the same MiB")
async def a_message_of_a_mib_passes(trial: Trial) -> str:
    data = b"\x82\x7f" + (1 << 20).to_bytes(8, "big") + os.urandom(1 << 20)
    trial.answers(SWITCHED + b"\r\n" + data)
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        down = b"".join([piece async for piece in client._source.sized(len(data))])
    return "the same MiB" if down == data else "changed"


MALFORMED = {
    "a POST": post(PLAIN, b"{}", *UPGRADE),
    "a handshake with a body": get(PLAIN, *UPGRADE, ("Content-Length", "5")) + b"hello",
    "a handshake of HTTP/1.0": get(PLAIN, *UPGRADE).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a handshake without Connection": message(f"GET {PLAIN} HTTP/1.1", [("Host", "a"), *UPGRADE[1:]]),
}


@each(MALFORMED, "400, 0 upstream")
async def makes_no_tunnel(trial: Trial, request: bytes) -> str:
    """nginx leaves it to upstream, which may take for a tunnel what the proxy takes for requests."""
    answer = await trial.answer(request)
    return f"{answer.status}, {len(trial.upstream.heads)} upstream"


@each(
    {"h2c": "h2c", "TLS": "TLS/1.0", "two protocols": "h2c, websocket"}, "200, Upgrade: -", "400, Upgrade: -"
)
async def is_no_upgrade_that_is_passed_on(trial: Trial, protocol: str) -> str:
    answer = await trial.answer(get(PLAIN, ("Connection", "Upgrade"), ("Upgrade", protocol)))
    upgrade = values(trial.upstream.heads[0], "Upgrade") if trial.upstream.heads else "-"
    return f"{answer.status}, Upgrade: {upgrade}"


@each({"another protocol": b"Upgrade: odd\r\nConnection: Upgrade\r\n", "no protocol": b""}, "502")
async def is_not_what_was_asked_for(trial: Trial, lines: bytes) -> str:
    trial.answers(b"HTTP/1.1 101 Switching Protocols\r\n" + lines + b"\r\n")
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        return str((await client.provisional_head()).status)


@case("held up, then whole")
async def a_tunnel_waits_for_a_client_that_does_not_read(trial: Trial) -> str:
    sent = 0

    async def script(visit: Visit) -> None:
        nonlocal sent
        await visit.send(SWITCHED + b"\r\n" + b"\x82\x7f" + (2 * MOST_MIB * MIB).to_bytes(8, "big"))
        for _ in range(2 * MOST_MIB):
            await visit.send(bytes(MIB))
            sent += 1

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN, *UPGRADE))
        await client.provisional_head()
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(STALL_S)
        size = sum([len(piece) async for piece in client._source.sized(10 + 2 * MOST_MIB * MIB)])
    held_up = "held up" if before < MOST_MIB else "not held up"
    return f"{held_up}, then {'whole' if size == 10 + 2 * MOST_MIB * MIB else 'cut'}"
