"""The form for the password, signing in, and signing out. None of it says anything of the ledger."""

import re
from math import ceil

from aiohttp import hdrs, web
from markupsafe import Markup

from web.addresses import LOGIN_PATH, LOGOUT_PATH, REPORT_PATH
from web.login.door import Door
from web.rendering import Renderer, page_of
from web.report_settings import ReportSettings
from web.viewer import sent_form

PLACE = "<!-- session -->"
"""In base.html: where who has signed in can sign out. Pages do not know."""
_ASSETS = ("login.css", "report.css", "favicon.svg")
_LONGEST_TO, _LONGEST_BODY = 4000, 16_384
_TO = re.compile(r"/-/(?!login|logout)[\x21-\x5b\x5d-\x7e]*")
"""Printable ASCII but for backslashes, which browsers read as slashes."""
_SIGN_OUT = Markup('<form class="session" method="post" action="{path}"><button>Sign out</button></form>')


class Login:
    """Without a password there is nothing to sign in to, and every page of these leads to the report.

    Raises ValueError on an empty password."""

    def __init__(self, settings: ReportSettings, renderer: Renderer) -> None:
        self._renderer = renderer
        self._open = {LOGIN_PATH, *(renderer.assets[name].url for name in _ASSETS)}
        self._door = (
            None
            if settings.password is None
            else Door(settings.password, settings.proxies, settings.uptime_s, LOGIN_PATH)
        )

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

    def fit(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put the button for signing out into a page, where there is a session to end."""
        if not isinstance(response, web.Response) or response.content_type != "text/html":
            return
        has_session = self._door is not None and self._door.has_session(request)
        button = _SIGN_OUT.format(path=LOGOUT_PATH) if has_session else ""
        response.text = (response.text or "").replace(PLACE, button)

    async def _form(self, request: web.Request) -> web.Response:
        to = _checked(request.query.get("to", ""))
        if self._door is None or self._door.has_session(request):
            raise web.HTTPSeeOther(to)
        return self._page(200, to)

    async def _sign_in(self, request: web.Request) -> web.Response:
        sent = await sent_form(request, _LONGEST_BODY)
        to = _checked(sent.get("to", ""))
        if self._door is None:
            raise web.HTTPSeeOther(to)
        wait_s = self._door.sign_in(request, sent.get("password", ""))
        if wait_s is None:
            response = web.Response(status=303, headers={hdrs.LOCATION: to})
            self._door.let_in(request, response)
            return response
        if not wait_s:
            return self._page(403, to, "That is not the password.")
        why = f"Too many wrong passwords came from this address. Try again in {ceil(wait_s)} seconds."
        response = self._page(429, to, why)
        response.headers[hdrs.RETRY_AFTER] = str(ceil(wait_s))
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        response = web.Response(status=303, headers={hdrs.LOCATION: LOGIN_PATH})
        if self._door is not None:
            self._door.let_out(request, response)
        return response

    def _page(self, status: int, to: str, problem: str = "") -> web.Response:
        html = self._renderer.render("login.html", to=to, problem=problem, login_path=LOGIN_PATH)
        return page_of(status, html)


async def _to_report(_: web.Request) -> web.Response:
    raise web.HTTPSeeOther(REPORT_PATH)


def _checked(address: str) -> str:
    """A page under /-/ of this very host, and no other place in the world."""
    return address if len(address) <= _LONGEST_TO and _TO.fullmatch(address) else REPORT_PATH
