"""The one door to upstreams: a request goes out, the head of an answer comes back.

Calls go out over wires: connections of aiohttp's, past its client session. No cookies, redirects or invented
headers are wanted, half of the session's time is spent on them, and what is no UTF-8 in a head it leaves out.
tests/test_aiohttp_facts.py pins what is used of aiohttp here."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import lru_cache, partial
from typing import Protocol

from aiohttp import (
    ClientOSError,
    ClientRequest,
    ClientTimeout,
    ConnectionTimeoutError,
    ServerDisconnectedError,
    StreamReader,
    TCPConnector,
)
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from multidict import CIMultiDictProxy
from yarl import URL

from proxy.asked import Body
from proxy.headers import Headers
from proxy.upgrade import UpgradeAnswer, upgrade
from proxy.upstream_protocol import UpstreamProtocol
from proxy.wire import LINE_BYTES as LINE_BYTES
from proxy.wire import Wire

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""To send one twice comes to the same as once: RFC 9110 section 9.2.2."""
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Others say that their body is empty, where it is: RFC 9110 section 8.6."""


class Answer(Protocol):
    """What is used of an answer."""

    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def headers(self) -> CIMultiDictProxy[str]: ...
    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]: ...
    @property
    def content(self) -> StreamReader: ...
    def close(self) -> None:
        """Give up what has not been read, with the connection. Harmless after the end."""
        ...


class UpstreamClient:
    """Make it on the loop that will use it; close it there."""

    def __init__(self, *, connect_timeout_s: float, idle_timeout_s: float) -> None:
        self._timeout = ClientTimeout(total=None, sock_connect=connect_timeout_s, sock_read=idle_timeout_s)
        self._loop = asyncio.get_running_loop()
        self._pooled = _connector()
        self._closing = _connector(force_close=True)
        self._free: dict[URL, list[Wire]] = {}
        self._to = lru_cache(maxsize=256)(self._request_to)

    async def send(
        self, method: str, url: URL, headers: Headers, body: Body, *, keeps_connection: bool
    ) -> Answer:
        """The head of the answer. Raises ClientError or TimeoutError when none comes, BodyBroke where the
        client breaks off a body that streams through.

        Without *keeps_connection* the connection is new, and closed after the answer. A read is sent once
        more where a kept connection proves dead."""
        free = self._free.setdefault(url.origin(), []) if keeps_connection else None
        head = _head(method, url, _framed(method, headers, body), closes=free is None)
        pieces = _pieces(body, headers)
        wire = _usable(free) or await self._new_wire(url, free)
        try:
            return await wire.call(head, pieces, expects_body=method != "HEAD")
        except (ClientOSError, ServerDisconnectedError):
            if body is not None or method not in _REPEATABLE or not wire.was_stale:
                raise
        wire = await self._new_wire(url, free)
        return await wire.call(head, pieces, expects_body=method != "HEAD")

    async def upgrade(self, url: URL, headers: Headers) -> UpgradeAnswer:
        """The answer to a WebSocket handshake: 101 with a connection to talk over, or a refusal with a body.

        *headers* ask for the upgrade. Raises as send does. Close the answer in the end, also the 101."""
        connection = await self._connected(self._closing, url)
        return await upgrade(connection, _head("GET", url, headers), self._timeout.sock_read)

    async def close(self) -> None:
        for wire in [wire for free in self._free.values() for wire in free]:
            wire.close()
        await self._pooled.close()
        await self._closing.close()

    async def _new_wire(self, url: URL, free: list[Wire] | None) -> Wire:
        connector = self._closing if free is None else self._pooled
        return Wire(await self._connected(connector, url), self._timeout.sock_read or 0, free)

    async def _connected(self, connector: TCPConnector, url: URL) -> Connection:
        try:
            return await connector.connect(self._to(url.origin()), traces=[], timeout=self._timeout)
        except TimeoutError as error:
            raise ConnectionTimeoutError("the connection was not made in time") from error

    def _request_to(self, origin: URL) -> ClientRequest:
        """Tells the connector where to; nothing of it is sent."""
        return ClientRequest("POST", origin, loop=self._loop)


def _connector(*, force_close: bool = False) -> TCPConnector:
    connector = TCPConnector(limit=0, force_close=force_close)
    make: Callable[..., ResponseHandler] = UpstreamProtocol
    connector._factory = partial(make, loop=connector._loop)  # noqa: SLF001
    return connector


def _usable(free: list[Wire] | None) -> Wire | None:
    """The one that was used last: the others may be closed for want of use."""
    while free:
        wire = free.pop()
        if wire.is_usable:
            return wire
    return None


def _framed(method: str, headers: Headers, body: Body) -> Headers:
    """*headers*, and the framing that they lack."""
    if isinstance(body, bytes):
        return [*headers, ("Content-Length", str(len(body)))]
    if _has_length(headers) or (body is None and method in _BODILESS):
        return headers
    return [*headers, ("Content-Length", "0") if body is None else ("Transfer-Encoding", "chunked")]


def _has_length(headers: Headers) -> bool:
    return any(name.lower() == "content-length" for name, _ in headers)


def _pieces(body: Body, headers: Headers) -> bytes | AsyncIterator[bytes]:
    """*body*, framed as _framed has it."""
    if body is None or isinstance(body, bytes):
        return body or b""
    return body if _has_length(headers) else _chunks(body)


async def _chunks(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in body:
        if piece:  # an empty chunk would be the last
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _head(method: str, url: URL, headers: Headers, *, closes: bool = False) -> bytes:
    """The request up to its body. Names and values are those that aiohttp's parser let in, byte for byte."""
    lines = [f"{method} {url.raw_path_qs} HTTP/1.1\r\nHost: {url.host_port_subcomponent}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in headers]
    lines.append("Connection: close\r\n\r\n" if closes else "\r\n")
    return "".join(lines).encode("utf-8", "surrogateescape")
