"""The outlet: one answer on a client's connection, framed as HTTP/1.0 and 1.1 have it (RFC 9112 section 6).

Headers go out as they are given. What is added: a framing, Connection where the connection is not to be
what the version says, Date where there is none."""

import re
import struct
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET

from aiohttp import HttpVersion10, HttpVersion11
from aiohttp.helpers import rfc822_formatted_time

from proxy.headers import Headers
from proxy.request import Request

_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Within a line. Whoever lets these through lets an upstream write other people's answers."""
_RESET = struct.pack("ii", 1, 0)
"""Of SO_LINGER: the connection ends with a reset."""
_BODILESS = frozenset({204, 304})
_FRAMING = frozenset({"content-length", "transfer-encoding"})


class Outlet:
    """Raises ConnectionError once the client has left."""

    __slots__ = ("_chunked", "_is_empty", "_left", "_request", "is_begun", "keeps_open")

    def __init__(self, request: Request) -> None:
        self._request = request
        self.is_begun = False
        self.keeps_open = request.keep_alive
        """Whether another answer may follow on the connection."""
        self._is_empty = False
        self._chunked = False
        self._left: int | None = None
        """Bytes that are still to come, where the head has said how many."""

    async def whole(self, status: int, reason: str | None, headers: Headers, body: bytes) -> None:
        """An answer in one piece. *headers* say nothing of its length."""
        self._is_empty = self._has_no_body(status)
        if self._is_empty:
            body = b""
        else:
            headers = [*headers, ("Content-Length", str(len(body)))]
        self._write(self._head(status, reason, headers) + body)
        await self._drained()

    async def begin(self, status: int, reason: str | None, headers: Headers) -> None:
        """The head of an answer in pieces. *headers* may tell its length."""
        self._is_empty = self._has_no_body(status)
        if not self._is_empty:
            self._left = _length_in(headers)
            if self._left is None and self._request.version >= HttpVersion11:
                self._chunked = True
                headers = [*headers, ("Transfer-Encoding", "chunked")]
            elif self._left is None:
                self.keeps_open = False
        elif status != 304 and self._request.method != "HEAD":
            headers = [pair for pair in headers if pair[0].lower() not in _FRAMING]
        self._write(self._head(status, reason, headers))
        await self._drained()

    async def write(self, data: bytes) -> None:
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if not data or self._is_empty:
            return
        self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        await self._drained()

    async def end(self) -> None:
        """The answer is whole; or, if its head promised more, it is cut."""
        if self._chunked:
            self._write(b"0\r\n\r\n")
        if self._left:
            self.cut()

    def cut(self) -> None:
        """End the connection so that the client sees a broken answer."""
        self.keeps_open = False
        transport = self._request.protocol.transport
        if transport is None:
            return
        if self._request.version < HttpVersion11:  # without chunks a FIN would be the answer's good end
            transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        transport.abort()

    def _has_no_body(self, status: int) -> bool:
        return status in _BODILESS or status < 200 or self._request.method == "HEAD"

    def _head(self, status: int, reason: str | None, headers: Headers) -> bytes:
        version = self._request.version
        lines = [
            f"HTTP/{version.major}.{version.minor} {status} {_phrase(status) if reason is None else reason}"
        ]
        lines += [f"{name}: {value}" for name, value in headers]
        if not any(name.lower() == "date" for name, _ in headers):
            lines.append(f"Date: {rfc822_formatted_time()}")
        if self.keeps_open and version == HttpVersion10:
            lines.append("Connection: keep-alive")
        elif not self.keeps_open and version >= HttpVersion11:
            lines.append("Connection: close")
        if _FORBIDDEN.search("\t".join(lines)):
            raise ValueError("a header of the answer holds a control character")
        self.is_begun = True
        return "\r\n".join((*lines, "\r\n")).encode("utf-8", "surrogateescape")

    def _write(self, data: bytes) -> None:
        transport = self._request.protocol.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has left")
        transport.write(data)

    async def _drained(self) -> None:
        """A client that reads slowly is waited for."""
        protocol = self._request.protocol
        if protocol.writing_paused:
            await protocol._drain_helper()  # noqa: SLF001  # pinned in tests/test_aiohttp_facts.py


def _length_in(headers: Headers) -> int | None:
    for name, value in headers:
        if name.lower() == "content-length":
            return int(value)
    return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
