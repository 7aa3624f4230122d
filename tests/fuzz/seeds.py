"""Good examples: bodies as they were recorded, and requests and files written for this."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.fuzz.target import Seed
from tests.proxy.bodies import ASKED_EVENTS, CHAT_ANSWER, CHAT_REQUEST, PLAIN_EVENTS, STREAM_REQUEST, compact
from tests.proxy.recorded import recorded

LONGEST_RECORDED_BYTES = 48 << 10
"""Longer ones are few, and take the time of many."""


@cache
def answers(suffix: str) -> Sequence[Seed]:
    """Recorded ones, named by their dialect: .json, .sse or .ndjson."""
    found = [Seed(told.name.partition("/")[0], told.body) for told in recorded(suffix)]
    own = {".json": [CHAT_ANSWER], ".sse": [b"".join(PLAIN_EVENTS), b"".join(ASKED_EVENTS)]}
    more = [Seed("openai_chat", body) for body in own.get(suffix, ())]
    return [seed for seed in [*found, *more] if len(seed.data) <= LONGEST_RECORDED_BYTES]


_TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
_PNG = "data:image/png;base64,iVBORw0KGgo="
_REQUESTS: Sequence[tuple[str, dict[str, Any]]] = (
    ("openai_chat", {"stream": True, "stream_options": {"include_usage": False}, "user": "ana"}),
    ("openai_chat", {"stream": True, "stream_options": None, "metadata": {"team": "a", "n": 3}}),
    ("openai_chat", {"tools": [_TOOL], "modalities": ["text", "audio"], "service_tier": "flex"}),
    ("openai_chat", {"messages": [{"role": "user", "content": [
        {"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": _PNG}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg=="}},
    ]}]}),
    ("openai_completions", {"prompt": ["a", "b"], "stream": False, "max_tokens": 16}),
    ("openai_embeddings", {"input": ["a", "b", [1, 2, 3]], "dimensions": 8}),
    ("openai_responses", {"input": [
        {"role": "user", "content": [{"type": "input_text", "text": "hi"}, {"type": "input_image"}]},
        {"type": "function_call_output", "output": [{"type": "input_file"}]},
        {"type": "item_reference", "id": "i"},
    ], "previous_response_id": "resp_1", "tools": [{"type": "web_search"}]}),
    ("openai_images", {"prompt": "a cat", "n": 2, "size": "1024x1024", "quality": "high"}),
    ("openai_speech", {"input": "Good morning \u05e9\u05dc\u05d5\u05dd", "voice": "alloy"}),
    ("openai_moderations", {"input": "x"}),
    ("rerank", {"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1}),
    ("anthropic_messages", {"system": [{"type": "text", "text": "be brief"}], "max_tokens": 64,
        "metadata": {"user_id": "user_5dd0_account__session_d2e7"}, "messages": [{"role": "user", "content": [
            {"type": "document", "source": {"type": "content", "content": [{"type": "image", "source": {}}]}},
            {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "42"}]},
    ]}], "tools": [{"name": "f", "input_schema": {}}]}),
    ("gemini", {"contents": [{"role": "user", "parts": [
        {"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        {"functionResponse": {"parts": [{"inlineData": {"mimeType": "audio/wav"}}]}},
    ]}], "generationConfig": {"responseModalities": ["AUDIO"]}, "cachedContent": "c/1"}),
    ("ollama_chat", {"messages": [{"role": "user", "content": "hi", "images": ["aGk="]}], "stream": False}),
    ("ollama_generate", {"prompt": "hi", "images": ["aGk="], "raw": True}),
    ("ollama_embed", {"input": ["a", "b"]}),
)  # fmt: skip


def requests() -> Sequence[Seed]:
    """Bodies, named by the dialect in which they ask."""
    user = {"model": "small-model", "messages": [{"role": "user", "content": "hi \U0001f4a9 \u05d0"}]}
    bodies = [Seed(name, compact({**user, **more})) for name, more in _REQUESTS]
    plain = [Seed("openai_chat", body) for body in (CHAT_REQUEST, STREAM_REQUEST)]
    spaced = [Seed(name, json.dumps({**user, **more}, indent=1).encode()) for name, more in _REQUESTS[:4]]
    return [*bodies, *plain, *spaced, Seed("openai_transcriptions", FORM)]


FORM_TYPE = 'multipart/form-data; boundary="x-y"'
FORM = (
    b'--x-y\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--x-y\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
    b"Content-Type: audio/wav\r\n\r\n"
    b"RIFF\x00\x01\x02\r\n"
    b"--x-y\r\nContent-Disposition: form-data; name=stream\r\n\r\ntrue\r\n--x-y--\r\n"
)
