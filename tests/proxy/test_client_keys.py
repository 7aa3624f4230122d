"""Clients' keys on their way: over WebSockets, from pages, and nowhere that they should not be."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from ledger.call import Outcome
from payback.cli import main
from tests.proxy.bodies import CHAT, chat_request
from tests.proxy.client import call, get, post
from tests.proxy.issued import KEPT_BY_PAYBACK, LONG_AGO, bearer, issue, revoke, token_of
from tests.proxy.running import Payback, configuration, process, running, toml_of
from tests.proxy.test_privacy import files_with
from tests.proxy.upstream import Upstream
from tests.proxy.websockets import UPGRADE, SocketUpstream, received, socket_upstream, websocket

REALTIME = "/v1/realtime?model=gpt-realtime"
OFFERED = ("realtime", f"openai-insecure-api-key.{token_of('page')}")


@pytest.fixture
async def sockets() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as started:
        yield started


@pytest.fixture
async def payback(
    sockets: SocketUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Payback]:
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    issue(tmp_path, "page", models=["gpt-realtime*"])
    async with running(tmp_path, configuration(sockets, lab={"api_key": {"env": "LAB_KEY"}})) as started:
        yield started


async def test_a_page_offers_its_key_as_a_subprotocol_and_upstream_sees_the_configured_one(
    sockets: SocketUpstream, payback: Payback
) -> None:
    """Of any site: no page has a key by accident, as it may have a connection to this machine."""
    async with websocket(payback.port, REALTIME, protocols=OFFERED, origin="https://app.example") as client:
        await client.send_str("hello")
        assert (await received(client)).data == "hello"
        await client.close()
    assert sockets.only.headers["Sec-WebSocket-Protocol"] == "realtime"
    assert sockets.only.headers["Authorization"] == f"Bearer {KEPT_BY_PAYBACK}"
    assert token_of("page") not in str(sockets.only.headers)
    assert (await payback.row()).call.who.key == "page"


async def test_a_handshake_without_a_key_is_refused_with_its_body(
    sockets: SocketUpstream, payback: Payback
) -> None:
    answer = await call(payback.port, get(REALTIME, *UPGRADE))
    assert answer.status == 401
    assert b"missing_api_key" in answer.body
    with pytest.raises(WSServerHandshakeError):
        async with websocket(payback.port, REALTIME, headers=dict([bearer("nobody")])):
            pass
    assert sockets.requests == []


NOT_ALLOWED = (
    "/v1/realtime?model=gpt-4o",
    "/v1/realtime?model=gpt-realtime&model=gpt-4o",
    "/v1/realtime?model=gpt-realtime&Deployment=gpt-4o",
    "/v1/realtime",
    "/v1/realtime?intent=transcription",
    "/v1/responses?model=gpt-realtime",
    "/v1/live?model=gpt-realtime",
)


async def test_a_session_whose_model_is_another_or_is_said_later_is_not_opened(
    sockets: SocketUpstream, payback: Payback
) -> None:
    for path in NOT_ALLOWED:
        assert (await call(payback.port, get(path, *UPGRADE, bearer("page")))).status == 403, path
    assert sockets.requests == []


async def test_a_session_is_cut_when_its_client_sends_on_after_its_key_was_revoked(
    sockets: SocketUpstream, payback: Payback, tmp_path: Path
) -> None:
    """It may be open for an hour, and each response costs."""
    async with websocket(payback.port, REALTIME, protocols=OFFERED) as client:
        await client.send_str("before")
        assert (await received(client)).data == "before"
        revoke(tmp_path, "page")
        await client.send_str("after")
        assert (await received(client)).type in (WSMsgType.CLOSED, WSMsgType.CLOSE, WSMsgType.ERROR)
    call_made = (await payback.row()).call
    assert call_made.outcome is Outcome.INTERRUPTED
    assert call_made.problem == "cut, as the client's key holds no longer"


async def every_way(payback: Payback) -> bytes:
    """Valid keys and others, in every place; what payback itself answered."""
    ours = b""
    for name in ("good", "gone", "old", "bound", "never"):
        token = token_of(name)
        told = [("X-Payback-Workload", token), ("X-Payback-Tags", f"a={token}")]
        for place in ("Authorization", "x-api-key", "api-key", "x-goog-api-key"):
            for path in (
                CHAT,
                f"{CHAT}?key={token}",
                "/v1/../etc",
                "/lab/v1/models",
                "/anthropic/v1/messages",
            ):
                answer = await call(payback.port, post(path, chat_request(), (place, token), *told))
                ours += b"" if answer.status == 200 else answer.body
    for path in ("/-/metrics", "/-/report", "/-/report/calls", "/-/api/calls", "/-/readyz"):
        page = get(path).replace(b"payback.test", b"localhost")
        ours += (await call(payback.port, page)).body
    return ours


async def says_it_everywhere(payback: Payback) -> None:
    """What a client adds of its own passes to upstream, and is in no row."""
    token = token_of("good")
    body = chat_request(user=token, metadata={"k": token}, safety_identifier=token)
    more = [("User-Agent", f"{token}/1"), ("X-Title", token), ("OpenAI-Project", token)]
    await call(payback.port, post(CHAT, body, bearer("good"), *more))


def tokens() -> list[str]:
    """And a start of each that is longer than what may be shown."""
    return [token_of(name)[:20] for name in ("good", "gone", "old", "bound", "never")]


def issue_all(folder: Path) -> None:
    issue(folder, "good", project="p", workload="w")
    issue(folder, "gone", revoked=LONG_AGO)
    issue(folder, "old", expires=LONG_AGO)
    issue(folder, "bound", upstream="ollama", models=["x"])


async def test_no_key_of_a_client_is_in_any_file_answer_log_or_page_and_upstream_never_sees_one(
    upstream: Upstream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    caplog.set_level(logging.DEBUG)
    issue_all(tmp_path)
    async with running(tmp_path, configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})) as payback:
        ours = (await every_way(payback)).decode()
        sent = b"".join(request.raw for request in upstream.received).decode("latin-1")
        await says_it_everywhere(payback)
        rows = repr(payback.rows())
    monkeypatch.chdir(tmp_path)
    days = ["--from", "2026-01-01", "--to", "2099-01-01"]
    assert main(["export", *days, "--format", "csv", "--out", "e.csv", "--ledger", "payback.db"]) == 0
    assert main(["keys", "list", "--ledger", "payback.db"]) == 0
    said = capsys.readouterr()
    assert KEPT_BY_PAYBACK in sent
    for token in tokens():
        assert files_with(tmp_path, token) == []
        for told in (ours, sent, rows, caplog.text, said.out, said.err):
            assert token not in told


async def test_nor_is_one_in_what_the_program_prints(upstream: Upstream, tmp_path: Path) -> None:
    issue_all(tmp_path)
    printed = tmp_path / "printed"
    (tmp_path / "provider").write_text(KEPT_BY_PAYBACK)
    table = toml_of(upstream).replace(
        'name = "lab"\n', f'name = "lab"\napi_key = {{ file = "{tmp_path / "provider"}" }}\n', 1
    )
    async with process(tmp_path, table, "--verbose", stderr=printed) as started:
        await every_way(started.payback)
    assert "a call with the revoked key gone was refused" in printed.read_text()
    for token in tokens():
        assert files_with(tmp_path, token) == []
