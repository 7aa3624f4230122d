"""What a request asks for: as much of its body as routing and metering need."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec
from aiohttp import HttpVersion11, web

from ledger.needs import Needs
from ledger.units import Units
from proxy.body_names import NO_NAMES, BodyNames
from proxy.decoding import IDENTITY, decoded
from proxy.dialects import Dialect
from proxy.dialects.dialect import Streams
from proxy.dialects.reading import name_of
from proxy.estimate.shape import Shape
from proxy.form import fields_of, is_form
from proxy.lenient import NO_JSON
from proxy.needs import needs_in, top_of
from proxy.request import Request
from proxy.top import Plain, Top, most_output_in
from proxy.upload import next_piece, pieces_of

Body = bytes | AsyncIterator[bytes] | None


_FIELDS = frozenset({"model", "stream", "user", "n"})
"""Of a form: those of Plain that it can have."""
UnitsAsked = Callable[[Mapping[str, Any]], Units | None]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    body: Body
    """Bytes where it was read, an iterator where it streams through, None where there is none."""
    text: bytes | None = None
    """The body as it reads, without its encoding; None where it was not read."""
    model: str | None = None
    stream: bool = False
    service_tier: str | None = None
    stream_options: object = msgspec.UNSET
    names: BodyNames = NO_NAMES
    needs: Needs | None = None
    """What it shows to need of a model beside text; None: not known."""
    units: Units | None = None
    """What the call is charged for, where that is known from the request alone."""
    most_output_tokens: int | None = None
    """What the answer may have at most; None: the request does not say."""
    problem: str | None = None
    """Why the body was not understood."""


async def read_asked(request: Request, dialect: Dialect | None, longest: int) -> Asked:
    """A body of a metered operation is read up to *longest* bytes; any other, and a longer one, streams.

    Raises TimeoutError where the client stops sending it, as does what streams."""
    if not request.body_exists:
        return Asked(body=None, stream=dialect is not None and dialect.streams is Streams.ALWAYS)
    await _invite(request)
    if dialect is None:
        return Asked(body=pieces_of(request.content))
    start = await _read_up_to(request, longest)
    if not request.content.at_eof():
        return Asked(
            body=_rest_after(start, request), problem="the request body is too long to be read for its model"
        )
    return asked_by(
        start,
        request.headers.get("Content-Encoding"),
        dialect.streams,
        longest,
        form_type=request.headers.get("Content-Type", "") if dialect.is_form else "",
        units_asked=dialect.units_asked,
        shape=dialect.shape,
    )


def asked_by(
    body: bytes,
    content_encoding: str | None = None,
    streams: Streams = Streams.ON_REQUEST,
    longest: int = 32 << 20,
    *,
    form_type: str = "",
    units_asked: UnitsAsked | None = None,
    shape: Shape | None = None,
) -> Asked:
    """*streams*: what the wire format says of a request that does not speak of streaming. A body in an
    encoding is read as far as *longest* bytes without it, and sent on as it came. *form_type*: the content
    type, where the wire format has forms. *shape*: where what the request needs is found in it."""
    encoding = (content_encoding or "").strip().lower()
    text = body if encoding in IDENTITY else decoded(body, encoding, longest)
    if text is None:
        return _unread(body, streams, "the request body is compressed, and cannot be read")
    try:
        top = _top_of_form(text, form_type) if form_type and is_form(form_type) else top_of(text, shape)
    except NO_JSON:
        return _unread(body, streams, "the request body is not a JSON object")
    return Asked(
        body=body,
        text=text,
        model=name_of(top.model),
        stream=_wants_stream(top.stream, streams),
        service_tier=name_of(top.service_tier),
        stream_options=top.stream_options,
        names=_names_in(top),
        needs=needs_in(top),
        most_output_tokens=most_output_in(top),
        units=_units_in(top, units_asked) if units_asked and isinstance(top, Plain) else None,
    )


def _top_of_form(body: bytes, content_type: str) -> Plain:
    fields: dict[str, Any] = fields_of(body, content_type, _FIELDS)
    return Plain(**{**fields, "stream": fields.get("stream", "").lower() == "true"})


def _units_in(top: Plain, units_asked: UnitsAsked) -> Units | None:
    try:
        text = msgspec.json.decode(top.input) if top.input else None
    except NO_JSON:
        text = None
    return units_asked({"n": top.n, "input": text})


def _unread(body: bytes, streams: Streams, problem: str) -> Asked:
    return Asked(body=body, stream=streams is Streams.ALWAYS, problem=problem)


def _names_in(top: Top) -> BodyNames:
    if top.user is top.safety_identifier is top.metadata is None:
        return NO_NAMES
    return BodyNames(user=top.user, safety_identifier=top.safety_identifier, metadata=top.metadata)


def _wants_stream(stream: object, streams: Streams) -> bool:
    if streams is Streams.ON_REQUEST:
        return stream is True
    return streams is Streams.ALWAYS or (streams is Streams.UNLESS_DECLINED and stream is not False)


async def _invite(request: Request) -> None:
    """Tell a client to go on that waits for 100 Continue before it sends its body."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        assert isinstance(request, web.Request)
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # of the answer itself nothing is sent


async def _read_up_to(request: Request, longest: int) -> bytes:
    content = request.content
    first = await next_piece(content)
    if content.at_eof():
        return first
    parts, size = [first], len(first)
    while size <= longest and not content.at_eof():
        parts.append(await next_piece(content))
        size += len(parts[-1])
    return b"".join(parts)


async def _rest_after(start: bytes, request: Request) -> AsyncIterator[bytes]:
    yield start
    async for piece in pieces_of(request.content):
        yield piece
