"""Who may pass the guard where the report has a password, and how the others are told.

A browser brings the cookie of its session and is otherwise led to the form; a program sends the password as
Basic and is otherwise answered 401. Both are slowed down by wrong passwords, each apart from the other."""

import logging
from collections.abc import Callable, Sequence
from math import ceil
from urllib.parse import urlencode

from aiohttp import hdrs, web

from web.api.failures import is_api
from web.login.attempts import Attempts
from web.login.password import Password, password_in
from web.login.peer import Network, address_of, is_over_tls
from web.login.sessions import Sessions
from web.security import is_read_only

log = logging.getLogger(__name__)

COOKIE = "payback_session"
_ASK = "The report asks for its password; any user name will do.\n"
_SESSION_OVER = "The session is over; sign in again.\n"
_BASIC = 'Basic realm="payback", charset="UTF-8"'
_NO_DIALOG = 'Cookie realm="payback"'
"""A script of ours whose session is over must not make the browser ask for a password in its own dialog."""


class Door:
    def __init__(
        self, password: str, proxies: Sequence[Network], uptime_s: Callable[[], float], login_path: str
    ) -> None:
        """Raises ValueError on an empty password."""
        self._password = Password(password)
        self._proxies, self._uptime_s, self._login_path = proxies, uptime_s, login_path
        self._sessions = Sessions()
        self._by_form, self._by_program = Attempts(), Attempts()

    def refusal(self, request: web.Request) -> web.Response | None:
        """None: the request comes with a session, or with the password."""
        if self.has_session(request):
            return None
        given = password_in(request.headers.getall(hdrs.AUTHORIZATION, []))
        if given is None:
            return self._ask_for_password(request)
        wait_s = self._wait_s(self._by_program, request, given)
        if wait_s is None:
            return None
        return too_soon(wait_s) if wait_s else _unauthorized(_ASK, _BASIC)

    def has_session(self, request: web.BaseRequest) -> bool:
        token = request.cookies.get(COOKIE)
        return bool(token) and self._sessions.use(token or "", self._uptime_s())

    def sign_in(self, request: web.BaseRequest, given: str) -> float | None:
        """None: *given* is the password; else seconds to wait before the next try is looked at, 0 where this
        one was looked at and is wrong."""
        return self._wait_s(self._by_form, request, given.encode("utf-8", "replace"))

    def let_in(self, request: web.BaseRequest, response: web.Response) -> None:
        """Begin a session, with a new token whatever the browser had.

        Lax and not Strict: a link to the report in a mail leads to the page and not to the form; nothing that
        is asked for with GET changes anything."""
        self._sessions.end(request.cookies.get(COOKIE, ""))
        response.set_cookie(
            COOKIE,
            self._sessions.begin(self._uptime_s()),
            path="/-/",
            httponly=True,
            samesite="Lax",
            secure=self._is_over_tls(request),
        )

    def let_out(self, request: web.BaseRequest, response: web.Response) -> None:
        self._sessions.end(request.cookies.get(COOKIE, ""))
        response.del_cookie(
            COOKIE, path="/-/", httponly=True, samesite="Lax", secure=self._is_over_tls(request)
        )

    def _wait_s(self, attempts: Attempts, request: web.BaseRequest, given: bytes) -> float | None:
        """The one place where a password is looked at, and where it is counted."""
        forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
        address, now_s = address_of(request.remote, forwarded, self._proxies), self._uptime_s()
        if wait_s := attempts.wait_s(address, now_s):
            return wait_s
        if self._password.is_(given):
            attempts.was_right(address)
            return None
        attempts.was_wrong(address, now_s)
        log.info("a wrong password for the report came from %s", address)
        return 0.0

    def _ask_for_password(self, request: web.Request) -> web.Response:
        if is_for_browser(request):
            there = str(request.rel_url) if is_read_only(request) else ""
            return web.Response(status=303, headers={hdrs.LOCATION: self._address_of_form(there)})
        if COOKIE in request.cookies or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            return _unauthorized(_SESSION_OVER, _NO_DIALOG)
        return _unauthorized(_ASK, _BASIC)

    def _address_of_form(self, there: str) -> str:
        return f"{self._login_path}?{urlencode({'to': there})}" if there else self._login_path

    def _is_over_tls(self, request: web.BaseRequest) -> bool:
        forwarded = request.headers.getall(hdrs.X_FORWARDED_PROTO, [])
        return is_over_tls(request.remote, forwarded, self._proxies)


def is_for_browser(request: web.Request) -> bool:
    """Somebody who looks at pages, and not a program or a script."""
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT, [])).lower()
    return "text/html" in accepted and not is_api(request.path)


def too_soon(wait_s: float) -> web.Response:
    text = f"Too many wrong passwords came from this address; try again in {ceil(wait_s)} seconds.\n"
    return web.Response(status=429, text=text, headers={hdrs.RETRY_AFTER: str(ceil(wait_s))})


def _unauthorized(text: str, challenge: str) -> web.Response:
    return web.Response(status=401, text=text, headers={hdrs.WWW_AUTHENTICATE: challenge})
