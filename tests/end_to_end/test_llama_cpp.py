"""The server's own books and payback's agree, and a client that leaves frees the server's slot."""

import time
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from ledger.call import Outcome, UsageBasis
from tests.llama.fixtures import MODEL_NAME, LlamaServer
from tests.llama.test_llama_server import HELLO_TOKENS, LONG_TOKENS, busy_slots, metrics
from tests.proxy.running import Payback, configuration, eventually, running

CHAT: Any = {"model": MODEL_NAME, "messages": [{"role": "user", "content": "hello there"}]}


async def idle(server: LlamaServer) -> None:
    await eventually(lambda: busy_slots(server) == 0, within_s=10)


async def test_the_ledgers_tokens_are_those_that_the_server_counts_for_itself(
    base_url: str, llama_server: LlamaServer, payback: Payback
) -> None:
    await idle(llama_server)
    before = metrics(llama_server)
    async with AsyncOpenAI(base_url=base_url, api_key="k", max_retries=0) as client:
        for number in (1, 17, 40):
            await client.chat.completions.create(**CHAT, max_tokens=number)
            async for _ in await client.chat.completions.create(**CHAT, max_tokens=number, stream=True):
                pass
            await client.completions.create(model=MODEL_NAME, prompt="a b c", max_tokens=number)
        await client.embeddings.create(model=MODEL_NAME, input=["hello", "there"])
    usages = [row.call.usage for row in await payback.ended(10)]
    grown = {name: value - before[name] for name, value in metrics(llama_server).items()}
    assert None not in usages
    sent = sum(usage.input_tokens for usage in usages if usage)
    cached = sum(usage.cache_read_tokens or 0 for usage in usages if usage)
    said = sum(usage.output_tokens for usage in usages if usage)
    assert said == grown["tokens_predicted_total"] == 3 * (1 + 17 + 40)
    # llama.cpp leaves cached tokens out of prompt_tokens_total.
    assert sent == grown["prompt_tokens_total"] + grown["prompt_tokens_cached_total"]
    assert cached == grown["prompt_tokens_cached_total"]


async def test_a_client_that_leaves_within_a_stream_frees_the_servers_slot(
    base_url: str, llama_server: LlamaServer, payback: Payback
) -> None:
    await idle(llama_server)
    async with AsyncOpenAI(base_url=base_url, api_key="k", max_retries=0) as client:
        stream = await client.chat.completions.create(**CHAT, max_tokens=LONG_TOKENS, stream=True)
        seen = 0
        async for _ in stream:
            seen += 1
            if seen == 20:
                break
        assert busy_slots(llama_server) == 1
        await stream.close()
        left_s = time.monotonic()
    await idle(llama_server)
    assert time.monotonic() - left_s < 2, "the server went on for a client that is gone"
    row = await payback.row()
    assert (row.call.outcome, row.call.usage_basis) == (Outcome.CLIENT_LEFT, UsageBasis.PARTIAL)
    assert row.call.usage is not None
    assert row.call.usage.output_tokens >= 20


async def test_a_stream_that_may_not_be_asked_for_usage_is_metered_by_its_timings(
    llama_server: LlamaServer, tmp_path: Path
) -> None:
    table = configuration(llama_server, lab={"include_usage": False})
    async with running(tmp_path, table) as payback:
        base_url = f"http://127.0.0.1:{payback.port}/v1"
        async with AsyncOpenAI(base_url=base_url, api_key="k", max_retries=0) as client:
            async for _ in await client.chat.completions.create(**CHAT, max_tokens=6, stream=True):
                pass
        usage = (await payback.row()).call.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (HELLO_TOKENS, 6)
