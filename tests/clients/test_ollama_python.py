"""ollama's library: a stream of lines in the form that Ollama documents."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from ollama import AsyncClient, Client

from tests.clients.programs import run_python
from tests.clients.provider import INPUT_TOKENS, OUTPUT_TOKENS, PIECES, TEXT
from tests.clients.rows import Told, told
from tests.proxy.running import Payback

MODEL = "llama3:8b"
MESSAGES = [{"role": "user", "content": "Say hello."}]
STREAM = Told(model=MODEL, client="ollama-python", tokens=(INPUT_TOKENS, OUTPUT_TOKENS))
WHOLE = replace(STREAM, stream=False)


@pytest.fixture
async def client(payback: Payback) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(host=f"http://127.0.0.1:{payback.port}") as made:
        yield made


async def test_the_lines_of_a_chat_arrive_in_order_the_last_with_its_counts(
    client: AsyncClient, payback: Payback
) -> None:
    parts = [part async for part in await client.chat(model=MODEL, messages=MESSAGES, stream=True)]
    assert [part.message.content for part in parts] == [*PIECES, ""]
    assert (parts[-1].prompt_eval_count, parts[-1].eval_count) == STREAM.tokens
    row = await payback.row()
    assert told(row) == STREAM
    assert row.call.timings is not None


async def test_a_chat_without_asyncio_and_without_a_stream_is_metered(payback: Payback) -> None:
    def chat() -> str:
        with Client(host=f"http://127.0.0.1:{payback.port}") as client:
            return str(client.chat(model=MODEL, messages=MESSAGES).message.content)

    assert await asyncio.to_thread(chat) == TEXT
    assert told(await payback.row()) == WHOLE


@pytest.mark.parametrize("stream", [False, True])
async def test_text_that_is_generated_is_metered(stream: bool, client: AsyncClient, payback: Payback) -> None:
    if stream:
        parts = [part async for part in await client.generate(model=MODEL, prompt="Hi", stream=True)]
        assert "".join(str(part.response) for part in parts) == TEXT
    else:
        assert (await client.generate(model=MODEL, prompt="Hi")).response == TEXT
    assert told(await payback.row()) == replace(STREAM, operation="text_completion", stream=stream)


async def test_embeddings_are_metered(client: AsyncClient, payback: Payback) -> None:
    answer = await client.embed(model=MODEL, input="Hi")
    assert list(answer.embeddings[0]) == [0.5, -0.5]
    assert told(await payback.row()) == replace(WHOLE, operation="embeddings", tokens=(INPUT_TOKENS, 0))


async def test_what_reads_ollama_host_follows_it(payback: Payback) -> None:
    """The library's own functions, which make their client when they are imported."""
    program = f"""
import os
os.environ["OLLAMA_HOST"] = "127.0.0.1:{payback.port}"
import ollama
print(ollama.chat(model="{MODEL}", messages={MESSAGES}).message.content)
"""
    assert await run_python(program) == f"{TEXT}\n"
    assert told(await payback.row()) == WHOLE
