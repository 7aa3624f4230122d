"""A scripted upstream that answers every call with "Hello!", in the form that its provider documents.

Sources, read 2026-11-22: https://platform.openai.com/docs/api-reference/chat-streaming and
.../responses-streaming; https://platform.claude.com/docs/en/build-with-claude/streaming;
https://docs.ollama.com/api/chat, .../generate and .../embed. 11 tokens in, 5 out; for embeddings 11 in, and
of a response's 11 are 4 from the cache."""

import json
from typing import Any

from tests.proxy.bodies import (
    ASKED_EVENTS,
    DONE,
    USAGE,
    chat_answer,
    chunk,
    compact,
)
from tests.proxy.message import message
from tests.proxy.upstream import Visit

PIECES = ("Hel", "lo!")
TEXT = "".join(PIECES)
INPUT_TOKENS, OUTPUT_TOKENS = USAGE["prompt_tokens"], USAGE["completion_tokens"]
CACHED_TOKENS = 4
JSON = ("Content-Type", "application/json")
_DURATIONS_NS = {
    "total_duration": 300_000_000,
    "load_duration": 100_000_000,
    "prompt_eval_duration": 50_000_000,
    "eval_duration": 150_000_000,
}


async def answer(visit: Visit) -> None:
    """An answer to any of the calls that tests make; one to another path is a fault of the test."""
    path = visit.received.target.partition("?")[0]
    asked = json.loads(visit.received.body)
    match path:
        case "/v1/chat/completions":
            await _chat(visit, asked)
        case "/v1/responses":
            await visit.stream(*(_event(**event) for event in response_events(asked["model"])), b"")
        case "/v1/messages":
            await _message(visit, asked)
        case "/v1/messages/count_tokens":
            await visit.answer(compact({"input_tokens": INPUT_TOKENS}), JSON)
        case "/api/chat" | "/api/generate":
            await _ollama(visit, asked, path)
        case "/api/embed":
            vectors = {"embeddings": [[0.5, -0.5]], "prompt_eval_count": INPUT_TOKENS}
            await visit.answer(compact({"model": asked["model"], **vectors, **_DURATIONS_NS}), JSON)
        case _:
            raise AssertionError(f"no answer for {path}")


async def _chat(visit: Visit, asked: dict[str, Any]) -> None:
    if not asked.get("stream"):
        await visit.answer(chat_answer(content=TEXT), JSON)
    elif (asked.get("stream_options") or {}).get("include_usage"):
        await visit.stream(*ASKED_EVENTS, b"")
    else:
        await visit.stream(*(chunk(piece) for piece in PIECES), DONE, b"")


async def _message(visit: Visit, asked: dict[str, Any]) -> None:
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"]}
    usage = {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
    if not asked.get("stream"):
        whole = {
            "content": [{"type": "text", "text": TEXT}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
        }
        await visit.answer(compact({**start, **whole, "usage": usage}), JSON)
        return
    begun: dict[str, Any] = {
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    await visit.stream(
        _event("message_start", message={**start, **begun}),
        _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        _event("ping"),
        *(_event("content_block_delta", index=0, delta={"type": "text_delta", "text": p}) for p in PIECES),
        _event("content_block_stop", index=0),
        _event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=usage),
        _event("message_stop"),
        b"",
    )


def response_events(model: str) -> list[dict[str, Any]]:
    """Of one response: over HTTP each is an event, over a WebSocket a message."""
    details = {"cached_tokens": CACHED_TOKENS}, {"reasoning_tokens": 0}
    counts = {"input_tokens": INPUT_TOKENS, "input_tokens_details": details[0]}
    counts |= {"output_tokens": OUTPUT_TOKENS, "output_tokens_details": details[1]}
    content = [{"type": "output_text", "text": TEXT, "annotations": []}]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    response = {"id": "resp_1", "object": "response", "created_at": 1790000000, "model": model}
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    usage = {**counts, "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS}
    ended = {**response, "status": "completed", "output": [item], "usage": usage}
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0}
    return [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        *({**delta, "delta": piece} for piece in PIECES),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": ended},
    ]


def _event(type: str, **more: Any) -> bytes:  # noqa: A002  # as the member is called
    return b"event: %s\ndata: %s\n\n" % (type.encode(), compact({"type": type, **more}))


async def _ollama(visit: Visit, asked: dict[str, Any], path: str) -> None:
    """A stream of lines unless the request declines it."""
    line = {"model": asked["model"], "created_at": "2026-11-22T10:00:00.000000Z"}
    counts = {"done_reason": "stop", **_DURATIONS_NS}
    counts |= {"prompt_eval_count": INPUT_TOKENS, "eval_count": OUTPUT_TOKENS}
    if asked.get("stream", True) is False:
        await visit.answer(compact({**line, **_said(path, TEXT), "done": True, **counts}), JSON)
        return
    lines = [{**line, **_said(path, piece), "done": False} for piece in PIECES]
    lines.append({**line, **_said(path, ""), "done": True, **counts})
    head = [("Content-Type", "application/x-ndjson"), ("Transfer-Encoding", "chunked")]
    await visit.send(message("HTTP/1.1 200 OK", head))
    for text in [*(compact(each) + b"\n" for each in lines), b""]:
        await visit.send(b"%x\r\n%s\r\n" % (len(text), text))


def _said(path: str, text: str) -> dict[str, Any]:
    if path == "/api/generate":
        return {"response": text}
    return {"message": {"role": "assistant", "content": text}}
