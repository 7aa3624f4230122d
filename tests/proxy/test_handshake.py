"""A WebSocket's handshake: who may make it, what of it goes upstream, and what upstream's answer becomes."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from ledger.call import Outcome, Pricing
from proxy.handshake import handshake_headers, model_in
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import message
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Visit, scripted_upstream
from tests.proxy.websockets import UPGRADE, SocketUpstream, received, socket_upstream, websocket

CANARY = "sk-canary-0123456789abcdef"
OTHER, READ = "/v1/live", "/v1/realtime?model=gpt-realtime"


@pytest.fixture
async def upstream() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as started:
        yield started


@pytest.fixture
async def payback(upstream: SocketUpstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream)) as started:
        yield started


@pytest.fixture
async def with_key(
    upstream: SocketUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Payback]:
    """payback with a key of its own for the upstream."""
    monkeypatch.setenv("LAB_KEY", "configured-key")
    async with running(tmp_path, configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})) as started:
        yield started


async def test_upstream_chooses_among_the_subprotocols_that_the_client_offers(
    upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.protocols = ("realtime",)
    offered = ("openai-insecure-api-key.sk-secret", "realtime", "openai-beta.realtime-v1")
    async with websocket(payback.port, READ, protocols=offered) as client:
        assert client.protocol == "realtime"
        await client.close()
    assert upstream.only.headers["Sec-WebSocket-Protocol"] == ",".join(offered)


async def test_path_query_and_headers_go_upstream_and_ours_do_not(
    upstream: SocketUpstream, payback: Payback
) -> None:
    headers = {"Authorization": "Bearer sk-own", "OpenAI-Beta": "realtime=v1", "X-Payback-Workload": "voice"}
    async with websocket(payback.port, "/v1/a%2Fb?x[]=1&c=%2B", headers=headers) as client:
        await client.close()
    request = upstream.only
    assert request.raw_path == "/v1/a%2Fb?x[]=1&c=%2B"
    assert request.headers["Host"] == f"127.0.0.1:{upstream.port}"
    assert (request.headers["Authorization"], request.headers["OpenAI-Beta"]) == (
        "Bearer sk-own",
        "realtime=v1",
    )
    assert "X-Payback-Workload" not in request.headers
    row = await payback.row()
    assert row.call.who.workload == "voice"
    assert (row.call.who.key or "").startswith("key-")


async def test_a_configured_key_takes_the_place_of_the_clients_own(
    upstream: SocketUpstream, with_key: Payback
) -> None:
    """Also of the one that is offered as a subprotocol, as pages do."""
    protocols = ("realtime", "openai-insecure-api-key.sk-own")
    headers = {"Authorization": "Bearer sk-own"}
    async with websocket(with_key.port, READ, headers=headers, protocols=protocols) as client:
        await client.close()
    assert upstream.only.headers.getall("Authorization") == ["Bearer configured-key"]
    assert upstream.only.headers["Sec-WebSocket-Protocol"] == "realtime"


@pytest.mark.parametrize("path", [OTHER, READ])
async def test_bytes_that_are_no_utf8_pass_both_ways_and_so_do_lines_of_one_name(
    path: str, tmp_path: Path
) -> None:
    """Header values are bytes: half of what is not ASCII in them is Latin-1."""
    latin = [(b"X-Name", bytes(range(0x80, 0x100))), (b"x-name", "naïve €".encode()), (b"X-Name", b"caf\xe9")]
    lines = b"".join(b"%b: %b\r\n" % line for line in latin)
    switched = message("HTTP/1.1 101 Gew\udce4hlt", UPGRADE[:2])[:-2]

    async def script(visit: Visit) -> None:
        await visit.send(switched + lines + b"\r\n")
        await visit.left()

    async with scripted_upstream() as upstream:
        upstream.script = script
        async with running(tmp_path, configuration(upstream)) as payback, connected(payback.port) as client:
            await client.send(get(path, *UPGRADE)[:-2] + lines + b"\r\n")
            head = await client.provisional_head()
            assert head.start == b"HTTP/1.1 101 Gew\xe4hlt"
            assert [line for line in head.headers if line[0].lower() == b"x-name"] == latin
            assert [line for line in upstream.only.head.headers if line[0].lower() == b"x-name"] == latin


@pytest.mark.parametrize("status", [400, 401, 403, 404, 426, 429, 503])
async def test_upstreams_refusal_is_the_clients_with_its_body(
    status: int, upstream: SocketUpstream, payback: Payback
) -> None:
    """Codex falls back to a POST when it hears 426; an SDK shows the sentence."""
    upstream.refuse = lambda _: web.Response(
        status=status, text='{"error":"no"}', headers={"X-Why": "because"}
    )
    answer = await call(payback.port, get("/v1/responses", *UPGRADE))
    assert (answer.status, answer.body) == (status, b'{"error":"no"}')
    assert answer.head.value("X-Why") == b"because"
    row = await payback.row()
    assert (row.call.outcome, row.call.http_status) == (Outcome.UPSTREAM_ERROR, status)
    assert row.pricing is Pricing.NOT_BILLED
    assert len(upstream.requests) == 1


async def test_after_a_refusal_the_connection_is_http_again(
    upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.refuse = lambda request: web.Response(status=426 if "Upgrade" in request.headers else 200)
    async with connected(payback.port) as client:
        await client.send(get("/v1/responses", *UPGRADE))
        assert (await client.answer()).status == 426
        await client.send(post(CHAT, CHAT_REQUEST))
        assert (await client.answer()).status == 200


async def test_an_upstream_that_is_not_there_is_a_502_in_the_apis_shape(tmp_path: Path) -> None:
    async with running(tmp_path, configuration(SocketUpstream(port=1))) as payback:
        answer = await call(payback.port, get("/v1/realtime", *UPGRADE))
        assert answer.status == 502
        assert b'"code":"upstream_unreachable"' in answer.body
        assert (await payback.row()).call.outcome is Outcome.UPSTREAM_ERROR


@pytest.mark.parametrize(
    "headers",
    [
        [("Upgrade", "h2c"), ("Connection", "Upgrade")],
        [("Upgrade", "websocket")],
        [("Connection", "Upgrade")],
    ],
)
async def test_a_101_that_is_no_websocket_is_no_answer(
    headers: list[tuple[str, str]], tmp_path: Path
) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 101 Switching Protocols", headers, b"whatever"))

    async with scripted_upstream() as upstream:
        upstream.script = script
        async with running(tmp_path, configuration(upstream)) as payback:
            answer = await call(payback.port, get("/v1/realtime", *UPGRADE))
            assert answer.status == 502
            assert b"whatever" not in answer.body
            assert (await payback.row()).call.outcome is Outcome.UPSTREAM_BROKE


MALFORMED = {
    "a POST": post("/v1/realtime", b"{}", *UPGRADE),
    "a body": get("/v1/realtime", *UPGRADE, ("Content-Length", "5")) + b"hello",
    "HTTP/1.0": get("/v1/realtime", *UPGRADE).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "no Connection": get("/v1/realtime", *UPGRADE[1:]),
}


@pytest.mark.parametrize("how", MALFORMED)
async def test_a_handshake_that_is_none_goes_nowhere(
    how: str, upstream: SocketUpstream, payback: Payback
) -> None:
    """Who takes such a connection for a WebSocket, and who does not, may be made to disagree."""
    answer = await call(payback.port, MALFORMED[how])
    assert answer.status == 400
    assert b'"code":"bad_handshake"' in answer.body
    assert upstream.requests == []
    assert payback.rows() == []


FOREIGN = {
    "another site": ("Origin", "https://evil.example"),
    "a site with our name in its own": ("Origin", "http://payback.test.evil.example"),
    "a page without an origin": ("Origin", "null"),
    "what is no origin": ("Origin", "http://[payback.test"),
    "what the browser says": ("Sec-Fetch-Site", "cross-site"),
}


@pytest.mark.parametrize("who", FOREIGN)
async def test_a_page_of_another_site_may_not_use_a_configured_key(
    who: str, upstream: SocketUpstream, with_key: Payback
) -> None:
    """Browsers let every page open a WebSocket to everywhere, this machine too."""
    answer = await call(with_key.port, get("/v1/realtime", *UPGRADE, FOREIGN[who]))
    assert answer.status == 403
    assert b'"code":"cross_site"' in answer.body
    assert upstream.requests == []


@pytest.mark.parametrize("origin", ["http://payback.test", "http://payback.test:3000"])
async def test_a_page_of_this_host_may_use_a_configured_key(
    origin: str, upstream: SocketUpstream, with_key: Payback
) -> None:
    async with connected(with_key.port) as client:
        await client.send(get("/v1/realtime", *UPGRADE, ("Origin", origin)))
        assert (await client.provisional_head()).status == 101


async def test_a_page_with_a_key_of_its_own_may_come_from_anywhere(
    upstream: SocketUpstream, payback: Payback
) -> None:
    async with websocket(payback.port, READ, origin="https://app.example") as client:
        await client.close()
    assert upstream.only.headers["Origin"] == "https://app.example"


@pytest.mark.parametrize(("path", "is_compressed"), [(OTHER, True), (READ, False)])
async def test_compression_is_the_peers_own_unless_their_messages_are_read(
    path: str, is_compressed: bool, upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.compress = True
    async with websocket(payback.port, path, compress=15) as client:
        assert bool(client.compress) is is_compressed
        await client.send_str("a" * 1000)
        assert (await received(client)).data == "a" * 1000
        await client.close()
    assert ("Sec-WebSocket-Extensions" in upstream.only.headers) is is_compressed


async def test_a_connection_that_can_be_written_down_nowhere_is_refused_and_never_made(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    table = configuration(upstream, ledger={"spool": str(tmp_path / "not-there" / "spool")})
    async with running(tmp_path, table) as payback:
        with payback.locked():
            answer = await call(payback.port, get("/v1/realtime", *UPGRADE))
        assert answer.status == 503
        assert b'"code":"ledger_unavailable"' in answer.body
        assert upstream.requests == []


async def test_the_client_is_told_the_calls_id(upstream: SocketUpstream, payback: Payback) -> None:
    async with connected(payback.port) as client:
        await client.send(get("/v1/realtime", *UPGRADE))
        head = await client.provisional_head()
    assert head.start == b"HTTP/1.1 101 Switching Protocols"
    assert head.value("X-Payback-Call-Id")
    assert head.values("Upgrade") == [b"websocket"]
    assert head.values("Connection") == [b"Upgrade"]
    assert "content-length" not in head.names
    assert "transfer-encoding" not in head.names


async def test_a_key_that_a_page_offers_as_a_subprotocol_is_known_and_kept_nowhere(
    upstream: SocketUpstream, payback: Payback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    upstream.protocols = ("realtime",)
    offered = ("realtime", f"openai-insecure-api-key.{CANARY}")
    async with websocket(payback.port, OTHER, protocols=offered) as client:
        await client.close()
    async with websocket(payback.port, OTHER, headers={"Authorization": f"Bearer {CANARY}"}) as client:
        await client.close()
    first, second = await payback.ended(2)
    assert first.call.who.key == second.call.who.key
    assert (first.call.who.key or "").startswith("key-")
    assert CANARY not in caplog.text
    assert all(CANARY.encode() not in file.read_bytes() for file in payback.ledger.parent.iterdir())


def test_a_model_is_named_in_the_query_as_azure_names_it_too() -> None:
    assert model_in("model=&deployment=ours") == "ours"
    assert model_in("model=a&model=b&deployment=c") == "a"
    assert model_in("%ff=%zz;&&=") is None


def test_a_client_that_offers_nothing_but_its_key_offers_nothing_then() -> None:
    raw = [(b"Sec-WebSocket-Protocol", b"openai-insecure-api-key.sk-own")]
    headers = handshake_headers(raw, ("Authorization", "Bearer ours"), is_read=True)
    assert [name for name, _ in headers] == ["Authorization", "Connection", "Upgrade"]
