"""One connection to upstream, as aiohttp reads it, but for the ends of answers: a broken end is told as one,
and what comes behind a good one spoils neither it nor the next. tests/conformance asks for all of this."""

import asyncio
import re
from typing import Any

from aiohttp import ClientError, ClientPayloadError, StreamReader
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDictProxy

from proxy.upstream_errors import NotHttp

MOST_FIELDS = 1000
"""Header lines of an answer; aiohttp's limit is 128, and gateways add some."""
_END_OF_HEAD = b"\r\n\r\n"
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""RFC 9110 section 5.5 calls them dangerous. aiohttp lets in most of them, in values and in the reason."""


def is_readable(status: int, headers: CIMultiDictProxy[str]) -> bool:
    """aiohttp lets in a status of 000, and codings that it does not take off."""
    return status >= 100 and headers.get("Transfer-Encoding", "chunked").lower() == "chunked"


def head_of(last: bytes, data: bytes) -> tuple[bytes, bytes, bytes]:
    """*data* as far as a head goes, whose last bytes so far were *last*; the rest; and what is then last: an
    end may come in two packets."""
    end = (last + data).find(_END_OF_HEAD)
    if end < 0:
        return data, b"", (last + data)[-3:]
    cut = end + len(_END_OF_HEAD) - len(last)
    return data[:cut], data[cut:], b""


def is_text(head: bytes) -> bool:
    """Whether a head, or a part of one, can be passed on to a client."""
    return _CONTROLS.search(head) is None


def break_body(content: StreamReader, error: BaseException) -> None:
    """Who waits for more of *content* gets *error*. It is told twice: aiohttp wakes a reader at the end of a
    chunk too, and one that finds nothing then waits again, with no look at what has happened since."""
    content.set_exception(error)
    asyncio.get_running_loop().call_soon(content.set_exception, error)


class UpstreamProtocol(ResponseHandler):
    """aiohttp's parser gives up a good answer with the surplus in its packet: so a head is fed by itself.
    What comes when nothing was asked would be the next answer: so it is not fed at all."""

    _is_asked = False
    """A request goes out, or has gone, and the head of its answer has not come."""
    _last = b""
    """The last bytes of what has come of a head: its end may come in two packets."""

    def set_response_params(self, **params: Any) -> None:
        self._is_asked, self._last = True, b""
        super().set_response_params(**{**params, "max_headers": MOST_FIELDS})

    def data_received(self, data: bytes) -> None:
        while data and self._is_asked and not self._is_past_http:
            head, data, self._last = head_of(self._last, data)
            if not is_text(head):
                self._give_up()
                self.set_exception(NotHttp("the answer is not HTTP"))
                return
            super().data_received(head)
            if self._exception is not None:
                return
            self._is_asked = not self._has_answer
        if data and self._is_past_http:
            super().data_received(data)
        elif data:
            self._take_body(data)

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        """aiohttp tells who waits for a head. Who waits for the rest of a body would wait for ever."""
        super().set_exception(exc, *cause)
        self._break_body(exc)

    def connection_lost(self, exc: BaseException | None) -> None:
        """aiohttp takes a reset for the end of a body that ends with its connection."""
        if exc is not None:
            self._break_body(exc)
        super().connection_lost(exc)

    @property
    def _is_past_http(self) -> bool:
        return self._upgraded or self._payload_parser is not None

    @property
    def _has_answer(self) -> bool:
        return bool(self._buffer) and self._buffer[-1][0][0].code >= 200

    def _take_body(self, data: bytes) -> None:
        if self._payload is None or self._payload.is_eof():
            self._give_up()
            return
        before = len(self._buffer)
        super().data_received(data)
        while len(self._buffer) > before:  # a second answer, to no question
            self._buffer.pop()
            self._give_up()

    def _give_up(self) -> None:
        self._should_close = True
        if self.transport is not None:
            self.transport.close()

    def _break_body(self, exc: BaseException) -> None:
        if self._payload is not None and not self._payload.is_eof():
            is_told = isinstance(exc, ClientError)
            break_body(self._payload, exc if is_told else ClientPayloadError("upstream cut its answer"))
