"""The client: writes the bytes that a test gives it and shows the answer as it came."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.proxy.message import LONGEST_LINE_BYTES, Ended, Head, Source, message

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    head: Head
    body: bytes
    whole: bool
    """Did it end as its framing says; False: it was cut."""

    @property
    def status(self) -> int:
        return self.head.status


class Client:
    """One connection. What does not come in time is a TimeoutError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._source = Source(reader)
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(PATIENCE_S):
            await self._writer.drain()

    def half_close(self) -> None:
        self._writer.write_eof()

    def leave(self) -> None:
        """At once, with no regard to what is still to come."""
        self._writer.transport.abort()

    async def head(self) -> Head:
        """The next that is no 1xx."""
        async with asyncio.timeout(PATIENCE_S):
            while (head := await self._source.head()).status // 100 == 1:
                pass
            return head

    async def provisional_head(self) -> Head:
        """The next, whatever it is."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._source.head()

    def pieces(self, head: Head, method: str = "POST") -> AsyncIterator[bytes]:
        """The body's pieces as they come. Raises Ended where they stop too early."""
        if method == "HEAD" or head.status in (204, 304):
            return self._source.sized(0)
        if head.is_chunked:
            return self._source.chunks()
        length = head.value("Content-Length")
        return self._source.to_the_end() if length is None else self._source.sized(int(length))

    async def until(self, end: bytes, pieces: AsyncIterator[bytes]) -> bytes:
        """The body up to the piece with which *end* has come."""
        seen = b""
        async with asyncio.timeout(PATIENCE_S):
            while end not in seen:
                seen += await anext(pieces)
        return seen

    async def answer(self, method: str = "POST") -> Answer:
        head = await self.head()
        body, whole = b"", True
        try:
            async with asyncio.timeout(PATIENCE_S):
                async for piece in self.pieces(head, method):
                    body += piece
        except Ended:
            whole = False
        return Answer(head, body, whole)

    async def is_silent(self, seconds: float) -> bool:
        """Whether nothing at all comes within *seconds*."""
        try:
            async with asyncio.timeout(seconds):
                await self._source.head()
        except TimeoutError:
            return True
        return False

    async def is_cut(self) -> bool:
        """Whether the connection ends, or was ended, with no more bytes."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return not [piece async for piece in self._source.to_the_end()]
        except Ended:
            return True


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LONGEST_LINE_BYTES)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


async def call(port: int, request: bytes) -> Answer:
    """One request on a connection of its own."""
    async with connected(port) as client:
        await client.send(request)
        return await client.answer(request.partition(b" ")[0].decode())


def get(path: str, *headers: tuple[str, str], method: str = "GET") -> bytes:
    return message(f"{method} {path} HTTP/1.1", [("Host", "payback.test"), *headers])


def post(path: str, body: bytes, *headers: tuple[str, str], method: str = "POST") -> bytes:
    """With the length, and JSON's type unless *headers* name one."""
    typed = any(name.lower() == "content-type" for name, _ in headers)
    json: Iterable[tuple[str, str]] = [] if typed else [("Content-Type", "application/json")]
    sized = [("Host", "payback.test"), *headers, *json, ("Content-Length", str(len(body)))]
    return message(f"{method} {path} HTTP/1.1", sized, body)
