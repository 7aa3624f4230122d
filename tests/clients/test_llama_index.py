"""LlamaIndex's OpenAILike, over chat and over plain completions."""

import json
from dataclasses import replace

from tests.clients.greedy import MODEL, PROMPT, SAID_TOKENS, TOKENS, text_of
from tests.clients.programs import run_framework
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.running import Payback

PROGRAM = """
import asyncio, json
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

def model(is_chat):
    url = "http://127.0.0.1:{port}/v1"
    return OpenAILike(
        model={model!r}, api_base=url, api_key="k", is_chat_model=is_chat, max_retries=0,
        temperature=0, max_tokens={tokens},
    )

async def collected():
    return [piece.delta async for piece in await model(True).astream_complete({prompt!r})]

message = ChatMessage(role="user", content={prompt!r})
print(json.dumps([
    [piece.delta for piece in model(True).stream_complete({prompt!r})],
    [piece.delta for piece in model(True).stream_chat([message])],
    asyncio.run(collected()),
    [model(True).complete({prompt!r}).text],
    [piece.delta for piece in model(False).stream_complete({prompt!r})],
]))
"""
STREAM = Told(model=MODEL, client="OpenAI/Python", tokens=TOKENS)
COMPLETION_TOKENS = (8, SAID_TOKENS)
"""By hand: BOS; he l l o, space the re."""


async def test_every_way_to_call_openai_like_works_unchanged_and_has_its_tokens_in_the_ledger(
    llama_server: LlamaServer, before_llama: Payback
) -> None:
    program = PROGRAM.format(port=before_llama.port, model=MODEL, tokens=SAID_TOKENS, prompt=PROMPT)
    *chats, completion = json.loads(await run_framework("llama_index/llms/openai_like", program))
    assert ["".join(pieces) for pieces in chats] == [text_of(llama_server)] * 4
    assert [len(pieces) > 1 for pieces in [*chats, completion]] == [True, True, True, False, True]
    assert [told(row) for row in await before_llama.ended(5)] == [
        STREAM,
        STREAM,
        replace(STREAM, client="AsyncOpenAI/Python"),
        replace(STREAM, stream=False),
        replace(STREAM, operation="text_completion", tokens=COMPLETION_TOKENS),
    ]
