"""Clients that see the last byte when it comes, and the upstream that answers them."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from tests.proxy.bodies import ASKED_EVENTS, CHAT_ANSWER, DONE, PLAIN_EVENTS
from tests.proxy.message import chunked
from tests.proxy.upstream import Script, Upstream, Visit, scripted_upstream
from tests.torture.histories import Asked, Histories, Kind, request_of

PATIENCE_S = 20.0
SLOW_S = 0.03
JSON = ("Content-Type", "application/json")


def nothing() -> None:
    pass


class Caller(asyncio.Protocol):
    """One call on a connection of its own. *at_last_byte* is called where that byte is read, before anything
    else can happen."""

    def __init__(self, asked: Asked, pace: str, at_last_byte: Callable[[], None]) -> None:
        self._asked, self._pace, self._at_last_byte = asked, pace, at_last_byte
        self._came = b""
        self._started_s = time.monotonic()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(request_of(self._asked.number, self._asked.kind, self._pace))

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, mark, body = self._came.partition(b"\r\n\r\n")
        if not mark or self._asked.is_whole:
            return
        self._asked.status = int(head[9:12])
        if _is_whole(head, body):
            self._asked.is_whole = True
            if self._asked.is_answered:
                self._at_last_byte()
            self._asked.seconds = time.monotonic() - self._started_s
            self._transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


def _is_whole(head: bytes, body: bytes) -> bool:
    """With [DONE] a stream is whole: clients listen no longer."""
    _, sized, rest = head.lower().partition(b"\r\ncontent-length: ")
    if sized:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    return DONE in body or body.endswith(b"\r\n0\r\n\r\n")


async def make_call(
    port: int, asked: Asked, pace: str = "quick", at_last_byte: Callable[[], None] = nothing
) -> None:
    """However it ends, *asked* says how."""
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        transport, caller = await loop.create_connection(
            lambda: Caller(asked, pace, at_last_byte), "127.0.0.1", port
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                await caller.over
        except TimeoutError:
            asked.is_hung = True
        finally:
            transport.abort()


class Load:
    """Callers that go on, whatever becomes of the server."""

    def __init__(self, histories: Histories, chance: random.Random) -> None:
        self._histories, self._chance = histories, chance
        self.port = 0
        """0: there is no server now."""

    @asynccontextmanager
    async def of(self, callers: int) -> AsyncIterator[None]:
        tasks = [asyncio.ensure_future(self._go_on()) for _ in range(callers)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        if faults := [end for end in ends if isinstance(end, Exception)]:
            raise ExceptionGroup("among the callers", faults)

    async def _go_on(self) -> None:
        while True:
            if self.port:
                asked = self._histories.next(self._chance.choice([*Kind]))
                await make_call(self.port, asked, self._chance.choice(("quick", "quick", "slow")))
            if not self.port or asked.status is None:
                await asyncio.sleep(0.005)


def answers_to(histories: Histories, arrived: Callable[[bytes], None] = lambda _: None) -> Script:
    """The upstream. It writes down what reached it before it answers."""

    async def script(visit: Visit) -> None:
        histories.arrives(visit.received.raw)
        arrived(visit.received.raw)
        body = visit.received.raw
        pause_s = SLOW_S if b"slow" in body else 0.0
        if b'"stream":true' in body:
            await _stream(visit, pause_s, is_stalled=b"stalled" in body)
        else:
            await asyncio.sleep(pause_s)
            await visit.answer(CHAT_ANSWER, JSON)

    return script


async def _stream(visit: Visit, pause_s: float, *, is_stalled: bool) -> None:
    events = ASKED_EVENTS if b"include_usage" in visit.received.body else PLAIN_EVENTS
    await visit.stream(events[0])
    if is_stalled:
        await visit.left()
        return
    for event in events[1:]:
        await asyncio.sleep(pause_s)
        await visit.send(b"%x\r\n%s\r\n" % (len(event), event))
    await visit.send(chunked())


@asynccontextmanager
async def upstream_for(
    histories: Histories, arrived: Callable[[bytes], None] = lambda _: None
) -> AsyncIterator[Upstream]:
    async with scripted_upstream() as upstream:
        upstream.script = answers_to(histories, arrived)
        yield upstream
