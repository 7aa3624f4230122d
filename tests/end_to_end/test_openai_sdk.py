"""An application with openai's SDK gets what it would get without payback, and the ledger has its tokens."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI, OpenAI

from ledger.call import Entry, Outcome, Pricing, State
from ledger.money import NANO_PER_USD
from tests.llama.fixtures import MODEL_NAME
from tests.llama.test_llama_server import HELLO_TOKENS, WEATHER
from tests.proxy.running import Payback

MESSAGES: Any = [{"role": "user", "content": "hello there"}]
CHAT: Any = {"model": MODEL_NAME, "messages": MESSAGES}
KEY = "sk-of-the-application"


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0) as made:
        yield made


def tokens(row: Entry) -> tuple[int, int, int | None]:
    """Input, output, and how many of the input were cached."""
    assert row.call.usage is not None
    return row.call.usage.input_tokens, row.call.usage.output_tokens, row.call.usage.cache_read_tokens


def counted(usage: Any) -> tuple[int, int, int | None]:
    """The same of what the SDK shows."""
    details = usage.prompt_tokens_details
    return usage.prompt_tokens, usage.completion_tokens, details.cached_tokens if details else None


def cost_by_hand(row: Entry) -> int:
    """In nano-USD: 1000 for a token of input, 100 for a cached one, 10000 for one of output."""
    sent, said, cached = tokens(row)
    return (sent - (cached or 0)) * 1000 + (cached or 0) * 100 + said * 10_000


async def test_tokens_and_cost_of_a_chat_are_in_the_ledger(client: AsyncOpenAI, payback: Payback) -> None:
    answer = await client.chat.completions.with_raw_response.create(**CHAT, max_tokens=7)
    parsed = answer.parse()
    assert parsed.choices[0].finish_reason == "length"
    row = await payback.row()
    assert tokens(row) == counted(parsed.usage)
    assert tokens(row)[:2] == (HELLO_TOKENS, 7)
    assert (row.call.outcome, row.pricing, row.list_cost) == (Outcome.OK, Pricing.PRICED, cost_by_hand(row))
    assert Decimal(answer.headers["X-Payback-Cost-Usd"]) * NANO_PER_USD == row.list_cost
    assert (row.call.who.client, row.call.response_model) == ("AsyncOpenAI/Python", MODEL_NAME)
    assert (row.call.who.key or "").startswith("key-")


async def test_a_stream_without_include_usage_has_no_event_without_choices_and_its_tokens_in_the_ledger(
    client: AsyncOpenAI, payback: Payback
) -> None:
    stream = await client.chat.completions.create(**CHAT, max_tokens=9, stream=True)
    chunks = [chunk async for chunk in stream]
    assert all(len(chunk.choices) == 1 for chunk in chunks)
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "length"
    row = await payback.row()
    assert tokens(row)[:2] == (HELLO_TOKENS, 9)
    assert (row.call.stream, row.call.outcome, row.list_cost) == (True, Outcome.OK, cost_by_hand(row))


async def test_a_stream_with_include_usage_shows_the_ledgers_tokens_to_the_application(
    client: AsyncOpenAI, payback: Payback
) -> None:
    stream = await client.chat.completions.create(
        **CHAT, max_tokens=5, stream=True, stream_options={"include_usage": True}
    )
    *_, last = [chunk async for chunk in stream]
    assert last.choices == []
    assert counted(last.usage) == tokens(await payback.row())


@pytest.mark.parametrize("include_usage", [None, True, False])
async def test_a_completion_streams_the_usage_that_its_server_sends_unasked(
    include_usage: bool | None, client: AsyncOpenAI, payback: Payback
) -> None:
    """llama.cpp puts it beside the last choice, so there is nothing to hide."""
    options: Any = {} if include_usage is None else {"stream_options": {"include_usage": include_usage}}
    stream = await client.completions.create(
        model=MODEL_NAME, prompt="hello", max_tokens=5, stream=True, **options
    )
    *chunks, last = [chunk async for chunk in stream]
    assert all(chunk.usage is None for chunk in chunks)
    row = await payback.row()
    assert counted(last.usage) == tokens(row)
    assert (row.call.operation, row.list_cost) == ("text_completion", cost_by_hand(row))


async def test_a_completion_that_is_not_streamed_is_metered(client: AsyncOpenAI, payback: Payback) -> None:
    answer = await client.completions.create(model=MODEL_NAME, prompt="hello", max_tokens=3)
    assert counted(answer.usage) == tokens(await payback.row())


@pytest.mark.parametrize("encoding", ["float", "base64"])
async def test_embeddings_are_metered(encoding: Any, client: AsyncOpenAI, payback: Payback) -> None:
    texts = ["hello there", "x"]
    answer = await client.embeddings.create(model=MODEL_NAME, input=texts, encoding_format=encoding)
    assert answer.usage.prompt_tokens == 10
    row = await payback.row()
    assert (row.call.operation, tokens(row), row.list_cost) == ("embeddings", (10, 0, None), 10_000)


async def test_embeddings_too_long_to_be_held_in_memory_are_metered(
    client: AsyncOpenAI, payback: Payback
) -> None:
    """More than 256 KiB: 250 vectors of 64 numbers, with usage before them."""
    answer = await client.embeddings.create(model=MODEL_NAME, input=["x"] * 250, encoding_format="float")
    assert len(answer.data) == 250
    row = await payback.row()
    assert tokens(row) == (answer.usage.prompt_tokens, 0, None) == (500, 0, None)


@pytest.mark.parametrize("stream", [False, True])
async def test_tools_are_passed_on_and_their_tokens_counted(
    stream: bool, client: AsyncOpenAI, payback: Payback
) -> None:
    from tests.llama.tiny_model import TOOL_CALL_BIAS  # needs gguf, which may be missing

    forced: Any = {"tools": [WEATHER], "tool_choice": "required", "logit_bias": TOOL_CALL_BIAS}
    if stream:
        chunks = await client.chat.completions.create(**CHAT, **forced, max_tokens=300, stream=True)
        deltas = [chunk.choices[0].delta async for chunk in chunks]
        names = [call.function.name for delta in deltas for call in delta.tool_calls or [] if call.function]
    else:
        answer = await client.chat.completions.create(**CHAT, **forced, max_tokens=300)
        names = [call.function.name for call in answer.choices[0].message.tool_calls or []]
        assert counted(answer.usage) == tokens(await payback.row())
    assert names[0] == "weather"
    assert tokens(await payback.row())[0] > 4 * HELLO_TOKENS


async def test_the_sdk_without_asyncio_works_as_well(base_url: str, payback: Payback) -> None:
    def chat() -> int:
        with OpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
            answer = client.chat.completions.create(**CHAT, max_tokens=3)
            with client.chat.completions.create(**CHAT, max_tokens=4, stream=True) as stream:
                return len([chunk for chunk in stream if chunk.choices]) if answer.usage else 0

    assert await asyncio.to_thread(chat) >= 4
    assert [tokens(row)[:2] for row in await payback.ended(2)] == [(HELLO_TOKENS, 3), (HELLO_TOKENS, 4)]


async def test_twenty_streams_in_a_row_and_eight_at_once_all_succeed(
    client: AsyncOpenAI, payback: Payback
) -> None:
    """llama.cpp closes the connection after a stream that it had promised to keep."""

    async def stream(number: int) -> None:
        chunks = await client.chat.completions.create(**CHAT, max_tokens=number, stream=True)
        assert [chunk async for chunk in chunks][-1].choices[0].finish_reason == "length"

    for number in range(1, 21):
        await stream(number)
    await asyncio.gather(*[stream(30 + number) for number in range(8)])
    rows = await payback.ended(28)
    assert {row.call.outcome for row in rows} == {Outcome.OK}
    expected = [*range(1, 21), *range(30, 38)]
    assert sorted(tokens(row)[1] for row in rows) == expected
    assert all(row.list_cost == cost_by_hand(row) for row in rows)


async def test_an_error_of_the_server_is_the_sdks_own_error(client: AsyncOpenAI, payback: Payback) -> None:
    with pytest.raises(APIStatusError) as raised:
        await client.chat.completions.create(**CHAT, extra_body={"response_format": {"type": "nothing"}})
    row = await payback.row()
    assert (row.call.outcome, row.call.http_status) == (Outcome.UPSTREAM_ERROR, raised.value.status_code)
    assert (row.state, row.pricing) == (State.ENDED, Pricing.UNPRICED)


async def test_the_list_of_models_passes_and_costs_nothing(client: AsyncOpenAI, payback: Payback) -> None:
    assert [model.id async for model in client.models.list()] == [MODEL_NAME]
    row = await payback.row()
    assert (row.call.operation, row.call.http_request) == ("other", "GET /v1/models")
    assert row.pricing is Pricing.NOT_BILLED
