"""Signing in, and signing out."""

import re
from dataclasses import replace
from math import ceil

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from web.addresses import LOGIN_PATH, LOGOUT_PATH, REPORT_PATH
from web.assets import read_assets
from web.login.door import Door
from web.sent_form import sent_form
from web.visitor import VISITOR, SignIn, Visitor

_ASSETS = ("favicon.svg",)
LONGEST_TO = 4000
_LONGEST_BODY = 16_384
_TO = re.compile(r"/-/(?!login|logout)[\x21-\x5b\x5d-\x7e]*")
"""Printable ASCII but for backslashes, which browsers read as slashes."""


class Login:
    """Without a password there is nothing to sign in to, and every page of these leads to the report."""

    def __init__(self, door: Door | None, form: Handler) -> None:
        """*door* is None where there is no password. *form* draws what its request's visitor says."""
        self._door, self._draw = door, form
        assets = read_assets()
        self._open = {LOGIN_PATH, *(assets[name].url for name in _ASSETS)}

    @property
    def has_password(self) -> bool:
        return self._door is not None

    def add_to(self, router: web.UrlDispatcher) -> None:
        router.add_get(LOGIN_PATH, self._form)
        router.add_post(LOGIN_PATH, self._sign_in)
        router.add_get(LOGOUT_PATH, _to_report)
        router.add_post(LOGOUT_PATH, self._sign_out)

    def refusal(self, request: web.Request) -> web.Response | None:
        """For the guard: None lets *request* pass. The form and its looks are for everybody."""
        if self._door is None or request.rel_url.raw_path in self._open:
            return None
        return self._door.refusal(request)

    def has_session(self, request: web.BaseRequest) -> bool:
        return self._door is not None and self._door.has_session(request)

    async def _form(self, request: web.Request) -> web.StreamResponse:
        to = _checked(request.query.get("to", ""))
        if self._door is None or self._door.has_session(request):
            raise web.HTTPSeeOther(to)
        return await self._drawn(request, SignIn(to=to))

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        sent = await sent_form(request, _LONGEST_BODY)
        to = _checked(sent.get("to", ""))
        if self._door is None:
            raise web.HTTPSeeOther(to)
        wait_s = self._door.sign_in(request, sent.get("password", ""))
        if wait_s is None:
            response = web.Response(status=303, headers={hdrs.LOCATION: to})
            self._door.let_in(request, response)
            return response
        return await self._drawn(request, _refused(to, ceil(wait_s)))

    async def _sign_out(self, request: web.Request) -> web.Response:
        response = web.Response(status=303, headers={hdrs.LOCATION: LOGIN_PATH})
        if self._door is not None:
            self._door.let_out(request, response)
        return response

    async def _drawn(self, request: web.Request, form: SignIn) -> web.StreamResponse:
        request[VISITOR] = replace(request.get(VISITOR, Visitor()), sign_in=form)
        return await self._draw(request)


def _refused(to: str, wait_s: int) -> SignIn:
    if not wait_s:
        return SignIn(403, to, "That is not the password.")
    why = f"Too many wrong passwords came from this address. Try again in {wait_s} seconds."
    return SignIn(429, to, why, retry_after_s=wait_s)


async def _to_report(_: web.Request) -> web.Response:
    raise web.HTTPSeeOther(REPORT_PATH)


def _checked(address: str) -> str:
    """A page under /-/ of this very host, and no other place in the world."""
    return address if len(address) <= LONGEST_TO and _TO.fullmatch(address) else REPORT_PATH
