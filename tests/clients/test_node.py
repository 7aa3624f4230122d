"""The libraries for Node: openai's, and the Vercel AI SDK with its provider for what is OpenAI-compatible."""

import json
from dataclasses import replace

from tests.clients.greedy import MESSAGES, MODEL, PROMPT, SAID_TOKENS, TOKENS, text_of
from tests.clients.programs import run_node
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.running import Payback

SETTINGS = """
const [baseURL, model, prompt, messages, tokens] = %s;
const said = [];
"""
OPENAI = """
import OpenAI from "openai";

const client = new OpenAI({ baseURL, maxRetries: 0 });
const chat = { model, messages, temperature: 0, max_tokens: tokens };
for (const more of [{}, { stream_options: { include_usage: true } }]) {
  const pieces = [];
  for await (const chunk of await client.chat.completions.create({ ...chat, ...more, stream: true })) {
    if (chunk.choices.length === 0 && !more.stream_options) throw new Error("an event without choices");
    if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
  }
  said.push(pieces);
}
said.push([(await client.chat.completions.create(chat)).choices[0].message.content]);
const asked = { model, input: prompt, temperature: 0, max_output_tokens: tokens };
const pieces = [];
for await (const event of await client.responses.create({ ...asked, stream: true })) {
  if (event.type === "response.output_text.delta") pieces.push(event.delta);
}
said.push(pieces, [(await client.responses.create(asked)).output_text]);
console.log(JSON.stringify(said));
"""
AI_SDK = """
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";

const failed = ({ error }) => { throw error; };
for (const includeUsage of [undefined, true]) {
  const provider = createOpenAICompatible({ name: "payback", baseURL, apiKey: "k", includeUsage });
  const asked = { model: provider(model), prompt, temperature: 0, maxOutputTokens: tokens, maxRetries: 0 };
  const { textStream } = streamText({ ...asked, onError: failed });
  said.push(await collected(textStream));
  if (includeUsage) said.push([(await generateText(asked)).text]);
}
async function collected(pieces) {
  const all = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}
console.log(JSON.stringify(said));
"""
STREAM = Told(model=MODEL, client="OpenAI/JS", tokens=TOKENS)
WHOLE = replace(STREAM, stream=False)


def with_settings(program: str, payback: Payback) -> str:
    url = f"http://127.0.0.1:{payback.port}/v1"
    return SETTINGS % json.dumps([url, MODEL, PROMPT, MESSAGES, SAID_TOKENS]) + program


async def test_every_way_to_call_openais_library_works_unchanged_and_has_its_tokens_in_the_ledger(
    llama_server: LlamaServer, before_llama: Payback
) -> None:
    calls = json.loads(await run_node("openai", with_settings(OPENAI, before_llama)))
    assert ["".join(pieces) for pieces in calls] == [text_of(llama_server)] * 5
    assert [len(pieces) > 1 for pieces in calls] == [True, True, False, True, False]
    assert [told(row) for row in await before_llama.ended(5)] == [STREAM, STREAM, WHOLE, STREAM, WHOLE]


async def test_every_way_to_call_the_ai_sdk_works_unchanged_and_has_its_tokens_in_the_ledger(
    llama_server: LlamaServer, before_llama: Payback
) -> None:
    calls = json.loads(await run_node("@ai-sdk/openai-compatible", with_settings(AI_SDK, before_llama)))
    assert ["".join(pieces) for pieces in calls] == [text_of(llama_server)] * 3
    assert [len(pieces) > 1 for pieces in calls] == [True, True, False]
    assert [told(row) for row in await before_llama.ended(3)] == [
        replace(STREAM, client="ai-sdk/openai-compatible"),
        replace(STREAM, client="ai-sdk/openai-compatible"),
        replace(WHOLE, client="ai"),
    ]
