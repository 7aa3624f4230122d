"""LiteLLM's library, speaking OpenAI's API and Anthropic's."""

import json
from dataclasses import replace

from tests.clients.greedy import MESSAGES, MODEL, SAID_TOKENS, TOKENS, text_of
from tests.clients.programs import run_framework
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.running import Payback

PROGRAM = """
import asyncio, json
import litellm

litellm.suppress_debug_info = True  # it prints about models that it does not know
URL = "http://127.0.0.1:{port}"
ASKED = dict(messages={messages!r}, temperature=0, max_tokens={tokens}, api_key="k", num_retries=0)
OPENAI = dict(model="openai/{model}", api_base=URL + "/v1", **ASKED)
ANTHROPIC = dict(model="anthropic/{model}", api_base=URL, **ASKED)

async def collected():
    return [piece async for piece in await litellm.acompletion(**OPENAI, stream=True)]

def said(pieces):
    return [piece.choices[0].delta.content for piece in pieces if piece.choices[0].delta.content]

print(json.dumps([
    said(litellm.completion(**OPENAI, stream=True)),
    said(asyncio.run(collected())),
    [litellm.completion(**OPENAI).choices[0].message.content],
    said(litellm.completion(**ANTHROPIC, stream=True)),
    [litellm.completion(**ANTHROPIC).choices[0].message.content],
]))
"""
STREAM = Told(model=MODEL, client="OpenAI/Python", tokens=TOKENS)


async def test_every_way_to_call_litellm_works_unchanged_and_has_its_tokens_in_the_ledger(
    llama_server: LlamaServer, before_llama: Payback
) -> None:
    program = PROGRAM.format(port=before_llama.port, model=MODEL, tokens=SAID_TOKENS, messages=MESSAGES)
    calls = json.loads(await run_framework("litellm", program))
    assert ["".join(pieces) for pieces in calls] == [text_of(llama_server)] * 5
    assert [len(pieces) > 1 for pieces in calls] == [True, True, False, True, False]
    assert [told(row) for row in await before_llama.ended(5)] == [
        STREAM,
        replace(STREAM, client="AsyncOpenAI/Python"),
        replace(STREAM, stream=False),
        replace(STREAM, client="litellm"),
        replace(STREAM, client="litellm", stream=False),
    ]
