"""A wire: one connection to an upstream, on which calls go out one after the other.

aiohttp makes the connection and parses the answers. A wire is used again only after an answer whose end was
plain to see, and nothing came since: what an upstream says unasked is nobody's answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import (
    ClientOSError,
    ClientPayloadError,
    ServerDisconnectedError,
    SocketTimeoutError,
    StreamReader,
)
from aiohttp.base_protocol import BaseProtocol
from aiohttp.connector import Connection
from aiohttp.helpers import DEFAULT_CHUNK_SIZE
from aiohttp.http_parser import HttpResponseParser, RawResponseMessage
from aiohttp.streams import EMPTY_PAYLOAD
from multidict import CIMultiDictProxy

from proxy.hang_up import hang_up
from proxy.upstream_errors import BodyBroke, NotHttp
from proxy.upstream_protocol import MOST_FIELDS, break_body, head_of, is_readable, is_text

LINE_BYTES = 64 << 10
"""Longest header line of an answer; gateways send longer ones than aiohttp's 8 KiB."""
UNASKED_UPGRADE = "the connection was upgraded, unasked"
KEPT_SECONDS = 15.0
"""A wire that nobody used for so long is closed: servers close theirs too, and a POST that meets that is
lost."""
_ONE_WRITE_BYTES = 64 << 10
"""A longer body is not copied behind its head."""
_NO_BODY = frozenset({204, 304})


class WireAnswer:
    """See proxy.upstream_client.Answer."""

    __slots__ = ("_wire", "content", "headers", "raw_headers", "reason", "status")

    def __init__(self, message: RawResponseMessage, content: StreamReader, wire: "Wire") -> None:
        self.status: int = message.code
        self.reason: str | None = message.reason
        self.headers: CIMultiDictProxy[str] = message.headers
        self.raw_headers: tuple[tuple[bytes, bytes], ...] = message.raw_headers
        self.content = content
        self._wire = wire

    def close(self) -> None:
        self._wire.give_up(self)


class Wire(BaseProtocol):
    def __init__(
        self,
        connection: Connection,
        idle_timeout_s: float,
        free: "list[Wire] | None",
    ) -> None:
        """Takes the connection over. *free*: where the wire lies when it can be used again; None: it is used
        once."""
        super().__init__(asyncio.get_running_loop())
        self._connection = connection
        self._idle_timeout_s = idle_timeout_s
        self._free = free
        self._head: asyncio.Future[WireAnswer] | None = None
        """Of the call under way, until its answer begins."""
        self._answer: WireAnswer | None = None
        """Whose end has not come yet."""
        self._upload: asyncio.Task[None] | None = None
        """Of the call under way, until its body has gone out."""
        self._is_last = free is None
        self._is_second = False
        """The call under way is not the first one."""
        self._is_heard = False
        """Something has come of its answer."""
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._parser: HttpResponseParser = self._new_parser()
        self._expects_body = True
        self._last = b""
        """Of a head that has begun to come."""
        assert connection.protocol is not None
        self.transport = connection.transport
        self._is_spoilt = connection.protocol.should_close
        if self.transport is not None:
            self.transport.set_protocol(self)

    def _new_parser(self, *, expects_body: bool = True) -> HttpResponseParser:
        return HttpResponseParser(
            self,
            self._loop,
            DEFAULT_CHUNK_SIZE,
            payload_exception=ClientPayloadError,
            response_with_body=expects_body,
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
            max_headers=MOST_FIELDS,
        )

    @property
    def is_usable(self) -> bool:
        return self.transport is not None and not self.transport.is_closing() and not self._is_spoilt

    @property
    def was_stale(self) -> bool:
        """The last call met a connection that upstream has given up meanwhile."""
        return self._is_second and not self._is_heard

    async def call(
        self, head: bytes, body: bytes | AsyncIterator[bytes], *, expects_body: bool = True
    ) -> WireAnswer:
        """*body* is framed. *expects_body*: the answer has one, if its head says so.

        Raises ClientError or TimeoutError when no answer begins, and BodyBroke."""
        if not self.is_usable or self.transport is None:
            self.close()
            raise ServerDisconnectedError
        waiter: asyncio.Future[WireAnswer] = self._loop.create_future()
        self._head, self._is_heard = waiter, False
        if expects_body is not self._expects_body:
            self._parser, self._expects_body = self._new_parser(expects_body=expects_body), expects_body
        if not isinstance(body, bytes):
            self.transport.write(head)
            self._upload = self._loop.create_task(self._pass_up(body))
        elif len(body) <= _ONE_WRITE_BYTES:
            self.transport.write(head + body)
        else:
            self.transport.writelines((head, body))
        self._expect_within(self._idle_timeout_s)
        try:
            return await waiter
        except BaseException:
            self.close()
            raise

    async def _pass_up(self, body: AsyncIterator[bytes]) -> None:
        """Each piece when upstream has taken the one before; whether that is too slow, is said of upstream
        alone."""
        try:
            async for piece in body:
                if self.transport is None:
                    return
                self.transport.write(piece)
                if self.writing_paused:
                    self._expect_within(self._idle_timeout_s)
                    with suppress(ConnectionError):  # connection_lost says why
                        await self._drain_helper()
                self._deadline = None
        except Exception as error:  # noqa: BLE001  # whatever it is, it is in what the client sent
            self._fail(BodyBroke("the body of the request broke off"), error)
            return
        self._upload = None
        self._expect_within(self._idle_timeout_s)

    def give_up(self, answer: WireAnswer) -> None:
        if self._answer is answer:
            self.close()

    def close(self) -> None:
        self._is_spoilt = True
        if self._free and self in self._free:
            self._free.remove(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.transport is not None:
            hang_up(self.transport, is_cut=self._upload is not None)
        if self._upload is not None:
            self._upload.cancel()
            self._upload = None
        self._connection.close()

    def data_received(self, data: bytes) -> None:
        if self._head is None and self._answer is None:
            if data:
                self.close()
            return
        if data:
            self._is_heard = True
            self._expect_within(self._idle_timeout_s)
        while data and self._head is not None:
            # By itself: the parser gives up a good answer with the surplus in its packet.
            head, data, self._last = head_of(self._last, data)
            if not is_text(head):
                self._fail(NotHttp("the answer is not HTTP"))
                return
            self._feed(head)
        if data and self._answer is not None and not self._answer.content.is_eof():
            self._feed(data)
        elif data:
            self._is_spoilt = True
        if self._answer is not None and self._answer.content.is_eof():
            self._end()

    def _feed(self, data: bytes) -> None:
        try:
            messages, is_upgraded, tail = self._parser.feed_data(data)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is in what upstream sent
            self._fail(NotHttp("the answer is not HTTP"), error)
            return
        self._is_spoilt = self._is_spoilt or is_upgraded or bool(tail)
        for message, content in messages:
            self._begin(message, content)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if exc is None:
            with suppress(Exception):  # aiohttp raises what it tells the answer's reader
                self._parser.feed_eof()
            self._fail(ServerDisconnectedError())
        else:
            self._fail(ClientOSError(*exc.args), exc)

    def pause_reading(self) -> None:
        super().pause_reading()
        self._deadline = None  # it is we who are slow

    def resume_reading(self, resume_parser: bool = True) -> None:
        if self._reading_paused:
            self._expect_within(self._idle_timeout_s)
            super().resume_reading(resume_parser)

    def _begin(self, message: RawResponseMessage, content: StreamReader) -> None:
        head = self._head
        if head is None:
            self._is_spoilt = True
        elif message.code == 101:
            self._fail(NotHttp(UNASKED_UPGRADE))
        elif not is_readable(message.code, message.headers):
            self._fail(NotHttp("the answer is not HTTP"))
        elif message.code >= 200:
            self._head = None
            self._is_last = self._is_last or message.should_close
            content = EMPTY_PAYLOAD if message.code in _NO_BODY else content
            self._answer = WireAnswer(message, content, self)
            if not head.done():
                head.set_result(self._answer)

    def _end(self) -> None:
        self._answer = None
        if self._is_last or self._is_spoilt or self._free is None or self._upload is not None:
            self.close()
            return
        if self._reading_paused:
            super().resume_reading()
        self._is_second = True
        self._expect_within(KEPT_SECONDS)
        self._free.append(self)

    def _fail(self, error: Exception, cause: BaseException | None = None) -> None:
        error.__cause__ = cause
        head, answer, self._head, self._answer = self._head, self._answer, None, None
        if head is not None and not head.done():
            head.set_exception(error)
        if answer is not None and not answer.content.is_eof():
            timed_out = isinstance(error, SocketTimeoutError)
            break_body(answer.content, error if timed_out else ClientPayloadError(str(error)))
        self.close()

    def _expect_within(self, seconds: float) -> None:
        """One timer serves many calls: setting one for each takes time."""
        self._deadline = self._loop.time() + seconds if seconds else None
        if self._deadline is None:
            return
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._loop.time() < self._deadline - 0.001:
            self._timer = self._loop.call_at(self._deadline, self._look)
        elif self._head is None and self._answer is None:
            self.close()
        else:
            self._fail(SocketTimeoutError("upstream was silent for too long"))
