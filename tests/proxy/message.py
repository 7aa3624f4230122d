"""HTTP/1.1 as bytes. No library: one would mend, hide or refuse what these tests want to see."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from dataclasses import dataclass

Header = tuple[bytes, bytes]
LONGEST_LINE_BYTES = 1 << 20


class Ended(Exception):
    """The peer ended the connection where more had to come."""


@dataclass(frozen=True, slots=True)
class Head:
    """First line and header lines, as they were sent."""

    start: bytes
    headers: tuple[Header, ...]

    def values(self, name: str) -> list[bytes]:
        """All values of *name*, in their order."""
        return [value for found, value in self.headers if found.lower() == name.lower().encode()]

    def value(self, name: str) -> bytes | None:
        return next(iter(self.values(name)), None)

    @property
    def names(self) -> list[str]:
        """In lower case."""
        return [name.decode("latin-1").lower() for name, _ in self.headers]

    @property
    def status(self) -> int:
        return int(self.start.split(b" ")[1])

    @property
    def is_chunked(self) -> bool:
        return (self.value("Transfer-Encoding") or b"").lower() == b"chunked"


class Source:
    """Reads one side of a connection and keeps all that it has read. Raises Ended."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.read = bytearray()

    async def head(self) -> Head:
        start, *lines = (await self._until(b"\r\n\r\n"))[:-4].split(b"\r\n")
        pairs = (line.partition(b":") for line in lines)
        return Head(start, tuple((name, value.strip(b" \t")) for name, _, value in pairs))

    async def sized(self, size: int) -> AsyncIterator[bytes]:
        while size > 0:
            piece = await self._some(min(size, 1 << 16))
            size -= len(piece)
            yield piece

    async def chunks(self) -> AsyncIterator[bytes]:
        """Until the last chunk has come; trailers are read and dropped."""
        while size := int((await self._until(b"\r\n")).partition(b";")[0], 16):
            yield (await self._exactly(size + 2))[:-2]
        while await self._until(b"\r\n") != b"\r\n":
            pass

    async def to_the_end(self) -> AsyncIterator[bytes]:
        """A reset is no end."""
        while piece := await self._taken(self._reader.read(1 << 16)):
            yield piece

    async def _some(self, most: int) -> bytes:
        piece = await self._taken(self._reader.read(most))
        if not piece:
            raise Ended("the connection was closed")
        return piece

    async def _exactly(self, size: int) -> bytes:
        return await self._taken(self._reader.readexactly(size))

    async def _until(self, end: bytes) -> bytes:
        return await self._taken(self._reader.readuntil(end))

    async def _taken(self, reading: Awaitable[bytes]) -> bytes:
        try:
            data = await reading
        except asyncio.IncompleteReadError as error:
            self.read += error.partial
            raise Ended("the connection was closed") from error
        except ConnectionError as error:
            raise Ended("the connection was reset") from error
        self.read += data
        return data


def message(start: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    """The bytes of one message; nothing is added to what is given."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def chunked(*pieces: bytes, end: bool = True) -> bytes:
    """*pieces* as chunks, and with *end* the one that says that it was all."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\n\r\n" if end else chunks
