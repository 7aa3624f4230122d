"""A WebSocket's handshake: which request is one, who may make it, and what of it goes on, both ways.

Sources: https://www.rfc-editor.org/rfc/rfc6455 section 4, https://www.rfc-editor.org/rfc/rfc9110 section 7.8,
read 2026-11-22. Key and accept, version and subprotocols pass as they are: the peers shake hands with each
other, and from then on their bytes pass."""

from urllib.parse import parse_qs, urlsplit

from aiohttp import HttpVersion11, web

from proxy.credential import KEY_PROTOCOL
from proxy.headers import Encodings, Headers, RawHeaders, request_headers, response_headers, without
from proxy.refusal import Refusal
from proxy.request import Request

_EXTENSIONS, _PROTOCOLS = "sec-websocket-extensions", "sec-websocket-protocol"
_UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket")]


def is_handshake(request: Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def fault_of(request: web.Request) -> Refusal | None:
    """aiohttp must have taken the connection for upgraded, or it would read messages as requests."""
    is_upgraded = request.version >= HttpVersion11 and request._message.upgrade  # noqa: SLF001
    if request.method == "GET" and is_upgraded and not request.body_exists:
        return None
    return Refusal(
        400, "bad_handshake", "a WebSocket handshake is a GET with Connection: Upgrade and no body"
    )


def is_of_another_site(request: Request) -> bool:
    """Whether a browser sends it for a page that is not of this host. Other sites' pages may open WebSockets
    and post plain text wherever they like; Origin says who asks, also towards addresses without TLS, to which
    browsers send no Sec-Fetch-Site."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    return origin is not None and _host(origin) != _host(f"//{request.headers.get('Host', '')}")


def model_in(query: str) -> str | None:
    """The model that a handshake asks for; Azure calls it a deployment.

    >>> model_in("intent=x&model=gpt-realtime"), model_in("api-version=1&deployment=ours"), model_in("")
    ('gpt-realtime', 'ours', None)
    """
    told = parse_qs(query)
    return next((told[name][0] for name in ("model", "deployment") if name in told), None)


def handshake_headers(raw: RawHeaders, credential: tuple[str, str] | None, *, is_read: bool) -> Headers:
    """What goes upstream. *is_read*: messages are metered, so their compression is not negotiated."""
    headers = request_headers(raw, credential, is_framed=True, encodings=Encodings.ALL)
    if is_read:
        headers = without(headers, _EXTENSIONS)
    if credential is not None:
        headers = [(name, value) for name, told in headers if (value := _without_key(name, told))]
    return [*headers, *_UPGRADE]


def switched_headers(raw: RawHeaders, call_id: str) -> Headers:
    """What the client is told of upstream's 101."""
    headers = without(response_headers(raw), "content-length")
    return [*headers, *_UPGRADE, ("X-Payback-Call-Id", call_id)]


def _without_key(name: str, value: str) -> str:
    """Empty where nothing is left of it."""
    if name.lower() != _PROTOCOLS:
        return value
    offered = [protocol.strip() for protocol in value.split(",")]
    return ", ".join(protocol for protocol in offered if not protocol.startswith(KEY_PROTOCOL))


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
