"""anthropic's library, in front of llama.cpp, which speaks the Messages API."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from anthropic import Anthropic, APIStatusError, AsyncAnthropic

from ledger.call import Outcome, Pricing
from tests.clients.greedy import MESSAGES, MODEL, SAID_TOKENS, TOKENS, text_of
from tests.clients.programs import KEY
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.running import Payback

GREEDY = {"temperature": 0}
"""The API has it, the library has it no more."""
STREAM = Told(model=MODEL, client="AsyncAnthropic/Python", tokens=TOKENS)


@pytest.fixture
def base_url(before_llama: Payback) -> str:
    """As docs/clients.md gives it: without /v1."""
    return f"http://127.0.0.1:{before_llama.port}"


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=base_url, api_key=KEY, max_retries=0) as made:
        yield made


async def test_a_message_is_whole_and_its_cached_input_counts_as_input(
    client: AsyncAnthropic, llama_server: LlamaServer, before_llama: Payback
) -> None:
    """Of a prompt that was just read, input_tokens is 1: the other 23 are the cache's."""
    said = text_of(llama_server)
    answer = await client.messages.create(
        model=MODEL, messages=MESSAGES, max_tokens=SAID_TOKENS, extra_body=GREEDY
    )
    assert [block.text for block in answer.content if block.type == "text"] == [said]
    usage = answer.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens) == (1, TOKENS[0] - 1)
    row = await before_llama.row()
    assert told(row) == replace(STREAM, stream=False)
    assert row.call.usage is not None
    assert row.call.usage.cache_read_tokens == TOKENS[0] - 1
    # 1 token at 1.00 USD per million, 23 cached ones at 0.10, 12 of output at 10.00, in nano-USD
    assert row.list_cost == 1 * 1000 + 23 * 100 + 12 * 10_000


async def test_the_pieces_of_a_streamed_message_arrive_in_order(
    client: AsyncAnthropic, llama_server: LlamaServer, before_llama: Payback
) -> None:
    asked = client.messages.stream(model=MODEL, messages=MESSAGES, max_tokens=SAID_TOKENS, extra_body=GREEDY)
    async with asked as stream:
        pieces = [text async for text in stream.text_stream]
        finished = await stream.get_final_message()
    assert len(pieces) > 1
    assert "".join(pieces) == text_of(llama_server)
    assert finished.usage.output_tokens == SAID_TOKENS
    assert told(await before_llama.row()) == STREAM


async def test_the_library_without_asyncio_sees_every_event_up_to_the_last(
    base_url: str, before_llama: Payback
) -> None:
    def stream() -> list[str]:
        with Anthropic(base_url=base_url, api_key=KEY, max_retries=0) as client:
            events = client.messages.create(
                model=MODEL, messages=MESSAGES, max_tokens=SAID_TOKENS, stream=True
            )
            return [event.type for event in events]

    first, *_, last = await asyncio.to_thread(stream)
    assert (first, last) == ("message_start", "message_stop")
    assert told(await before_llama.row()) == replace(STREAM, client="Anthropic/Python")


async def test_counting_tokens_costs_nothing(client: AsyncAnthropic, before_llama: Payback) -> None:
    counted = await client.messages.count_tokens(model=MODEL, messages=MESSAGES)
    assert counted.input_tokens == TOKENS[0]
    row = await before_llama.row()
    assert (row.pricing, row.call.usage) == (Pricing.NOT_BILLED, None)


async def test_an_error_of_the_server_is_the_librarys_own_error(
    client: AsyncAnthropic, before_llama: Payback
) -> None:
    with pytest.raises(APIStatusError) as raised:
        await client.messages.create(model=MODEL, messages=[], max_tokens=-5, extra_body={"messages": 1})
    row = await before_llama.row()
    assert (row.call.outcome, row.call.http_status) == (Outcome.UPSTREAM_ERROR, raised.value.status_code)
