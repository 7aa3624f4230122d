"""The server: every connection starts at the lean front, and goes on to aiohttp where that gives it away."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD

from payback.bad_requests import refused
from payback.front_door import FrontDoor
from payback.lean_front import Handle, LeanFront
from payback.repeated import put_back, set_apart
from payback.under_way import UnderWay
from proxy.departure import Lookout
from proxy.refusal import Reason
from proxy.upstream_protocol import break_body


class Server(web.Server):
    """aiohttp's own answer to what is not HTTP quotes it; here it does not."""

    def __init__(
        self,
        handler: FrontDoor,
        *,
        plain_handler: Handle,
        calls: UnderWay,
        count: Callable[[Reason], None],
        **options: Any,
    ) -> None:
        """*count* hears why a request is refused."""
        super().__init__(handler, **options)
        self._count = count
        self._plain_handler = plain_handler
        self._calls = calls
        self._fronts: set[LeanFront] = set()

    def __call__(self) -> LeanFront:  # type: ignore[override]  # asyncio asks no more of it than a protocol
        return LeanFront(self._plain_handler, self._calls, self._others, self._fronts)

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  # aiohttp's
        for front in list(self._fronts):
            front.close()
        await super().shutdown(timeout)

    def _others(self) -> web.RequestHandler:
        return _Handler(self, self._count, loop=self._loop, **self._kwargs)


class _Handler(web.RequestHandler):
    __slots__ = ("_count", "_is_in_head", "_lookout")

    def __init__(self, manager: web.Server, count: Callable[[Reason], None], **options: Any) -> None:
        super().__init__(manager, **options)
        self._count = count
        self._is_in_head = False
        self._lookout = Lookout(self)

    def data_received(self, data: bytes) -> None:
        is_at_start = self._is_at_start_of_request()
        data, is_changed = set_apart(data) if is_at_start else (data, False)
        known = self._request_count
        super().data_received(data)
        if self._messages and self._messages[-1][1] is EMPTY_PAYLOAD:
            self._break_body_before(self._messages[-1][0])
        self._is_in_head = (is_at_start or self._is_in_head) and self._request_count == known
        if is_changed and self._messages:
            self._put_back()

    def _pause_transport_reading(self) -> None:
        super()._pause_transport_reading()
        self._lookout.begin()

    def _break_body_before(self, message: object) -> None:
        """Where what has come is not HTTP, nothing more comes of the body before it. aiohttp does not tell
        its reader, and keeps the refusal for when that has got its own answer."""
        request = self._current_request
        if isinstance(message, RawRequestMessage) or request is None:
            return
        if not request.content.is_eof():
            self._lingering_time = 0.0  # nothing more of it is waited for once it is answered
            break_body(request.content, web.RequestPayloadError("what came of the body is not HTTP"))

    def _put_back(self) -> None:
        message, payload = self._messages[0]
        if isinstance(message, RawRequestMessage):
            self._messages[0] = (put_back(message), payload)

    def _is_at_start_of_request(self) -> bool:
        """Nothing has come since the last answer."""
        waits = self._waiter is not None and not self._waiter.done()
        return (waits or self._request_count == 0) and not (self._is_in_head or self._messages)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        answer = super().handle_error(request, status, exc, message)
        if not isinstance(exc, HttpProcessingError):
            return answer
        self._count("http")
        return refused(request, exc)
