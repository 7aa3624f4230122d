"""What the client gets through payback is what it would get without: head, every byte, and when."""

import gzip
from dataclasses import dataclass

import pytest

from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    COST_USD,
    PLAIN_EVENTS,
    chat_answer,
)
from tests.proxy.client import Answer, call, connected, get, post
from tests.proxy.message import Header, chunked, message
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream, Visit

OF_THE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"date"}
)

JSON = ("Content-Type", "application/json")
SSE = ("Content-Type", "text/event-stream")
CHUNKED = ("Transfer-Encoding", "chunked")


def end_to_end(answer: Answer) -> list[Header]:
    """The headers that are meant for the client, as they came and in their order."""
    return [pair for pair in answer.head.headers if pair[0].lower() not in OF_THE_CONNECTION]


def without_ours(headers: list[Header]) -> list[Header]:
    return [pair for pair in headers if not pair[0].lower().startswith(b"x-payback-")]


@dataclass(frozen=True)
class Case:
    name: str
    answer: tuple[bytes, ...]
    """What upstream sends, piece by piece."""
    request: bytes = post(CHAT, CHAT_REQUEST)
    closes: bool = False
    """Whether upstream then closes, as the end of the body."""

    @property
    def streams(self) -> bool:
        return b"text/event-stream" in self.answer[0]


def sized(status: str, body: bytes, *headers: tuple[str, str]) -> bytes:
    return message(f"HTTP/1.1 {status}", [*headers, ("Content-Length", str(len(body)))], body)


def error(status: str, *headers: tuple[str, str]) -> Case:
    body = b'{"error": {"message":"why", "code":null}}\n'
    return Case(status, (sized(status, body, JSON, *headers),))


MANY_HEADERS = [
    ("Set-Cookie", "a=1; Path=/; HttpOnly"),
    ("X-Odd_Name.1!", "tab\tinside"),
    ("Set-Cookie", "b=2"),
    ("x-request-id", "req_1"),
    ("X-Empty", ""),
    ("X-Comma", "a, b,c"),
    ("Set-Cookie", "a=1; Path=/; HttpOnly"),
    ("X-Unicode", "caf\u00e9 \u4f60"),
    ("Content-Encoding", "identity"),
    ("Server", "an-old-one/1.0"),
    ("Strict-Transport-Security", "max-age=1"),
    ("openai-processing-ms", "12"),
]
BINARY = bytes(range(256)) * 300
CASES = [
    Case("JSON", (sized("200 OK", CHAT_ANSWER, JSON),)),
    Case(
        "JSON in chunks",
        (message("HTTP/1.1 200 OK", [JSON, CHUNKED]), chunked(CHAT_ANSWER[:9], CHAT_ANSWER[9:])),
    ),
    Case("JSON until the end", (message("HTTP/1.0 200 OK", [JSON], CHAT_ANSWER),), closes=True),
    Case("JSON gzipped", (sized("200 OK", gzip.compress(CHAT_ANSWER), JSON, ("Content-Encoding", "gzip")),)),
    Case("JSON brotli", (sized("200 OK", BINARY, JSON, ("Content-Encoding", "br")),)),
    Case("JSON of 1 MB", (sized("200 OK", chat_answer(content="x" * 1_000_000), JSON),)),
    Case("JSON that is none", (sized("200 OK", b"<html>Bad gateway</html>", JSON),)),
    Case("a type that is none", (sized("200 OK", CHAT_ANSWER),)),
    Case(
        "a stream",
        (message("HTTP/1.1 200 OK", [SSE, CHUNKED]), chunked(*ASKED_EVENTS)),
        post(CHAT, ASKED_REQUEST),
    ),
    Case(
        "a stream with a length", (sized("200 OK", b"".join(ASKED_EVENTS), SSE),), post(CHAT, ASKED_REQUEST)
    ),
    Case(
        "a stream gzipped",
        (sized("200 OK", gzip.compress(b"".join(ASKED_EVENTS)), SSE, ("Content-Encoding", "gzip")),),
        post(CHAT, ASKED_REQUEST),
    ),
    Case("many headers", (sized("200 OK", CHAT_ANSWER, *MANY_HEADERS),)),
    Case("a reason of its own", (sized("299 Quite Fine, Really", b"{}", JSON),)),
    Case("no reason", (sized("200 ", b"{}", JSON),)),
    Case("nothing", (sized("200 OK", b""),), get("/v1/models")),
    Case("204", (message("HTTP/1.1 204 No Content", [("X-A", "1")]),), get("/v1/files/1", method="DELETE")),
    Case("304", (message("HTTP/1.1 304 Not Modified", [("ETag", '"1"'), ("Vary", "A")]),), get("/v1/models")),
    Case(
        "HEAD",
        (message("HTTP/1.1 200 OK", [JSON, ("Content-Length", "777")]),),
        get("/v1/models", method="HEAD"),
    ),
    Case(
        "HEAD of a chat",
        (message("HTTP/1.1 200 OK", [JSON, ("Content-Length", "9")]),),
        get(CHAT, method="HEAD"),
    ),
    Case("binary", (sized("200 OK", BINARY, ("Content-Type", "audio/mpeg")),), get("/v1/audio/1")),
    Case(
        "binary in chunks",
        (message("HTTP/1.1 200 OK", [CHUNKED]), chunked(BINARY, b"end")),
        get("/v1/files/1/content"),
    ),
    Case(
        "interim heads", (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2, sized("200 OK", b"{}", JSON))
    ),
    error("400 Bad Request"),
    error("401 Unauthorized", ("WWW-Authenticate", 'Bearer realm="a"')),
    error("404 Not Found"),
    error("429 Too Many Requests", ("Retry-After", "7"), ("x-ratelimit-remaining-tokens", "0")),
    error("500 Internal Server Error"),
    error("529 Overloaded", ("x-should-retry", "true")),
    *[
        Case(status, (sized(status, b"gone", ("Location", "https://elsewhere.test/v1/x?a=b#c")),))
        for status in (
            "301 Moved Permanently",
            "302 Found",
            "307 Temporary Redirect",
            "308 Permanent Redirect",
        )
    ],
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_answer_is_what_it_would_be_without_payback(
    case: Case, upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(*case.answer)
        if case.closes:
            visit.close()

    upstream.script = script
    direct, through = await call(upstream.port, case.request), await call(payback.port, case.request)
    assert through.head.start.split(b" ", 1)[1].rstrip() == direct.head.start.split(b" ", 1)[1].rstrip()
    assert without_ours(end_to_end(through)) == end_to_end(direct)
    length = direct.head.value("Content-Length")
    if length is not None and not case.streams:  # a stream may be edited, so its length is not promised
        assert through.head.value("Content-Length") == length
    assert through.head.values("Set-Cookie") == direct.head.values("Set-Cookie")
    assert (through.body, through.whole) == (direct.body, True)
    assert len(upstream.received) == 2
    assert through.head.value("X-Payback-Call-Id") is not None


async def test_an_answer_to_http_1_0_is_not_chunked(upstream: Upstream, payback: Payback) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*PLAIN_EVENTS)
        await visit.send(chunked())

    upstream.script = script
    answer = await call(payback.port, post(CHAT, ASKED_REQUEST).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert not answer.head.is_chunked
    assert answer.body == b"".join(PLAIN_EVENTS)


async def test_headers_of_upstreams_connection_stay_there(upstream: Upstream, payback: Payback) -> None:
    headers = [
        ("Connection", "keep-alive, X-Hop"),
        ("Keep-Alive", "timeout=99"),
        ("X-Hop", "1"),
        ("Proxy-Authenticate", "Basic"),
        ("Upgrade", "h2c"),
        ("Trailer", "X-T"),
        ("X-Payback-Call-Id", "forged"),
        ("X-Payback-Cost-Usd", "0.00"),
    ]
    upstream.script = lambda visit: visit.answer(b"{}", *headers)
    answer = await call(payback.port, get("/v1/models"))
    assert set(answer.head.names) <= {"content-length", "date", "connection", "x-payback-call-id"}
    assert answer.head.value("X-Payback-Call-Id") != b"forged"


async def test_a_whole_document_says_what_it_cost_and_under_which_id_it_is_in_the_ledger(
    payback: Payback,
) -> None:
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert answer.head.value("X-Payback-Cost-Usd") == COST_USD.encode()
    call_id = (await payback.row()).call.call_id
    assert (answer.head.value("X-Payback-Call-Id") or b"").decode().replace("-", "") == call_id.hex()


async def test_one_connection_takes_many_calls(upstream: Upstream, payback: Payback) -> None:
    async with connected(payback.port) as client:
        for number in range(5):
            await client.send(post(CHAT, CHAT_REQUEST) if number % 2 else get("/v1/models"))
            assert (await client.answer()).body == CHAT_ANSWER
    assert upstream.connections == 1
    await payback.ended(5)


async def test_calls_that_are_sent_before_the_first_is_answered_are_answered_in_order(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(visit.received.target.encode())

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(get("/v1/a") + get("/v1/b") + get("/v1/c"))
        bodies = [(await client.answer()).body for _ in range(3)]
    assert bodies == [b"/v1/a", b"/v1/b", b"/v1/c"]


async def test_a_stream_never_meets_a_connection_that_upstream_is_closing(
    upstream: Upstream, payback: Payback
) -> None:
    """llama.cpp closes after each stream, whatever its head has promised; a POST that met the end is lost."""
    used: set[int] = set()

    async def script(visit: Visit) -> None:
        if visit.received.connection in used:
            visit.reset()
        used.add(visit.received.connection)
        await visit.stream(*ASKED_EVENTS)
        await visit.send(chunked())

    upstream.script = script
    for _ in range(3):
        answer = await call(payback.port, post(CHAT, ASKED_REQUEST))
        assert (answer.status, answer.whole) == (200, True)
