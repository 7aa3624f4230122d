"""Large bodies pass whole, and who reads slowly slows down who sends."""

import asyncio
import hashlib

from tests.conformance.case import PLAIN, Trial, case, each
from tests.proxy.bodies import CHAT
from tests.proxy.client import Client, connected, get, post
from tests.proxy.message import message
from tests.proxy.upstream import Visit

MIB = 1 << 20
BODY = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(8 * MIB // 32))
STALL_S = 0.4
"""Who cannot send for so long is held up."""
MOST_MIB = 32
"""What kernels and a proxy may hold of one body between peers of which one does not read."""


@each({"a plain upload": PLAIN, "a metered upload": CHAT}, "200, the same 8 MiB")
async def of_8_mib_arrives_whole(trial: Trial, path: str) -> str:
    answer = await trial.answer(post(path, BODY))
    is_same = trial.upstream.only.body == BODY
    return f"{answer.status}, {'the same 8 MiB' if is_same else 'changed'}"


@each({"an answer": get(PLAIN), "an answer to a call": post(CHAT, b"{}")}, "the same 8 MiB")
async def of_8_mib_comes_back_whole(trial: Trial, request: bytes) -> str:
    trial.upstream.script = lambda visit: visit.answer(BODY)
    answer = await trial.answer(request)
    return "the same 8 MiB" if answer.body == BODY and answer.whole else f"{len(answer.body)} bytes"


@case("held up, then whole")
async def an_upload_waits_for_an_upstream_that_does_not_read(trial: Trial) -> str:
    go_on = asyncio.Event()
    size = 2 * MOST_MIB * MIB

    async def read_late(visit: Visit) -> None:
        await go_on.wait()
        read = 0
        async for piece in visit._source.sized(size):
            read += len(piece)
        await visit.answer(str(read).encode())

    trial.upstream.on_head = read_late
    async with connected(trial.port) as client:
        await client.send(message(f"POST {PLAIN} HTTP/1.1", [("Host", "a"), ("Content-Length", str(size))]))
        sending = _Sending(client, 2 * MOST_MIB)
        held_up = await sending.is_held_up()
        go_on.set()
        await sending.done
        whole = "whole" if (await client.answer()).body == str(size).encode() else "cut"
    return f"{'held up' if held_up else 'not held up'}, then {whole}"


class _Sending:
    def __init__(self, client: Client, mib: int) -> None:
        self.sent_mib = 0
        self.done = asyncio.ensure_future(self._send(client, mib))

    async def _send(self, client: Client, mib: int) -> None:
        for _ in range(mib):
            client._writer.write(bytes(MIB))
            await client._writer.drain()
            self.sent_mib += 1

    async def is_held_up(self) -> bool:
        before = -1
        while before != self.sent_mib:
            before = self.sent_mib
            await asyncio.sleep(STALL_S)
        return before < MOST_MIB


@case("held up, then whole")
async def an_answer_waits_for_a_client_that_does_not_read(trial: Trial) -> str:
    sent = 0

    async def script(visit: Visit) -> None:
        nonlocal sent
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * MOST_MIB * MIB))
        for _ in range(2 * MOST_MIB):
            await visit.send(bytes(MIB))
            sent += 1

    trial.upstream.script = script
    async with connected(trial.port) as client:
        await client.send(get(PLAIN))
        before = -1
        while before != sent or not trial.upstream.received:
            before = sent
            await asyncio.sleep(STALL_S)
        size = sum([len(piece) async for piece in client.pieces(await client.head(), "GET")])
    whole = "whole" if size == 2 * MOST_MIB * MIB else "cut"
    return f"{'held up' if before < MOST_MIB else 'not held up'}, then {whole}"
