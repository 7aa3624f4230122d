"""openai's library: the Responses API, and what tests/end_to_end/test_openai_sdk.py does not ask."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from openai import AsyncOpenAI, OpenAI

from tests.clients.greedy import MESSAGES, MODEL, PROMPT, SAID_TOKENS, TOKENS, text_of
from tests.clients.programs import KEY
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.running import Payback

STREAM = Told(model=MODEL, client="AsyncOpenAI/Python", tokens=TOKENS)
WHOLE = replace(STREAM, stream=False)


@pytest.fixture
def base_url(before_llama: Payback) -> str:
    return f"http://127.0.0.1:{before_llama.port}/v1"


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0) as made:
        yield made


async def test_a_response_is_whole_and_its_tokens_are_in_the_ledger(
    client: AsyncOpenAI, llama_server: LlamaServer, before_llama: Payback
) -> None:
    answer = await client.responses.create(
        model=MODEL, input=PROMPT, temperature=0, max_output_tokens=SAID_TOKENS
    )
    assert answer.output_text == text_of(llama_server)
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == TOKENS
    assert told(await before_llama.row()) == WHOLE


async def test_the_pieces_of_a_streamed_response_arrive_in_order(
    client: AsyncOpenAI, llama_server: LlamaServer, before_llama: Payback
) -> None:
    stream = await client.responses.create(
        model=MODEL, input=PROMPT, temperature=0, max_output_tokens=SAID_TOKENS, stream=True
    )
    events = [event async for event in stream]
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(pieces) > 1
    assert "".join(pieces) == text_of(llama_server)
    assert [event.type for event in events][-1] == "response.completed"
    assert told(await before_llama.row()) == STREAM


async def test_the_librarys_own_stream_of_a_chat_puts_its_pieces_together(
    client: AsyncOpenAI, llama_server: LlamaServer, before_llama: Payback
) -> None:
    asked = client.chat.completions.stream(
        model=MODEL, messages=MESSAGES, temperature=0, max_tokens=SAID_TOKENS
    )
    async with asked as stream:
        whole = [event.snapshot async for event in stream if event.type == "content.delta"][-1]
    assert whole == text_of(llama_server)
    assert told(await before_llama.row()) == STREAM


@pytest.mark.parametrize("include_usage", [False, True])
async def test_a_stream_without_asyncio_arrives_in_order_with_and_without_usage(
    include_usage: bool, base_url: str, llama_server: LlamaServer, before_llama: Payback
) -> None:
    def stream() -> list[str]:
        with OpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
            chunks = client.chat.completions.create(
                model=MODEL, messages=MESSAGES, temperature=0, max_tokens=SAID_TOKENS, stream=True,
                stream_options={"include_usage": include_usage},
            )  # fmt: skip
            seen = list(chunks)
        assert [chunk.choices for chunk in seen].count([]) == (1 if include_usage else 0)
        return [chunk.choices[0].delta.content or "" for chunk in seen if chunk.choices]

    assert "".join(await asyncio.to_thread(stream)) == text_of(llama_server)
    assert told(await before_llama.row()) == replace(STREAM, client="OpenAI/Python")


async def test_embeddings_without_asyncio_are_metered(base_url: str, before_llama: Payback) -> None:
    def embed() -> int:
        with OpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
            return len(client.embeddings.create(model=MODEL, input=[PROMPT, "x"]).data)

    assert await asyncio.to_thread(embed) == 2
    expected = Told(
        operation="embeddings", model=MODEL, client="OpenAI/Python", tokens=(8 + 2, 0), stream=False
    )
    assert told(await before_llama.row()) == expected


async def test_counting_a_responses_tokens_costs_nothing(client: AsyncOpenAI, before_llama: Payback) -> None:
    counted = await client.responses.input_tokens.count(model=MODEL, input=PROMPT)
    assert counted.input_tokens == TOKENS[0]
    row = await before_llama.row()
    assert (row.pricing, row.call.usage, row.call.http_status) == ("not_billed", None, 200)
