"""Who may see the pages under /-/, and what a browser may do with them.

Two dangers are met here. A stranger's page, open in a browser on this machine, may have its own host name
point to 127.0.0.1 and read the report (DNS rebinding): without a password, only host names that are known are
answered. And on any other address than loopback, only who has the password is."""

import base64
import hmac
import logging
from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web

log = logging.getLogger(__name__)

OWN_PATHS = "/-/"
OPEN_PATH = "/-/healthz"
"""The only page that everybody sees: it says ok and nothing else."""
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self';"
            " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
_ASK_FOR_PASSWORD = {"WWW-Authenticate": 'Basic realm="payback", charset="UTF-8"'}


class Guard:
    """Stands in front of everything under /-/, whoever answers it, and of what nobody answers there."""

    def __init__(self, password: str | None, allowed_hosts: frozenset[str]) -> None:
        if password is not None and not password:
            raise ValueError("the report password is empty; set one, or none at all on loopback")
        self._password = None if password is None else password.encode()
        self._hosts = LOOPBACK_HOSTS | {without_port(host) for host in allowed_hosts}

    def refusal(self, request: web.Request) -> web.Response | None:
        """The answer to who may not see *request*'s page; None: go on. A fault in here is a refusal."""
        try:
            return self._refusal(request)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the answer is no
            log.error("the check of a request for the report failed: %s", type(error).__name__)
            return _refused("This request could not be checked, so it is refused.")

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.path == OPEN_PATH:
            return None
        if self._password is None:
            return None if self._knows_host(request) else _refused(_HOST_SENTENCE)
        if _has_password(request.headers.getall("Authorization", []), self._password):
            return None
        return web.Response(status=401, text=_WHO_ARE_YOU, headers=_ASK_FOR_PASSWORD)

    def _knows_host(self, request: web.Request) -> bool:
        headers = request.headers.getall("Host", [])
        return len(headers) == 1 and {without_port(headers[0]), without_port(request.host)} <= self._hosts


_WHO_ARE_YOU = "The report asks for its password; any user name will do.\n"
_HOST_SENTENCE = (
    "This page is not answered under the host name that was asked for. Open it as localhost or 127.0.0.1,"
    " or add the name to the allowed hosts."
)


def is_own(request: web.Request) -> bool:
    """Is the page one of ours? Asked of the path as read and as sent: no spelling gets around the guard."""
    return any(f"{path}/".startswith(OWN_PATHS) for path in (request.path, request.rel_url.raw_path))


def without_port(host: str) -> str:
    """
    >>> without_port("LocalHost:8300"), without_port("[::1]:8300"), without_port("[::1]")
    ('localhost', '[::1]', '[::1]')
    """
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() and port.isascii() else host.lower()


def _has_password(authorizations: list[str], password: bytes) -> bool:
    """Any user name will do; two headers will not, as it is open which of them holds."""
    if len(authorizations) != 1:
        return False
    scheme, _, credentials = authorizations[0].partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, _, given = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except ValueError:
        return False
    return hmac.compare_digest(given, password)


def _refused(sentence: str) -> web.Response:
    return web.Response(status=403, text=f"{sentence}\n")
