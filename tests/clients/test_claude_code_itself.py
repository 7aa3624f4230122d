"""Claude Code itself, `claude -p`, with the lines of docs/clients.md."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Outcome, Pricing
from tests.clients import provider
from tests.clients.agents import Agent, an_agent, as_json, exported
from tests.clients.greedy import MODEL, SAID_TOKENS
from tests.clients.provider import INPUT_TOKENS, OUTPUT_TOKENS, TEXT
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.llama.test_llama_server import metrics
from tests.proxy.message import chunked
from tests.proxy.recorded import Recorded, recorded
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream, Visit

CLAUDE = "claude-sonnet-4-5"
ANSWERED = Told(model=CLAUDE, client="claude-cli", tokens=(INPUT_TOKENS, OUTPUT_TOKENS))


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Agent]:
    async with an_agent(tmp_path / "home") as made:
        yield made


async def claude(
    agent: Agent, payback: Payback, prompt: str, *options: str, status: int = 0, **environment: str
) -> str:
    """What it prints, with the variables that the page exports."""
    variables = {**exported("Claude Code", payback.port), **environment}
    return await replace(agent, environment=variables).run("claude", "-p", prompt, *options, status=status)


def with_caches() -> Recorded:
    (found,) = [answer for answer in recorded(".sse") if answer.name == "anthropic_messages/streamed_caches"]
    return found


async def test_its_call_is_a_row_with_all_that_it_says(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    assert await claude(agent, payback, "Say hello.", "--model", CLAUDE) == TEXT
    row, sent = await payback.row(), upstream.only
    assert told(row) == ANSWERED
    assert (row.call.upstream, row.call.http_status, row.call.retry_number) == ("anthropic", 200, 0)
    named = as_json(str(body_of(upstream)["metadata"]["user_id"]))
    who = row.call.who
    assert (who.workload, who.session, who.user) == ("coding", named["session_id"], named["device_id"])
    assert sent.head.value("X-Claude-Code-Session-Id") == str(who.session).encode()
    assert sent.target == "/v1/messages?beta=true"
    assert b"claude-code-" in (sent.head.value("anthropic-beta") or b"")
    assert "x-payback-workload" not in sent.head.names


async def test_the_ledger_and_claude_code_count_the_same_tokens_those_of_caches_too(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    """4 of the input were read, 1800 came from the cache, 248 went into it: 2052."""
    answer = with_caches()

    async def script(visit: Visit) -> None:
        await visit.stream(answer.body)
        await visit.send(chunked())

    upstream.script = script
    said = as_json(await claude(agent, payback, "Say hello.", "--model", CLAUDE, "--output-format", "json"))
    call = (await payback.row()).call
    assert (said["result"], said["session_id"]) == ("Hi", call.who.session)
    assert (call.usage, call.response_model) == (answer.usage, answer.expected["model"])
    usage: Any = said["usage"]
    assert call.usage is not None
    assert (usage["cache_read_input_tokens"], usage["output_tokens"]) == (1800, call.usage.output_tokens)
    read = usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    assert read == call.usage.input_tokens == 2052


async def test_against_a_local_model_the_ledger_claude_code_and_the_server_count_the_same_tokens(
    agent: Agent, llama_server: LlamaServer, before_llama: Payback
) -> None:
    """The model is never done after 12 tokens: Claude Code asks it three times to go on, and gives up."""
    options = ("--model", MODEL, "--system-prompt", "Be short.", "--tools", "", "--output-format", "json")
    most = {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(SAID_TOKENS)}
    before = metrics(llama_server)
    said = as_json(await claude(agent, before_llama, "hello there", *options, status=1, **most))
    after = metrics(llama_server)
    usages = [row.call.usage for row in await before_llama.ended(4)]
    booked = [(used.input_tokens, used.cache_read_tokens or 0, used.output_tokens) for used in usages if used]
    read, cached, written = [sum(column) for column in zip(*booked, strict=True)]
    usage: Any = said["usage"]
    names = ("input_tokens", "cache_read_input_tokens", "output_tokens")
    assert [usage[name] for name in names] == [read - cached, cached, written]
    counted = ("prompt_tokens_total", "prompt_tokens_cached_total", "tokens_predicted_total")
    assert [after[name] - before[name] for name in counted] == [read - cached, cached, written]
    assert written == 4 * SAID_TOKENS


async def test_what_it_has_counted_is_not_billed(agent: Agent, payback: Payback, upstream: Upstream) -> None:
    assert "## Context Usage" in await claude(agent, payback, "/context", "--model", CLAUDE)
    rows = payback.rows()
    assert len(rows) > 5
    assert {(row.call.http_request, row.pricing, row.call.usage) for row in rows} == {
        ("POST /v1/messages/count_tokens", Pricing.NOT_BILLED, None)
    }
    assert {request.target for request in upstream.received} == {"/v1/messages/count_tokens?beta=true"}


async def test_what_it_repeats_after_an_error_is_a_row_each_and_the_failed_one_costs_nothing(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    async def busy_at_first(visit: Visit) -> None:
        if len(upstream.received) == 1:
            headers = provider.JSON, ("retry-after", "0")
            await visit.answer(b'{"type":"error"}', *headers, status="529 Overloaded")
        else:
            await provider.answer(visit)

    upstream.script = busy_at_first
    assert await claude(agent, payback, "Say hello.", "--model", CLAUDE) == TEXT
    failed, answered = await payback.ended(2)
    assert (failed.call.outcome, failed.call.http_status) == (Outcome.UPSTREAM_ERROR, 529)
    assert (failed.call.usage, failed.list_cost) == (None, None)
    assert (told(answered), answered.call.retry_number) == (ANSWERED, 0)


def body_of(upstream: Upstream) -> Any:
    return as_json(upstream.only.body.decode())
