"""A request line cannot take a call, or a configured key, to another host or out of its folder."""

from pathlib import Path

import pytest

from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import message
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, scripted_upstream
from tests.proxy.websockets import UPGRADE


@pytest.mark.parametrize("scheme", ["http://", "HTTP://", "https://", "", "@", "http:", "user@"])
async def test_no_request_line_makes_payback_call_another_host(
    scheme: str, upstream: Upstream, payback: Payback
) -> None:
    async with scripted_upstream() as elsewhere:
        target = f"{scheme}127.0.0.1:{elsewhere.port}/v1/models"
        answer = await call(payback.port, get(target))
        assert answer.status == 400
        assert elsewhere.connections == 0
    assert upstream.connections == 0


@pytest.mark.parametrize(
    "path", ["//127.0.0.1:{port}/v1/x", "/@127.0.0.1:{port}/v1/x", "/\\127.0.0.1:{port}/x"]
)
async def test_a_path_that_looks_like_a_host_is_a_path(
    path: str, upstream: Upstream, payback: Payback
) -> None:
    async with scripted_upstream() as elsewhere:
        target = path.format(port=elsewhere.port)
        await call(payback.port, get(target))
        assert elsewhere.connections == 0
    assert [received.target for received in upstream.received] in ([target], [])


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
@pytest.mark.parametrize(
    "request_",
    [
        get("/v1/models"),
        post("/v1/files", b"{}"),
        post(CHAT, CHAT_REQUEST),
        get("/v1/realtime?model=m", *UPGRADE),
    ],
    ids=["read", "upload", "call", "handshake"],
)
async def test_no_redirect_of_upstreams_is_followed(
    status: str, request_: bytes, upstream: Upstream, payback: Payback
) -> None:
    """A call, and the key that is sent with it, are for the upstream of the configuration alone."""
    async with scripted_upstream() as elsewhere:
        place = ("Location", f"http://127.0.0.1:{elsewhere.port}/v1/x")
        upstream.script = lambda visit: visit.answer(b"", place, status=status)
        answer = await call(payback.port, request_)
        assert (str(answer.status), elsewhere.connections) == (status[:3], 0)
    assert len(upstream.received) == 1


async def test_the_host_header_chooses_nothing(upstream: Upstream, payback: Payback) -> None:
    async with scripted_upstream() as elsewhere:
        request = [("Host", f"127.0.0.1:{elsewhere.port}"), ("X-Forwarded-Host", "elsewhere.test")]
        answer = await call(payback.port, message("GET /v1/models HTTP/1.1", request))
        assert (answer.status, elsewhere.connections) == (200, 0)
    assert upstream.only.head.value("Host") == f"127.0.0.1:{upstream.port}".encode()


@pytest.mark.parametrize(
    "path",
    [
        "/lab/../admin",
        "/lab/v1/../../admin",
        "/lab/v1/%2e%2e/admin",
        "/lab/v1/.%2e%2fadmin",
        "/lab/v1/%2E%2E%5Cadmin",
        "/v1/./models",
        "/v1/%2e/models",
        "/..",
    ],
)
async def test_dots_do_not_climb_out_of_the_path_that_a_key_is_for(
    path: str, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "configured-key")
    async with running(tmp_path, configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})) as payback:
        answer = await call(payback.port, get(path))
        assert answer.status == 400
        assert b"dots" in answer.body
        assert payback.rows() == []
    assert upstream.connections == 0


async def test_a_fragment_never_comes_to_upstream_nor_to_what_a_call_is_judged_by(
    upstream: Upstream, payback: Payback
) -> None:
    """No client sends one; what a server would make of it is not for us to find out."""
    answer = await call(payback.port, get("/v1/models#/admin?x=1"))
    assert (answer.status, upstream.connections) == (400, 0)
    assert b"bad_path" in answer.body


@pytest.mark.parametrize("line", ["CONNECT 127.0.0.1:80 HTTP/1.1", "OPTIONS * HTTP/1.1", "TRACE / HTTP/1.1"])
async def test_methods_for_other_kinds_of_proxies_make_no_tunnel_and_no_error(
    line: str, upstream: Upstream, payback: Payback
) -> None:
    async with connected(payback.port) as client:
        await client.send(message(line, [("Host", "payback.test")]))
        answer = await client.answer()
    assert answer.status == 400 or line.startswith("TRACE")
    assert upstream.connections == 0 or line.startswith("TRACE")


FRAMINGS = {
    "length and chunks": [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
    "two lengths": [("Content-Length", "5"), ("Content-Length", "6")],
    "a list of lengths": [("Content-Length", "5, 6")],
    "a sign": [("Content-Length", "+5")],
    "negative": [("Content-Length", "-1")],
    "hex": [("Content-Length", "0x5")],
    "an underscore": [("Content-Length", "5_0")],
    "an odd coding": [("Transfer-Encoding", "xchunked")],
    "chunked not last": [("Transfer-Encoding", "chunked, identity")],
    "a space before the colon": [("X-A ", "1")],
    "an empty name": [("", "1")],
}


@pytest.mark.parametrize("name", FRAMINGS)
async def test_a_request_whose_framing_is_in_doubt_is_refused_and_goes_nowhere(
    name: str, upstream: Upstream, payback: Payback
) -> None:
    body = b"0\r\n\r\nGET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    request = message(f"POST {CHAT} HTTP/1.1", [("Host", "payback.test"), *FRAMINGS[name]], body)
    async with connected(payback.port) as client:
        await client.send(request)
        assert (await client.answer()).status in (400, 501)
        assert await client.is_cut()
    assert upstream.heads == []


async def test_a_fold_a_nul_and_a_bare_line_feed_are_refused(upstream: Upstream, payback: Payback) -> None:
    for line in (b"X-A: 1\r\n 2", b"X-A: \x00", b"X-A: a\rb", b"X-A\x0b: 1"):
        raw = b"GET /v1/models HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n" % line
        assert (await call(payback.port, raw)).status == 400, line
    assert upstream.heads == []


async def test_a_head_that_is_too_long_is_refused(upstream: Upstream, payback: Payback) -> None:
    answer = await call(payback.port, get("/v1/models", ("X-A", "a" * 100_000)))
    assert answer.status in (400, 431)
    assert upstream.heads == []


async def test_a_head_that_gateways_send_is_not_too_long(upstream: Upstream, payback: Payback) -> None:
    token = "Bearer " + "t" * 30_000
    upstream.script = lambda visit: visit.answer(b"{}", ("X-Long", "l" * 30_000))
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST, ("Authorization", token)))
    assert answer.head.value("X-Long") == b"l" * 30_000
    assert upstream.only.head.value("Authorization") == token.encode()
