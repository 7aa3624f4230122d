"""The front door: is a request for one of payback's own pages, or a call to pass on?

Calls do not go through the pages' application: its routes and middlewares take a tenth of their time."""

from collections.abc import Awaitable, Callable

from aiohttp import HttpVersion11, web

from payback.current import Current
from payback.doubtful import doubt_about
from payback.under_way import UnderWay
from proxy.outlet import Outlet
from proxy.refusal import Reason, Refusal, answer_of
from web.entrance import wants_report
from web.security import is_own

FrontDoor = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def front_door(
    pages: web.Application, current: Current, calls: UnderWay, count: Callable[[Reason], None]
) -> FrontDoor:
    """*count* hears why a request is refused."""

    async def enter(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        doubt = doubt_about(request.headers, request._message.version)  # noqa: SLF001  # its own, once asked, stays
        if doubt is not None:
            count("http")
            return _refused(request, doubt)
        if is_call(request.raw_path) or not _is_for_pages(request):
            calls.join()
            answered = await current.forwarder.handle(request)
            response = Sent(answered) if isinstance(answered, Outlet) else answered
        else:
            response = await pages._handle(request)  # noqa: SLF001  # what aiohttp's own AppRunner calls
        if calls.is_stopping or _ends_with_its_connection(request, response):
            response.force_close()
        return response

    return enter


def is_call(raw_path: str) -> bool:
    """Whether the path alone says so."""
    return raw_path.startswith("/v1/")


class Sent(web.StreamResponse):
    """What aiohttp's server is told of an answer that was written past it."""

    def __init__(self, outlet: Outlet) -> None:
        super().__init__()
        self._keep_alive = outlet.keeps_open

    async def prepare(self, request: web.BaseRequest) -> None:
        """Nothing is left to do."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Likewise."""


def _is_for_pages(request: web.Request) -> bool:
    """Ours are /-/..., and / for a browser and for who looks if anybody is there."""
    return is_own(request) or wants_report(request) or (request.method == "HEAD" and request.path == "/")


def _refused(request: web.BaseRequest, doubt: Refusal) -> web.Response:
    """In our own version of HTTP. Nothing more is read of a connection on which one thing is in doubt."""
    request._version = HttpVersion11  # noqa: SLF001  # pinned in tests/payback/test_doubtful.py
    response = answer_of(doubt, request.raw_path)
    response.force_close()
    return response


def _ends_with_its_connection(request: web.BaseRequest, response: web.StreamResponse) -> bool:
    """HTTP/1.0 has no chunks: an answer of unknown length has no other end. aiohttp says so in the answer's
    head, and then keeps the connection. An outlet knows."""
    if isinstance(response, Sent):
        return False
    return request.version < HttpVersion11 and response.content_length is None
