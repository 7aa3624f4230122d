"""What goes over the wire: the requests, the fixed answer, and HTTP/1.1 taken apart. No sockets, no clock."""

import json
from collections.abc import Iterator

MODEL = "gpt-4o"
PATH = "/v1/chat/completions"
AUTHORIZATION = "Bearer sk-bench-0000000000000000"
PROMPT_TOKENS = 83
COMPLETION_TOKENS = 17

_SYSTEM = "You are a support assistant. Answer in one short sentence and name the page that explains more."
_QUESTION = (
    "Our invoice for October shows two charges for the same seat, one at the old price and one at the new "
    "price. The seat was moved from the monthly to the yearly plan on the 14th. Which of the two will be "
    "credited, and do we have to do anything about it ourselves?"
)


def _body(**more: object) -> bytes:
    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _QUESTION}]
    asked = {"model": MODEL, "messages": messages, **more}
    return json.dumps(asked, separators=(",", ":")).encode()


CHAT_BODY = _body(temperature=0.25)
"""A small prompt of 465 bytes: the smaller the body, the more a proxy's own cost shows."""

ANSWER = json.dumps(
    {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "The old one, with the next invoice; see Billing.",
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": COMPLETION_TOKENS,
            "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        },
    }
)


def stream_body(events: int) -> bytes:
    """Ask the stream upstream for *events* events; as max_tokens, so that any proxy hands it through."""
    return _body(stream=True, max_tokens=events)


def request_of(body: bytes, port: int) -> bytes:
    """One POST as it is written to the socket."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {AUTHORIZATION}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class MessageReader:
    """Reads one HTTP/1.1 request or answer: bytes in, body out.

    Knows Content-Length and chunked without trailers. A message with neither is taken to have no body."""

    def __init__(self) -> None:
        self.start_line = b""
        self.complete = False
        self._kept = b""
        self._chunked = False
        self._length_left = 0

    @property
    def status(self) -> int:
        """Of an answer; 0 before its head has come."""
        return int(self.start_line.split(b" ", 2)[1]) if self.start_line else 0

    def feed(self, data: bytes) -> bytes:
        """The body bytes that *data* completes; a chunk is handed out when it is whole."""
        self._kept += data
        if not self.start_line and not self._read_head():
            return b""
        return b"".join(self._chunks()) if self._chunked else self._sized()

    def _read_head(self) -> bool:
        head, end, rest = self._kept.partition(b"\r\n\r\n")
        if not end:
            return False
        self.start_line, *lines = head.split(b"\r\n")
        for line in lines:
            name, _, value = line.lower().partition(b":")
            if name == b"content-length":
                self._length_left = int(value)
            elif name == b"transfer-encoding":
                self._chunked = b"chunked" in value
        self._kept = rest
        return True

    def _sized(self) -> bytes:
        body, self._kept = self._kept[: self._length_left], self._kept[self._length_left :]
        self._length_left -= len(body)
        self.complete = self._length_left == 0
        return body

    def _chunks(self) -> Iterator[bytes]:
        at = 0
        while (line_end := self._kept.find(b"\r\n", at)) >= 0:
            size = int(self._kept[at:line_end].partition(b";")[0], 16)
            start, end = line_end + 2, line_end + 2 + size
            if len(self._kept) < end + 2:
                break
            at = end + 2
            if not size:
                self.complete = True
                break
            yield self._kept[start:end]
        self._kept = self._kept[at:]
