"""In front of everything under /-/, whoever answers it: the guard, and signing in.

What draws pages is not needed here, so that it may be in another process."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from web.addresses import LOGIN_PATH
from web.api.failures import as_failure, is_api
from web.login.door import Door
from web.login.routes import Login
from web.security import Guard, is_own, secure
from web.visitor import VISITOR, Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class EntranceSettings:
    password: str | None = None
    """None only where payback listens on loopback alone."""
    proxies: Sequence[IPv4Network | IPv6Network] = ()
    """Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, where people sign in."""
    allowed_hosts: frozenset[str] = frozenset()
    """Host names besides those of loopback under which the pages are answered while there is no password."""
    uptime_s: Callable[[], float] = time.monotonic
    """Seconds that only go forward: how long sessions last, and who has to wait with the next password."""


def add_entrance(app: web.Application, settings: EntranceSettings, form: Handler) -> None:
    """*form* draws the page that its request's visitor says.

    Raises ValueError on an empty password."""
    login = Login(_door(settings), form)
    guard = Guard(login.refusal if login.has_password else None, settings.allowed_hosts)
    app.middlewares.insert(0, _in_front(guard, login))
    login.add_to(app.router)


def _door(settings: EntranceSettings) -> Door | None:
    if settings.password is None:
        return None
    return Door(settings.password, settings.proxies, settings.uptime_s, LOGIN_PATH)


def wants_report(request: web.Request) -> bool:
    """Is this somebody who opened payback's address in a browser? Send them to REPORT_PATH with a 303."""
    if request.method != hdrs.METH_GET or request.path != "/":
        return False
    return "text/html" in ",".join(request.headers.getall(hdrs.ACCEPT, [])).lower()


def _in_front(guard: Guard, login: Login) -> Middleware:
    @web.middleware
    async def in_front(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_own(request):
            return await handler(request)
        refusal = guard.refusal(request)
        try:
            if refusal is not None:
                response: web.StreamResponse = as_failure(refusal) if is_api(request.path) else refusal
            else:
                request[VISITOR] = Visitor(has_session=login.has_session(request))
                response = await handler(request)
        except web.HTTPException as error:
            secure(error)
            raise
        secure(response)
        return response

    return in_front
