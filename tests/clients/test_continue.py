"""Continue's command line itself, `cn -p`, with the configuration of docs/clients.md."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.call import Outcome
from tests.clients import provider
from tests.clients.agents import Agent, an_agent
from tests.clients.page import example
from tests.clients.programs import KEY
from tests.clients.provider import INPUT_TOKENS, OUTPUT_TOKENS, TEXT
from tests.clients.rows import Told, told
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream, Visit

NAMED = "ls/JS"
"""What its build leaves of OpenAI/JS; another version may leave something else."""
ANSWERED = Told(model="gpt-4o-mini", client=NAMED, tokens=(INPUT_TOKENS, OUTPUT_TOKENS))
LLAMA = "  - name: Llama 3 through payback\n"


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Agent]:
    async with an_agent(tmp_path / "home") as made:
        yield made


async def cn(agent: Agent, configuration: str) -> str:
    """What it prints. It takes the first model that it is given."""
    file = agent.home / "config.yaml"
    file.write_text(configuration, "utf-8")
    answer = await agent.run("cn", "--config", str(file), "-p", "Say hello.")
    assert agent.names_looked_up <= {"api.continue.dev"}  # its newest version; no setting turns that off
    return answer


async def test_its_call_is_a_row_with_all_that_it_says(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    assert await cn(agent, example("Continue", "yaml", payback.port)) == TEXT
    row = await payback.row()
    assert told(row) == ANSWERED
    assert (row.call.upstream, row.call.http_status, row.call.who.workload) == ("openai", 200, "coding")
    assert (row.call.who.session, row.call.retry_number) == (None, 0)
    assert row.list_cost == 61_000  # 11 * 1.00 + 5 * 10.00
    assert upstream.only.head.value("Authorization") == f"Bearer {KEY}".encode()


async def test_a_model_of_ollama_goes_to_ollama_though_it_is_asked_for_in_openais_api(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    head, _, llama = example("Continue", "yaml", payback.port).partition(LLAMA)
    assert await cn(agent, head.partition("  - name")[0] + LLAMA + llama) == TEXT
    row = await payback.row()
    assert (told(row).model, row.call.upstream) == ("llama3:8b", "ollama")
    assert upstream.only.target == "/v1/chat/completions"


async def test_what_it_repeats_after_an_error_is_the_second_attempt_of_one_call(
    agent: Agent, payback: Payback, upstream: Upstream
) -> None:
    async def busy_at_first(visit: Visit) -> None:
        if len(upstream.received) == 1:
            await visit.answer(b"{}", provider.JSON, ("retry-after-ms", "1"), status="503 Busy")
        else:
            await provider.answer(visit)

    upstream.script = busy_at_first
    assert await cn(agent, example("Continue", "yaml", payback.port)) == TEXT
    failed, answered = await payback.ended(2)
    assert (failed.call.outcome, failed.call.http_status) == (Outcome.UPSTREAM_ERROR, 503)
    assert told(answered) == ANSWERED
    assert [row.call.retry_number for row in (failed, answered)] == [0, 1]
    assert answered.call.logical_call_id == failed.call.call_id
