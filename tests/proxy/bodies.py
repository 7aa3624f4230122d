"""Requests and answers that tests share, small enough to count by hand."""

import json
from typing import Any

CHAT, COMPLETIONS, EMBEDDINGS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
MODEL = "small-model"


def compact(document: Any) -> bytes:
    """As OpenAI's SDKs write JSON."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def chat_request(**more: Any) -> bytes:
    return compact({"model": MODEL, "messages": [{"role": "user", "content": "hi"}], **more})


USAGE = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
COST_USD = "0.000061"
"""Of USAGE at the price of running.PRICE: 11 * 1.00 + 5 * 10.00 = 61 millionths."""


def chat_answer(usage: Any = USAGE, content: str = "Hello!") -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1790000000, "model": MODEL}
    return compact({**answer, "choices": [choice], "usage": usage})


CHAT_ANSWER = chat_answer()
CHAT_REQUEST = chat_request()
STREAM_REQUEST = chat_request(stream=True)
ASKED_REQUEST = chat_request(stream=True, stream_options={"include_usage": True})


def chunk(content: str, **more: Any) -> bytes:
    """One event with a piece of the answer."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    return event({**_CHUNK, "choices": [choice], **more})


def event(document: Any) -> bytes:
    return b"data: " + compact(document) + b"\n\n"


_CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": MODEL}
USAGE_EVENT = event({**_CHUNK, "choices": [], "usage": USAGE})
DONE = b"data: [DONE]\n\n"
PLAIN_EVENTS = (chunk("Hel"), chunk("lo!"), DONE)
"""What a server sends to a client that has not asked for usage."""
ASKED_EVENTS = (chunk("Hel", usage=None), chunk("lo!", usage=None), USAGE_EVENT, DONE)
"""What it sends to one that has."""
