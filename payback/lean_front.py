"""The lean front: takes calls from a connection without aiohttp's server, as long as they are plain ones.

It reads requests with aiohttp's parser. The first one that is not plain (see proxy.request), is not whole in
its head, is not alone, or is no call, is given to aiohttp's server as it came, with the connection: that
serves all that is odd, slow or wrong. So here are no rules of HTTP but those for a plain request and for what
follows it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import cast

from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.helpers import DEFAULT_CHUNK_SIZE
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser, RawRequestMessage
from aiohttp.tcp_helpers import tcp_keepalive
from aiohttp.web_protocol import RequestPayloadError

from payback.doubtful import doubt_about
from payback.front_door import is_call
from payback.repeated import set_apart
from payback.under_way import UnderWay
from proxy.departure import Lookout
from proxy.forward import Answered
from proxy.outlet import Outlet
from proxy.refusal import Refusal, answer_of
from proxy.request import PlainRequest, is_plain
from proxy.upstream_client import LINE_BYTES

log = logging.getLogger(__name__)

IDLE_SECONDS = 75.0
"""A connection is kept for the next call so long."""
LINGER_SECONDS = 10.0
"""What still comes of a request that was answered before its end is read and dropped for so long: to close
the connection while the client sends would take the answer from it."""
NEXT_BYTES = 1 << 16
"""Of what comes behind a request, more waits in the system until that is answered."""

_FAULT = Refusal(500, "internal_error", "this call failed here; the log says why")

Handle = Callable[[PlainRequest], Awaitable[Answered]]


class LeanFront(BaseProtocol):
    """One connection, until aiohttp's server takes it over."""

    def __init__(
        self,
        handle: Handle,
        calls: UnderWay,
        others: Callable[[], asyncio.Protocol],
        fronts: "set[LeanFront]",
    ) -> None:
        """*others* makes what serves the connection from an odd request on. *fronts*: all that are open."""
        super().__init__(asyncio.get_running_loop())
        self._handle, self._calls, self._others, self._fronts = handle, calls, others, fronts
        self._task: asyncio.Task[None] | None = None
        """The call under way."""
        self._unread = 0
        """Bytes of its body that have not come yet."""
        self._next = b""
        """What came behind it."""
        self._is_over = False
        """What comes is dropped."""
        self._timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._lookout = Lookout(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        tcp_keepalive(cast("asyncio.Transport", transport))
        self._parser: HttpRequestParser = self._new_parser()
        self._fronts.add(self)
        self._wait_for_next()

    def _new_parser(self) -> HttpRequestParser:
        return HttpRequestParser(
            self,
            self._loop,
            DEFAULT_CHUNK_SIZE,
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
            payload_exception=RequestPayloadError,
            auto_decompress=False,
        )

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._unread:
            with suppress(Exception):  # aiohttp raises what it tells the body's reader
                self._parser.feed_eof()
        super().connection_lost(exc)
        self._part()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        if self._is_over or self.transport is None:
            return
        if self._task is None:
            self._begin(data)
        elif self._unread or not data:
            self._go_on(data)
        else:
            self._next += data
            if len(self._next) > NEXT_BYTES:
                self._pause_reading_for_buffer()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """aiohttp asks for it after every read."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def _pause_transport_reading(self) -> None:
        super()._pause_transport_reading()
        self._lookout.begin()

    def close(self) -> None:
        """At payback's end."""
        if self.transport is not None:
            self.transport.close()

    def _begin(self, data: bytes) -> None:
        found = self._plain_in(data)
        if found is None:
            self._give_away(data)
        else:
            request = PlainRequest(*found, self, lambda: self._calls.is_stopping)
            self._task = self._loop.create_task(self._serve(request))
            self._calls.add(self._task)

    def _plain_in(self, data: bytes) -> tuple[RawRequestMessage, StreamReader] | None:
        """The call that *data* begins; None where it is anything else, or more."""
        head_bytes = data.find(b"\r\n\r\n") + 4
        if head_bytes < 4 or data[0] in b"\r\n":
            return None
        try:
            messages, _, _ = self._parser.feed_data(data)
        except HttpProcessingError:
            return None
        if len(messages) != 1:
            return None
        message, content = messages[0]
        self._unread = head_bytes + int(message.headers.get("Content-Length", 0)) - len(data)
        if self._unread < 0 or not (is_call(message.path) and is_plain(message)):
            return None
        if doubt_about(message.headers, message.version) is not None:
            return None
        return message, content

    def _go_on(self, data: bytes) -> None:
        """More of a body; or nothing, where its reader has made room."""
        body, rest = data[: self._unread], data[self._unread :]
        self._unread -= len(body)
        self._parser.feed_data(body)
        if rest:
            self.data_received(rest)

    def _give_away(self, data: bytes) -> None:
        """*data* is what came since the last answer."""
        transport, others = self.transport, self._others()
        assert transport is not None
        self._part()
        self.transport = None
        transport.set_protocol(others)
        others.connection_made(transport)
        first, behind = self._first_apart(data)
        others.data_received(first)
        if behind:
            others.data_received(behind)

    def _first_apart(self, data: bytes) -> tuple[bytes, bytes]:
        """The first request, and what came behind it: unreadable, it would take the first with it in the
        parser. All at once where that is not plain to see."""
        head_bytes = data.find(b"\r\n\r\n") + 4
        if not 4 <= head_bytes < len(data):
            return data, b""
        try:
            messages, _, _ = self._new_parser().feed_data(set_apart(data[:head_bytes])[0])
        except HttpProcessingError:
            return data, b""
        if len(messages) != 1 or messages[0][0].chunked or messages[0][0].upgrade:
            return data, b""
        end = head_bytes + int(messages[0][0].headers.get("Content-Length", 0))
        return data[:end], data[end:]

    async def _serve(self, request: PlainRequest) -> None:
        keeps_open = False
        try:
            keeps_open = await self._answered(request)
        except ConnectionError:  # the client has left
            self.close()
        finally:
            self._task = None
            self._ended(keeps_open=keeps_open)

    async def _answered(self, request: PlainRequest) -> bool:
        try:
            answer = await self._handle(request)
        except Exception as error:  # it has written nothing: what passes answers on raises nothing
            log.error("a call failed", exc_info=error)
            answer = answer_of(_FAULT, request.raw_path)
        if isinstance(answer, Outlet):
            return answer.keeps_open
        outlet, body = Outlet(request), answer.body if isinstance(answer, web.Response) else b""
        assert isinstance(body, bytes)
        outlet.keeps_open &= answer.keep_alive is not False
        await outlet.whole(answer.status, answer.reason, list(answer.headers.items()), body)
        return outlet.keeps_open

    def _ended(self, *, keeps_open: bool) -> None:
        transport = self.transport
        if transport is None:
            return
        if keeps_open and not self._unread:
            self._wait_for_next()
        elif self._unread and not transport.is_closing():
            self._linger(transport)
        else:
            transport.close()

    def _wait_for_next(self) -> None:
        self._idle_since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(IDLE_SECONDS, self._look_if_idle)
        if self._buffer_paused:
            self._resume_reading_for_buffer()
        data, self._next = self._next, b""
        if data:
            self._begin(data)

    def _look_if_idle(self) -> None:
        """One timer for many calls: setting one for each takes time."""
        self._timer = None
        idle_s = self._loop.time() - self._idle_since
        if self._task is not None or self.transport is None:
            return
        if idle_s >= IDLE_SECONDS - 0.01:
            self.transport.close()
        else:
            self._timer = self._loop.call_later(IDLE_SECONDS - idle_s, self._look_if_idle)

    def _linger(self, transport: asyncio.Transport) -> None:
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(LINGER_SECONDS, transport.close)
        transport.resume_reading()

    def _part(self) -> None:
        self._fronts.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
