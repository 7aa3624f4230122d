"""Whole requests and answers of HTTP, framed in every way there is."""

import gzip
from collections.abc import Sequence
from functools import cache

from tests.fuzz.seeds import answers
from tests.fuzz.target import Seed
from tests.proxy.bodies import ASKED_EVENTS, CHAT, CHAT_ANSWER, CHAT_REQUEST, EMBEDDINGS
from tests.proxy.client import get, post
from tests.proxy.message import chunked, message

_PATHS = {
    "openai_chat": CHAT,
    "openai_embeddings": EMBEDDINGS,
    "openai_responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
    "openai_completions": "/v1/completions",
}
"""Where a dialect's answers are asked for."""
_LARGEST = 12_000


@cache
def requests_of_http() -> Sequence[Seed]:
    credential = ("Authorization", "Bearer sk-canary-0123456789abcdef")
    in_chunks = get(CHAT, ("Transfer-Encoding", "chunked"), method="POST")
    half = len(CHAT_REQUEST) // 2
    told = (
        post(CHAT, CHAT_REQUEST),
        post(CHAT, CHAT_REQUEST, credential, ("X-Payback-Workload", "w"), ("Connection", "x-own")),
        post(CHAT, CHAT_REQUEST) * 2,
        in_chunks + chunked(CHAT_REQUEST[:half], CHAT_REQUEST[half:]),
        in_chunks + b"5;a=b\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n",
        post(CHAT, CHAT_REQUEST, ("Expect", "100-continue")),
        post("/v1/files?x=%2F&y=1#z", b"\x00\xff" * 50, ("Content-Type", "application/octet-stream")),
        get("/v1/models", ("Accept-Encoding", "gzip, br"), ("Cookie", "a=b")),
        get("/-/healthz"),
        get("/v1/models", method="HEAD"),
        message("OPTIONS * HTTP/1.1", [("Host", "a")]),
        message("GET http://other.test/v1/models HTTP/1.1", [("Host", "payback.test")]),
        message("CONNECT other.test:443 HTTP/1.1", [("Host", "other.test:443")]),
        message("POST /v1/chat/completions HTTP/1.0", [("Content-Length", "2")], b"{}"),
        get("/v1/realtime?model=m", ("Connection", "Upgrade"), ("Upgrade", "websocket"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xab" * 100,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    )  # fmt: skip
    return [Seed("request", request) for request in told]


@cache
def answers_of_http() -> Sequence[Seed]:
    """Named by the path at which they are asked for."""
    documents = [seed for seed in answers(".json") if seed.name in _PATHS and len(seed.data) < _LARGEST][::3]
    streams = [seed for seed in answers(".sse") if seed.name in _PATHS and len(seed.data) < _LARGEST][::3]
    told = [Seed(_PATHS[seed.name], _whole(seed.data)) for seed in documents]
    told += [Seed(_PATHS[seed.name], _events(seed.data)) for seed in streams]
    asked = b"".join(ASKED_EVENTS)
    return [
        *told,
        Seed(CHAT, _events(asked)),
        Seed(CHAT, _until_the_end(asked)),
        Seed(CHAT, b"HTTP/1.1 100 Continue\r\n\r\n" + _whole(CHAT_ANSWER)),
        Seed(CHAT, _whole(gzip.compress(CHAT_ANSWER, mtime=0), ("Content-Encoding", "gzip"))),
        Seed(CHAT, _whole(b'{"error":{"message":"slow down"}}', status="429 Too Many Requests")),
        Seed(CHAT, message("HTTP/1.1 204 No Content")),
    ]


_JSON, _EVENTS = ("Content-Type", "application/json"), ("Content-Type", "text/event-stream")


def _whole(body: bytes, *headers: tuple[str, str], status: str = "200 OK") -> bytes:
    return message(f"HTTP/1.1 {status}", [_JSON, *headers, ("Content-Length", str(len(body)))], body)


def _events(events: bytes) -> bytes:
    size = max(1, len(events) // 5)
    pieces = [events[start : start + size] for start in range(0, len(events), size)]
    return message("HTTP/1.1 200 OK", [_EVENTS, ("Transfer-Encoding", "chunked")], chunked(*pieces))


def _until_the_end(events: bytes) -> bytes:
    return message("HTTP/1.1 200 OK", [_EVENTS, ("Connection", "close")], events)
