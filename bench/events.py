"""Stream events that carry the time they were written: rendered by the upstream, read by the listeners.

The time is time.monotonic_ns(), which all processes of one machine share. No I/O."""

import json
from collections.abc import Iterator

from bench.wire import COMPLETION_TOKENS, PROMPT_TOKENS

DONE = b"data: [DONE]\n\n"

_MARK = "@"


def _event(choices: list[object], **more: object) -> bytes:
    chunk = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": "gpt-4o-2024-08-06",
        "choices": choices,
        **more,
    }
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


_CONTENT_HEAD, _, _CONTENT_TAIL = _event(
    [{"index": 0, "delta": {"content": _MARK + _MARK}, "finish_reason": None}]
).partition(b"@@")

FINISH = _event([{"index": 0, "delta": {}, "finish_reason": "stop"}])

USAGE = _event(
    [],
    usage={
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": COMPLETION_TOKENS,
        "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
    },
)
"""Sent last, and only to a request that asked for it (stream_options.include_usage)."""


def stamped(now_ns: int) -> bytes:
    """One content event, written at *now_ns*."""
    return b"%b@%d@%b" % (_CONTENT_HEAD, now_ns, _CONTENT_TAIL)


def chunked(event: bytes) -> bytes:
    """As one chunk of HTTP/1.1's chunked coding."""
    return b"%x\r\n%b\r\n" % (len(event), event)


class StampReader:
    """Body bytes in, times of writing out; wherever the bytes are cut."""

    def __init__(self) -> None:
        self.done = False
        """[DONE] has come."""
        self._kept = b""

    def feed(self, body: bytes) -> Iterator[int]:
        *events, self._kept = (self._kept + body).split(b"\n\n")
        for event in events:
            parts = event.split(b"@")
            if len(parts) == 3:
                yield int(parts[1])
            elif event == DONE.rstrip():
                self.done = True
