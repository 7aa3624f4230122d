"""A scripted upstream that answers every call with "Hello!", in the form that its provider documents.

Sources, read 2026-11-22: https://platform.openai.com/docs/api-reference/chat-streaming;
https://platform.claude.com/docs/en/build-with-claude/streaming; https://docs.ollama.com/api/chat,
.../generate and .../embed. 11 tokens in, 5 out; for embeddings 11 in."""

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
        case "/v1/messages":
            await _message(visit, asked)
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


def _event(name: str, **more: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), compact({"type": name, **more}))


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
