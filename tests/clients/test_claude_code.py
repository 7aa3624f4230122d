"""What Claude Code sends, as seen on the wire: HEAD /, a count, a large message whose query must go on."""

import asyncio
import json
from contextlib import closing
from http.client import HTTPConnection

from ledger.call import Pricing
from tests.clients.greedy import MESSAGES, MODEL, SAID_TOKENS
from tests.clients.provider import INPUT_TOKENS, OUTPUT_TOKENS
from tests.clients.rows import Told, told
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream

SESSION = "0f9d7f8e-5a2b-4c57-9d0e-3c1f5b7a9e21"
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "claude-cli/2.1.40 (external, cli)",
    "x-api-key": "sk-ant-of-the-developer",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
    "x-app": "cli",
    "x-claude-code-session-id": SESSION,
    "X-Payback-Workload": "coding",
}
LARGE = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 32_000,
    "stream": True,
    "system": [{"type": "text", "text": "x" * 120_000, "cache_control": {"type": "ephemeral"}}],
    "messages": [{"role": "user", "content": "Say hello."}],
    "metadata": {"user_id": json.dumps({"device_id": "d", "account_uuid": "a", "session_id": SESSION})},
}


def visit(port: int, method: str, path: str, body: object = None) -> tuple[int, str]:
    """Status and text of the answer."""
    sent = None if body is None else json.dumps(body)
    headers = HEADERS if sent else {"User-Agent": HEADERS["User-Agent"]}
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, sent, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


async def test_it_finds_payback_there_and_that_is_no_call(payback: Payback, upstream: Upstream) -> None:
    assert await asyncio.to_thread(visit, payback.port, "HEAD", "/") == (200, "")
    assert (upstream.received, payback.rows()) == ([], [])


async def test_its_message_goes_on_with_its_query_and_its_beta_headers(
    payback: Payback, upstream: Upstream
) -> None:
    _, events = await asyncio.to_thread(visit, payback.port, "POST", "/v1/messages?beta=true", LARGE)
    assert events.endswith('data: {"type":"message_stop"}\n\n')
    sent = upstream.only
    assert sent.target == "/v1/messages?beta=true"
    assert json.loads(sent.body) == LARGE
    assert sent.head.value("anthropic-beta") == HEADERS["anthropic-beta"].encode()
    assert sent.head.value("x-api-key") == HEADERS["x-api-key"].encode()
    assert "x-payback-workload" not in sent.head.names


async def test_its_row_has_its_session_and_its_workload(payback: Payback) -> None:
    await asyncio.to_thread(visit, payback.port, "POST", "/v1/messages?beta=true", LARGE)
    row = await payback.row()
    tokens = (INPUT_TOKENS, OUTPUT_TOKENS)
    assert told(row) == Told(model="claude-sonnet-4-5", client="claude-cli", tokens=tokens)
    who = row.call.who
    assert (row.call.upstream, who.workload, who.session) == ("anthropic", "coding", SESSION)


async def test_it_runs_against_a_local_model_too(before_llama: Payback) -> None:
    small = {"model": MODEL, "max_tokens": SAID_TOKENS, "messages": MESSAGES, "stream": True}
    counting = {"model": MODEL, "messages": MESSAGES}
    await asyncio.to_thread(visit, before_llama.port, "POST", "/v1/messages/count_tokens?beta=true", counting)
    await asyncio.to_thread(visit, before_llama.port, "POST", "/v1/messages?beta=true", small)
    counted, answered = await before_llama.ended(2)
    assert counted.pricing is Pricing.NOT_BILLED
    assert told(answered).tokens[1] == SAID_TOKENS
