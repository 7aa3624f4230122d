"""Codex CLI itself, `codex exec`, with the lines of docs/clients.md: over a WebSocket, and over HTTP."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from ledger.call import Entry, Outcome, Pricing
from tests.clients import provider
from tests.clients.agents import Agent, an_agent
from tests.clients.conftest import all_at
from tests.clients.page import example
from tests.clients.programs import KEY
from tests.clients.provider import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, TEXT, response_events
from tests.clients.rows import Told, told
from tests.proxy.running import PRICE, Payback, running
from tests.proxy.upstream import Upstream, Visit
from tests.proxy.websockets import socket_upstream

MODEL = "gpt-5.1-codex"
ANSWERED = Told(model=MODEL, client="codex_exec", tokens=(INPUT_TOKENS, OUTPUT_TOKENS))
COST_NUSD = 57_400
"""(11 - 4) * 1.00 + 4 * 0.10 + 5 * 10.00 = 57.4 millionths."""
QUIET = """
[analytics]
enabled = false
[features]
plugins = false
apps = false
[otel]
metrics_exporter = "none"
"""
ONE_LINE, OWN_PROVIDER = 0, 1


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Agent]:
    async with an_agent(tmp_path / "home") as made:
        yield made


async def codex(agent: Agent, port: int, which: int, *options: str) -> str:
    """What it prints, configured by one of the page's two examples."""
    folder = agent.home / ".codex"
    folder.mkdir()
    text = example("Codex CLI", "text", port, number=which, of=2)
    (folder / "config.toml").write_text(text + QUIET, "utf-8")
    asked = ("--skip-git-repo-check", "--model", MODEL, "Say hello.")
    return await agent.run("codex", "exec", *options, *asked)


async def no_websocket(visit: Visit) -> None:
    if visit.received.head.value("Upgrade"):
        await visit.answer(b"{}", provider.JSON, status="426 Upgrade Required")
    else:
        await provider.answer(visit)


def session_of(upstream: Upstream) -> str:
    return (upstream.received[-1].head.value("session-id") or b"").decode()


async def test_with_a_provider_of_its_own_its_call_is_a_row_with_all_that_it_says(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    assert await codex(agent, payback.port, OWN_PROVIDER) == TEXT
    row = await payback.row()
    assert told(row) == ANSWERED
    assert (row.call.upstream, row.call.http_status, row.call.response_model) == ("openai", 200, MODEL)
    assert (row.call.usage and row.call.usage.cache_read_tokens, row.list_cost) == (CACHED_TOKENS, COST_NUSD)
    who = row.call.who
    assert (who.workload, who.session, row.call.retry_number) == ("coding", session_of(upstream), 0)
    assert upstream.only.head.value("Authorization") == f"Bearer {KEY}".encode()
    assert "x-payback-workload" not in upstream.only.head.names


async def test_the_ledger_and_codex_count_the_same_tokens(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    lines = (await codex(agent, payback.port, OWN_PROVIDER, "--json")).splitlines()
    usage = json.loads(lines[-1])["usage"]
    call = (await payback.row()).call
    assert call.usage is not None
    assert (usage["input_tokens"], usage["cached_input_tokens"], usage["output_tokens"]) == (
        call.usage.input_tokens,
        call.usage.cache_read_tokens,
        call.usage.output_tokens,
    )


async def test_with_one_line_it_tries_a_websocket_and_goes_on_over_http_where_upstream_has_none(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    upstream.script = no_websocket
    assert await codex(agent, payback.port, ONE_LINE) == TEXT
    refused, answered = await payback.ended(2)
    assert (refused.call.http_request, refused.call.http_status) == ("GET /v1/responses", 426)
    assert (refused.pricing, refused.call.who.session) == (Pricing.NOT_BILLED, session_of(upstream))
    assert (told(answered), answered.list_cost) == (ANSWERED, COST_NUSD)


async def test_over_a_websocket_each_response_is_a_row_beside_the_connections(
    agent: Agent, tmp_path: Path
) -> None:
    """The first warms the cache: Codex asks for it before it knows what it is to say."""
    asked: list[bool] = []

    async def script(socket: web.WebSocketResponse) -> None:
        async for message in socket:
            request = json.loads(message.data)
            asked.append(request.get("generate", True))
            for event in response_events(request["model"]):
                await socket.send_str(json.dumps(event))

    async with socket_upstream() as upstream:
        upstream.script = script
        async with running(tmp_path, all_at(upstream, price=[{**PRICE, "model": "*"}])) as payback:
            assert await codex(agent, payback.port, ONE_LINE) == TEXT
            connection, *responses = await payback.ended(3)
    assert asked == [False, True]
    assert (connection.call.http_request, connection.call.http_status) == ("GET /v1/responses", 101)
    assert connection.pricing is Pricing.NOT_BILLED
    assert [_of_a_session(row) for row in responses] == [(MODEL, ANSWERED.tokens, COST_NUSD)] * 2
    assert {row.call.who.session for row in responses} == {connection.call.who.session}


def _of_a_session(row: Entry) -> tuple[str | None, tuple[int, int], int | None]:
    """What is asked for in messages names no model: the answer does."""
    answered = told(row)
    assert answered.client == ANSWERED.client
    return row.call.response_model, answered.tokens, row.list_cost


async def test_what_it_repeats_after_an_error_is_a_row_each_and_the_failed_one_costs_nothing(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    async def busy_at_first(visit: Visit) -> None:
        if len(upstream.received) == 1:
            await visit.answer(b"{}", provider.JSON, status="503 Busy")
        else:
            await provider.answer(visit)

    upstream.script = busy_at_first
    assert await codex(agent, payback.port, OWN_PROVIDER) == TEXT
    failed, answered = await payback.ended(2)
    assert (failed.call.outcome, failed.call.http_status) == (Outcome.UPSTREAM_ERROR, 503)
    assert (failed.call.usage, failed.list_cost) == (None, None)
    assert told(answered) == ANSWERED
