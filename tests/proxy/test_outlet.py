"""The framing of an answer: what clients of each version are told, and that no answer runs into the next."""

import asyncio

import pytest

from tests.proxy.client import Answer, call, connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback
from tests.proxy.upstream import Script, Upstream, Visit

PATH = "/v1/files"
SIZED = message("HTTP/1.1 200 OK", [("Content-Length", "5")], b"hello")
CHUNKED = message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], chunked(b"hel", b"lo"))
UNTIL_CLOSED = message("HTTP/1.1 200 OK", [], b"hello")
SLOW = {"sized": SIZED, "chunked": CHUNKED, "until closed": UNTIL_CLOSED}
"""The body comes after the head was passed on."""


def request_as(version: str, *headers: tuple[str, str], method: str = "GET") -> bytes:
    return get(PATH, *headers, method=method).replace(b"HTTP/1.1", f"HTTP/{version}".encode())


ASKED = {
    "1.1": (request_as("1.1"), True),
    "1.1, not plain": (request_as("1.1", ("Expect", "100-continue")), True),
    "1.1 close": (request_as("1.1", ("Connection", "close")), False),
    "1.0": (request_as("1.0"), False),
    "1.0 kept": (request_as("1.0", ("Connection", "keep-alive")), True),
}
"""A request, and whether its client wants to go on with the connection."""


def scripted(answer: bytes, *, at_once: bool) -> Script:
    async def script(visit: Visit) -> None:
        head, blank, body = answer.partition(b"\r\n\r\n")
        if at_once:
            await visit.send(answer)
        else:
            await visit.send(head + blank)
            await asyncio.sleep(0.02)
            await visit.send(body)
        if answer is UNTIL_CLOSED:
            visit.close()

    return script


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("ending", SLOW)
@pytest.mark.parametrize("asked", ASKED)
async def test_an_answer_is_framed_so_that_its_client_sees_its_end(
    asked: str, ending: str, at_once: bool, upstream: Upstream, payback: Payback
) -> None:
    request, keeps = ASKED[asked]
    upstream.script = scripted(SLOW[ending], at_once=at_once)
    async with connected(payback.port) as client:
        await client.send(request)
        answer = await client.answer("GET")
        assert (answer.status, answer.body, answer.whole) == (200, b"hello", True)
        assert answer.head.start.startswith(b"HTTP/1.0" if "1.0" in asked else b"HTTP/1.1")
        is_sized = answer.head.value("Content-Length") is not None
        if answer.head.is_chunked or is_sized:
            assert answer.head.is_chunked is not is_sized
            assert not (answer.head.is_chunked and "1.0" in asked)
            assert_connection(answer, asked, keeps=keeps)
        else:  # the end of the connection is that of the body: HTTP/1.0 knows no other
            keeps = False
            assert "1.0" in asked
        if keeps:
            await client.send(request_as("1.1"))
            assert (await client.answer("GET")).body == b"hello"
        else:
            assert await client.is_cut()


def assert_connection(answer: Answer, asked: str, *, keeps: bool) -> None:
    said = answer.head.value("Connection")
    if "1.0" in asked:
        assert said == (b"keep-alive" if keeps else None)
    else:
        assert said == (None if keeps else b"close")


BODILESS = {
    "HEAD with a length": ("HEAD", message("HTTP/1.1 200 OK", [("Content-Length", "500")]), b"500"),
    "HEAD in chunks": ("HEAD", message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")]), None),
    "204": ("GET", message("HTTP/1.1 204 No Content"), None),
    "204 with a length": ("GET", message("HTTP/1.1 204 No Content", [("Content-Length", "0")]), None),
    "304": ("GET", message("HTTP/1.1 304 Not Modified", [("ETag", '"a"')]), None),
}


@pytest.mark.parametrize("version", ["1.1", "1.1, not plain"])
@pytest.mark.parametrize("case", BODILESS)
async def test_an_answer_without_a_body_has_none_and_the_next_one_follows(
    case: str, version: str, upstream: Upstream, payback: Payback
) -> None:
    method, answer, length = BODILESS[case]
    upstream.script = lambda visit: visit.send(answer)
    expect = [("Expect", "100-continue")] if "plain" in version else []
    async with connected(payback.port) as client:
        for _ in range(2):
            await client.send(request_as("1.1", *expect, method=method))
            head = (await client.answer(method)).head
            assert head.start == answer.partition(b"\r\n")[0]
            assert (head.value("Content-Length"), head.is_chunked) == (length, False)
        assert await client.is_silent(0.05)


async def test_headers_arrive_byte_for_byte_and_a_date_is_added_only_where_none_was(
    upstream: Upstream, payback: Payback
) -> None:
    """Latin-1 too: aiohttp's own writer would drop it."""
    headers = (
        b"HTTP/1.1 200 Fine by me\r\nx-Odd: caf\xe9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: then\r\n"
    )
    upstream.script = lambda visit: visit.send(headers + b"Content-Length: 2\r\n\r\nok")
    answer = await call(payback.port, request_as("1.1"))
    assert answer.head.start == b"HTTP/1.1 200 Fine by me"
    assert answer.head.headers[:4] == (
        (b"x-Odd", b"caf\xe9"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"Date", b"then"),
    )
    assert len(answer.head.values("Date")) == 1
    upstream.script = lambda visit: visit.send(SIZED)
    assert (await call(payback.port, request_as("1.1"))).head.values("Date") != []


async def test_a_client_that_reads_slowly_is_waited_for_and_gets_every_byte(
    upstream: Upstream, payback: Payback
) -> None:
    body = b"0123456789abcdef" * (1 << 20)  # 16 MiB: more than all buffers on the way
    upstream.script = lambda visit: visit.answer(body)
    async with connected(payback.port) as client:
        await client.send(post(PATH, b"{}"))
        head = await client.head()
        await asyncio.sleep(0.3)
        assert b"".join([piece async for piece in client.pieces(head)]) == body
