"""What a request asks for: as much of its body as routing and metering need."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import HttpVersion11, web

from proxy.dialects import Dialect
from proxy.dialects.reading import name_of

Body = bytes | AsyncIterator[bytes] | None


class _Top(msgspec.Struct):
    model: Any = None
    stream: Any = None
    service_tier: Any = None
    stream_options: Any = msgspec.UNSET


_decoder = msgspec.json.Decoder(_Top)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    body: Body
    """Bytes where it was read, an iterator where it streams through, None where there is none."""
    model: str | None = None
    stream: bool = False
    service_tier: str | None = None
    stream_options: object = msgspec.UNSET
    problem: str | None = None
    """Why the body was not understood."""


async def read_asked(request: web.Request, dialect: Dialect | None, longest: int) -> Asked:
    """A body of a metered operation is read up to *longest* bytes; any other, and a longer one, streams."""
    if not request.body_exists:
        return Asked(body=None)
    await _invite(request)
    if dialect is None or request.method != "POST":
        return Asked(body=request.content.iter_any())
    start = await _read_up_to(request, longest)
    if not request.content.at_eof():
        return Asked(
            body=_rest_after(start, request), problem="the request body is too long to be read for its model"
        )
    return asked_by(start, request.headers.get("Content-Encoding"))


def asked_by(body: bytes, content_encoding: str | None = None) -> Asked:
    if content_encoding not in (None, "", "identity"):
        return Asked(body=body, problem="the request body is compressed")
    try:
        top = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Asked(body=body, problem="the request body is not a JSON object")
    return Asked(
        body=body,
        model=name_of(top.model),
        stream=top.stream is True,
        service_tier=name_of(top.service_tier),
        stream_options=top.stream_options,
    )


async def _invite(request: web.Request) -> None:
    """Tell a client to go on that waits for 100 Continue before it sends its body."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # of the answer itself nothing is sent


async def _read_up_to(request: web.Request, longest: int) -> bytes:
    content = request.content
    first = await content.readany()
    if content.at_eof():
        return first
    parts, size = [first], len(first)
    while size <= longest and not content.at_eof():
        parts.append(await content.readany())
        size += len(parts[-1])
    return b"".join(parts)


async def _rest_after(start: bytes, request: web.Request) -> AsyncIterator[bytes]:
    yield start
    async for chunk in request.content.iter_any():
        yield chunk
