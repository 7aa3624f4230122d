"""The scripted upstream: an HTTP server that does what a test says, byte by byte, and keeps what it was sent.

A script is called for each request. It may drip, stall, cut, reset, or send what is not HTTP at all."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.proxy.bodies import CHAT_ANSWER
from tests.proxy.message import LONGEST_LINE_BYTES, Ended, Head, Source, message

PATIENCE_S = 10.0
"""Whatever a script waits for comes sooner, or the test fails."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request, as it came."""

    connection: int
    """Counts from 1."""
    head: Head
    body: bytes
    raw: bytes

    @property
    def target(self) -> str:
        return self.head.start.split(b" ")[1].decode("latin-1")


class Visit:
    """One request, in the hands of its script."""

    def __init__(self, received: Received, source: Source, writer: asyncio.StreamWriter) -> None:
        self.received = received
        self._source = source
        self._writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Each piece is written by itself."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()

    async def answer(self, body: bytes, *headers: tuple[str, str], status: str = "200 OK") -> None:
        """A whole answer, its length in its head."""
        sized = [*headers, ("Content-Length", str(len(body)))]
        await self.send(message(f"HTTP/1.1 {status}", sized, body))

    async def stream(self, *events: bytes) -> None:
        """The head of a stream in chunks, and its first events."""
        await self.send(STREAM_HEAD, *(b"%x\r\n%s\r\n" % (len(event), event) for event in events))

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """The connection ends with RST instead of FIN."""
        self._writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self._writer.transport.abort()

    async def left(self) -> None:
        """Returns when the other side has ended the connection."""
        with suppress(Ended):
            async with asyncio.timeout(PATIENCE_S):
                async for _ in self._source.to_the_end():
                    pass


STREAM_HEAD = message(
    "HTTP/1.1 200 OK", [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")]
)
Script = Callable[[Visit], Awaitable[None]]


async def answer_chat(visit: Visit) -> None:
    await visit.answer(CHAT_ANSWER, ("Content-Type", "application/json"))


@dataclass(eq=False)
class Upstream:
    script: Script = answer_chat
    on_connection: Callable[[], None] = lambda: None
    """Called when a connection was made, before a byte of it is read."""
    on_head: Script | None = None
    """Called when a head was read, before its body is; then nothing more is read."""
    port: int = 0
    connections: int = 0
    heads: list[Head] = field(default_factory=list)
    """Of all requests, also of those whose body has not come yet."""
    received: list[Received] = field(default_factory=list)
    unfinished: bytes = b""
    """What came of a request whose rest never came."""
    failures: list[Exception] = field(default_factory=list)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def only(self) -> Received:
        assert len(self.received) == 1, [request.head.start for request in self.received]
        return self.received[0]

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.on_connection()
        except Exception as error:  # noqa: BLE001  # the test wants to see it, the server does not
            self.failures.append(error)
        task = asyncio.ensure_future(self._serve(Source(reader), writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, source: Source, writer: asyncio.StreamWriter, number: int) -> None:
        try:
            while not writer.is_closing():
                received = await self._request(source, number, writer)
                self.received.append(received)
                await self.script(Visit(received, source, writer))
        except Ended:
            self.unfinished = bytes(source.read)
        except ConnectionError:
            pass
        except Exception as error:  # noqa: BLE001  # as above
            self.failures.append(error)
        finally:
            writer.close()

    async def _request(self, source: Source, number: int, writer: asyncio.StreamWriter) -> Received:
        source.read.clear()
        head = await source.head()
        self.heads.append(head)
        if self.on_head is not None:
            await self.on_head(Visit(Received(number, head, b"", bytes(source.read)), source, writer))
            raise Ended("nothing more is read")
        length = int(head.value("Content-Length") or 0)
        pieces = source.chunks() if head.is_chunked else source.sized(length)
        body = b"".join([piece async for piece in pieces])
        return Received(number, head, body, bytes(source.read))

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def scripted_upstream(certificate: Path | None = None, port: int = 0) -> AsyncIterator[Upstream]:
    """Speaks TLS where it has a *certificate*. Raises at the end what a script has raised."""
    upstream = Upstream()
    tls = None
    if certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    server = await asyncio.start_server(
        upstream.accept, "127.0.0.1", port, limit=LONGEST_LINE_BYTES, ssl=tls, backlog=4096
    )
    upstream.port = server.sockets[0].getsockname()[1]
    try:
        yield upstream
    finally:
        server.close()
        await upstream.close()
        await server.wait_closed()
    if upstream.failures:
        raise ExceptionGroup("in the scripted upstream", upstream.failures)
