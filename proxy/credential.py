"""The credentials of a request, and the label by which one is known."""

from collections.abc import Iterator
from hashlib import blake2b
from urllib.parse import unquote

from multidict import MultiMapping

HEADERS = ("Authorization", "x-api-key", "api-key", "x-goog-api-key")
"""Of everybody, Anthropic, Azure and Google."""
_IN_QUERY = "key="
"""Google's: https://ai.google.dev/api, read 2026-11-22."""
KEY_PROTOCOL = "openai-insecure-api-key."
"""Stands before the key that a page offers OpenAI as a WebSocket's subprotocol, as it cannot set headers:
openai-node src/realtime/websocket.ts, read 2026-11-22."""
LABEL_BYTES = 6
"""48 bits: two of 10,000 keys share a label once in 5 million ledgers."""


def credential_of(headers: MultiMapping[str], query: str) -> str | None:
    """The one that a call is known by, without its scheme. Of two lines of a header, the first: they all go
    upstream, and most servers take that one."""
    text = headers.get("Authorization")
    return (text and _bare(text)) or next(credentials_in(headers, query), None)


def credentials_in(headers: MultiMapping[str], query: str) -> Iterator[str]:
    """All that were sent."""
    for name in HEADERS:
        if name in headers:
            yield from filter(None, map(_bare, headers.getall(name)))
    if _IN_QUERY in query:
        values = (part.removeprefix(_IN_QUERY) for part in query.split("&") if part.startswith(_IN_QUERY))
        yield from filter(None, map(unquote, values))
    if "Sec-WebSocket-Protocol" in headers:
        offered = map(str.strip, headers["Sec-WebSocket-Protocol"].split(","))
        keys = (name.removeprefix(KEY_PROTOCOL) for name in offered if name.startswith(KEY_PROTOCOL))
        yield from filter(None, keys)


def contradicted_in(headers: MultiMapping[str]) -> str | None:
    """The name of a header that stands twice and gives two credentials. Who reads one of them decides who
    calls: RFC 9110 section 11.6.2 has one."""
    for name in HEADERS:
        if name in headers and len(set(map(_bare, headers.getall(name)))) > 1:
            return name
    return None


def without_key(raw_path: str) -> str:
    """A path and query as they stand in a request line, but for a credential in the query.

    >>> without_key("/v1beta/models?key=AIza&pageSize=5"), without_key("/v1beta/models?key=AIza")
    ('/v1beta/models?pageSize=5', '/v1beta/models')
    """
    path, _, query = raw_path.partition("?")
    if "key" not in unquote(query):
        return raw_path
    kept = "&".join(part for part in query.split("&") if unquote(part.partition("=")[0]) != "key")
    return f"{path}?{kept}" if kept else path


def label_of(credential: str, secret: bytes) -> str:
    """A hash that only whoever has *secret* can make. The same for a key however it is sent."""
    text = credential.encode("utf-8", "surrogateescape")
    return f"key-{blake2b(text, key=secret, digest_size=LABEL_BYTES).hexdigest()}"


def _bare(text: str) -> str:
    scheme, space, rest = text.partition(" ")
    return (rest if space and scheme.lower() == "bearer" else text).strip()
