"""The front door: is a request for one of payback's own pages, or a call to pass on?

Calls do not go through the pages' application: its routes and middlewares take a tenth of their time."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from payback.under_way import UnderWay
from proxy.forward import Forwarder
from web.app import wants_report
from web.security import is_own

FrontDoor = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def front_door(pages: web.Application, forwarder: Forwarder, calls: UnderWay) -> FrontDoor:
    async def enter(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        if not request.raw_path.startswith("/v1/") and _is_for_pages(request):
            response = await pages._handle(request)  # noqa: SLF001  # what aiohttp's own AppRunner calls
        else:
            calls.join()
            response = await forwarder.handle(request)
        if calls.is_stopping:
            response.force_close()
        return response

    return enter


def _is_for_pages(request: web.Request) -> bool:
    """Ours are /-/..., and / for a browser and for who looks if anybody is there."""
    return is_own(request) or wants_report(request) or (request.method == "HEAD" and request.path == "/")
