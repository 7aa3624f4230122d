"""LangChain's ChatOpenAI with a base URL: it streams without asking for usage, and may be told to ask."""

import json
from dataclasses import replace

from tests.clients.greedy import MODEL, PROMPT, SAID_TOKENS, TOKENS, text_of
from tests.clients.programs import run_framework
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.running import Payback

PROGRAM = """
import asyncio, json
from langchain_openai import ChatOpenAI

def model(**more):
    url = "http://127.0.0.1:{port}/v1"
    return ChatOpenAI(
        model={model!r}, base_url=url, temperature=0, max_tokens={tokens}, max_retries=0, **more
    )

async def collected(pieces):
    return [piece async for piece in pieces]

def seen(pieces):
    used = [piece.usage_metadata for piece in pieces if piece.usage_metadata]
    said = [piece.content for piece in pieces if piece.content]
    return said, [[one["input_tokens"], one["output_tokens"]] for one in used]

print(json.dumps([
    seen(list(model().stream({prompt!r}))),
    seen(list(model(stream_usage=True).stream({prompt!r}))),
    seen(asyncio.run(collected(model().astream({prompt!r})))),
    seen([model().invoke({prompt!r})]),
]))
"""
STREAM = Told(model=MODEL, client="OpenAI/Python", tokens=TOKENS)


async def test_every_way_to_call_chat_openai_works_unchanged_and_has_its_tokens_in_the_ledger(
    llama_server: LlamaServer, before_llama: Payback
) -> None:
    program = PROGRAM.format(port=before_llama.port, model=MODEL, tokens=SAID_TOKENS, prompt=PROMPT)
    calls = json.loads(await run_framework("langchain_openai", program))
    assert ["".join(said) for said, _ in calls] == [text_of(llama_server)] * 4
    assert [len(said) > 1 for said, _ in calls] == [True, True, True, False]
    assert [used for _, used in calls] == [[], [list(TOKENS)], [], [list(TOKENS)]]
    assert [told(row) for row in await before_llama.ended(4)] == [
        STREAM,
        STREAM,
        replace(STREAM, client="AsyncOpenAI/Python"),
        replace(STREAM, stream=False),
    ]
