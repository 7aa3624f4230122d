"""Many streams at once: all are whole, none waits for the others, and each holds little memory."""

import asyncio
import select
import socket
import time
from contextlib import ExitStack
from pathlib import Path

from ledger.call import Outcome
from proxy.room import take_all_room
from tests.proxy.bodies import ASKED_EVENTS, ASKED_REQUEST, CHAT
from tests.proxy.client import connected, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, process, toml_of
from tests.proxy.upstream import Upstream, Visit

STREAMS = 200
PER_STREAM_KIB = 100
FIRST, REST = ASKED_EVENTS[0], ASKED_EVENTS[1:]


class Gate:
    """A script that ends no stream before all have begun."""

    def __init__(self, number: int) -> None:
        self._missing = number
        self._all_are_there = asyncio.Event()

    async def __call__(self, visit: Visit) -> None:
        await visit.stream(FIRST)
        self._missing -= 1
        if self._missing == 0:
            self._all_are_there.set()
        await self._all_are_there.wait()
        await visit.send(chunked(*REST))


async def first_byte_s(port: int) -> float:
    """Of one stream, which comes whole."""
    started_s = time.monotonic()
    async with connected(port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        pieces = client.pieces(await client.head())
        body = await client.until(FIRST, pieces)
        waited_s = time.monotonic() - started_s
        async with asyncio.timeout(30):
            body += b"".join([piece async for piece in pieces])
    assert body == b"".join(ASKED_EVENTS)
    return waited_s


async def test_streams_that_are_open_at_once_are_all_whole_and_hold_little_each(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with process(tmp_path, toml_of(upstream)) as running:
        upstream.script = Gate(1)
        await first_byte_s(running.payback.port)
        before_kib = running.peak_rss_kib()
        upstream.script = Gate(STREAMS)
        waits = [first_byte_s(running.payback.port) for _ in range(STREAMS)]
        await asyncio.gather(*waits)
        assert running.peak_rss_kib() - before_kib <= STREAMS * PER_STREAM_KIB
        rows = await running.payback.ended(STREAMS + 1)
    assert {row.call.outcome for row in rows} == {Outcome.OK}


async def test_thousands_that_come_at_once_need_not_try_again(payback: Payback) -> None:
    """Who finds no place in the queue of a socket is not heard for a second, and then for three."""
    take_all_room()
    most = int(Path("/proc/sys/net/core/somaxconn").read_text("ascii"))
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(min(1500, most))]
        for client in clients:  # nothing is accepted while this goes on
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", payback.port))
        assert select_writable(clients) == len(clients)


def select_writable(clients: list[socket.socket]) -> int:
    """How many are connected now."""
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLOUT)
    return sum(bool(event & select.POLLOUT) for _, event in poll.poll(100))
