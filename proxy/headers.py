"""Which headers travel. Lists of pairs, never mappings: repeats and order are part of a message."""

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache


class Encodings(Enum):
    """Which encodings of an answer upstream is asked for, of those that the client accepts."""

    ALL = "all"
    READABLE = "readable"
    """What the meter reads: gzip, deflate, br, zstd."""
    NONE = "none"
    """The answer will be edited on its way."""


RawHeaders = Iterable[tuple[bytes, bytes]]
Headers = list[tuple[str, str]]

CREDENTIALS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})
NO_KEY = ("", "")
"""The credential of an upstream that is sent none, neither a client's nor another."""
OWN_PREFIX = "x-payback-"
LONGEST_REMEMBERED = 64
"""Characters. Clients choose names, so what is remembered of them is bounded in length as in number."""

_HOP_BY_HOP = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization",
        "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
    }
)  # fmt: skip
"""RFC 9110 section 7.6.1, and the names that older peers use."""
_NEVER_NAMED = frozenset({"content-length", "host", *CREDENTIALS})
"""A Connection header that names these does not remove them: framing and identity are not its to drop."""
_NOT_UPSTREAM = _HOP_BY_HOP | {"host", "expect"}
_WITHOUT_LENGTH = _NOT_UPSTREAM | {"content-length"}
_CONNECTION_OPTIONS = frozenset({"close", "keep-alive", ""})
_READABLE_CODINGS = frozenset({"gzip", "deflate", "br", "zstd", "identity"})


def request_headers(
    raw: RawHeaders, credential: tuple[str, str] | None, *, is_framed: bool, encodings: Encodings
) -> Headers:
    """What goes upstream: no hop-by-hop names, none of ours, *credential* in place of the client's own;
    NO_KEY: nothing in its place.

    *is_framed*: the body is known in full, and aiohttp gives its length."""
    headers = _passed(raw, _WITHOUT_LENGTH if is_framed else _NOT_UPSTREAM)
    if credential is not None:
        headers = without(headers, *CREDENTIALS)
        if credential != NO_KEY:
            headers.append(credential)
    if encodings is not Encodings.ALL:
        headers = [_with_encodings(name, value, encodings) for name, value in headers]
    return headers


def response_headers(raw: RawHeaders) -> Headers:
    """What goes to the client; names that only payback may give are upstream's no more."""
    return _passed(raw, _HOP_BY_HOP)


def without(headers: Headers, *names: str) -> Headers:
    """*names* in lower case."""
    return [(name, value) for name, value in headers if name.lower() not in names]


def _with_encodings(name: str, value: str, encodings: Encodings) -> tuple[str, str]:
    return (name, _cut(value, encodings)) if name.lower() == "accept-encoding" else (name, value)


@lru_cache(maxsize=64)
def _cut(accept_encoding: str, encodings: Encodings) -> str:
    codings = [coding.strip() for coding in accept_encoding.split(",")]
    kept = [coding for coding in codings if coding.partition(";")[0].strip().lower() in _READABLE_CODINGS]
    return "identity" if encodings is Encodings.NONE or not kept else ", ".join(kept)


def _passed(raw: RawHeaders, stopped: frozenset[str]) -> Headers:
    passed: Headers = []
    named: set[str] = set()
    for raw_name, raw_value in raw:
        name, lower, is_own = (_name if len(raw_name) <= LONGEST_REMEMBERED else _name.__wrapped__)(raw_name)
        if lower == "connection":
            named |= {part.strip().lower() for part in _text(raw_value).split(",")}
        elif lower not in stopped and not is_own:
            passed.append((name, raw_value.decode("utf-8", "surrogateescape")))
    unusual = named - _HOP_BY_HOP - _NEVER_NAMED - _CONNECTION_OPTIONS if named else named
    return without(passed, *unusual) if unusual else passed


@lru_cache(maxsize=1024)
def _name(raw_name: bytes) -> tuple[str, str, bool]:
    """As it was written; in lower case; whether it is ours, also with underscores, as some servers read them.

    A few names come over and over."""
    name = _text(raw_name)
    lower = name.lower()
    return name, lower, lower.replace("_", "-").startswith(OWN_PREFIX)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
