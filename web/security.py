"""Who may see the pages under /-/, and what a browser may do with them.

Three dangers are met here. A stranger's page, open in a browser on this machine, may have its own host name
point to 127.0.0.1 and read the report (DNS rebinding): without a password, only host names that are known are
answered. On any other address than loopback, only who has the password is. And a stranger's page may send a
form here with the cookie or the password that the browser adds: what changes anything is taken from our own
pages and from programs alone."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from aiohttp import hdrs, web

log = logging.getLogger(__name__)

OWN_PATHS = "/-/"
OPEN_PATHS = frozenset({"/-/healthz", "/-/readyz"})
"""What everybody may ask, under any host name: the answers are a word or two, and none is of the ledger."""
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none';"
            " form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
"""Pages add the style sheets that stand in them to the policy: web.rendering."""
_READ_ONLY = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_HOST_SENTENCE = (
    "This page is not answered under the host name that was asked for. Open it as localhost or 127.0.0.1,"
    " or add the name to the allowed hosts."
)
_ELSEWHERE_SENTENCE = "This was sent by a page of another site, so nothing was done."

Ask = Callable[[web.Request], web.Response | None]
"""The answer to who has not shown the password; None: go on."""


class Guard:
    """Stands in front of everything under /-/, whoever answers it, and of what nobody answers there."""

    def __init__(self, ask: Ask | None, allowed_hosts: frozenset[str]) -> None:
        """*ask* is None where there is no password."""
        self._ask = ask
        self._hosts = LOOPBACK_HOSTS | {without_port(host) for host in allowed_hosts}

    def refusal(self, request: web.Request) -> web.Response | None:
        """The answer to who may not see *request*'s page; None: go on. A fault in here is a refusal."""
        try:
            return self._refusal(request)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the answer is no
            log.error("the check of a request for the report failed: %s", type(error).__name__)
            return _refused("This request could not be checked, so it is refused.")

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.rel_url.raw_path in OPEN_PATHS:
            return None
        if not (is_read_only(request) or is_from_here(request)):
            return _refused(_ELSEWHERE_SENTENCE)
        if self._ask is not None:
            return self._ask(request)
        return None if self._knows_host(request) else _refused(_HOST_SENTENCE)

    def _knows_host(self, request: web.Request) -> bool:
        headers = request.headers.getall("Host", [])
        return len(headers) == 1 and {without_port(headers[0]), without_port(request.host)} <= self._hosts


def secure(response: web.StreamResponse) -> None:
    """What the pages themselves have said of it holds."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def is_own(request: web.Request) -> bool:
    """Is the page one of ours? Asked of the path as read and as sent: no spelling gets around the guard."""
    return any(f"{path}/".startswith(OWN_PATHS) for path in (request.path, request.rel_url.raw_path))


def is_read_only(request: web.BaseRequest) -> bool:
    return request.method in _READ_ONLY


def is_from_here(request: web.BaseRequest) -> bool:
    """Whether one of our own pages sent it, or a program: another site's page may not set anything here."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == request.host


def without_port(host: str) -> str:
    """
    >>> without_port("LocalHost:8300"), without_port("[::1]:8300"), without_port("[::1]")
    ('localhost', '[::1]', '[::1]')
    """
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() and port.isascii() else host.lower()


def _refused(sentence: str) -> web.Response:
    return web.Response(status=403, text=f"{sentence}\n")
