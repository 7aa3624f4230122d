"""One streamed answer, sans-IO: when its pieces came, and what the server says that it used."""

from dataclasses import dataclass
from typing import Any

import msgspec

from payback.terminal import clean
from proxy.sse import EventSplitter, data_of

LONGEST_MESSAGE = 160
"""Of what a server says about an error, in columns."""
_TEXTS = ("content", "reasoning_content", "reasoning", "tool_calls", "refusal")
"""Keys of a delta under which servers send what the model has written."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Times are seconds of one clock that only goes forward."""

    asked_s: float
    pieces_s: tuple[float, ...]
    """When each event came that holds something the model wrote; at least one."""
    input_tokens: int | None
    """None: the server did not say. So is the next one."""
    output_tokens: int | None

    @property
    def tokens(self) -> int:
        """As the server counts; else one for each event."""
        return self.output_tokens or len(self.pieces_s)

    @property
    def first_token_s(self) -> float:
        return self.pieces_s[0] - self.asked_s

    @property
    def per_token_s(self) -> float | None:
        """After the first one; None where there is no other."""
        return (self.pieces_s[-1] - self.pieces_s[0]) / (self.tokens - 1) if self.tokens > 1 else None


@dataclass(frozen=True, slots=True)
class Failed:
    """Not an error of ours: an answer of the server's. The reason follows on the server's address."""

    reason: str


class Reading:
    """Feed what comes, with the time; then finish."""

    def __init__(self, asked_s: float) -> None:
        self._asked_s = asked_s
        self._events = EventSplitter()
        self._pieces_s: list[float] = []
        self._usage: dict[str, Any] = {}
        self._is_ended = False
        self._reported: str | None = None

    def feed(self, data: bytes, now_s: float) -> None:
        for event in self._events.feed(data)[1]:
            self._take(data_of(event), now_s)

    def finish(self) -> Answered | Failed:
        if self._reported is not None:
            return Failed(f"reports an error in the middle of an answer: {self._reported}")
        if not self._is_ended:
            return Failed("broke off in the middle of an answer")
        output = _count(self._usage, "completion_tokens")
        if not self._pieces_s or output == 0:
            return Failed("answers without a single token")
        return Answered(self._asked_s, tuple(self._pieces_s), _count(self._usage, "prompt_tokens"), output)

    def _take(self, data: bytes, now_s: float) -> None:
        if data == b"[DONE]":
            self._is_ended = True
            return
        document = _object(data)
        if isinstance(document.get("usage"), dict):
            self._usage = document["usage"]
        if document.get("error"):
            self._reported = message_of(data)
        choices = document.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            self._take_choice(choice if isinstance(choice, dict) else {}, now_s)

    def _take_choice(self, choice: dict[str, Any], now_s: float) -> None:
        delta = choice.get("delta")
        if isinstance(delta, dict) and any(delta.get(key) for key in _TEXTS):
            self._pieces_s.append(now_s)
        if choice.get("finish_reason"):
            self._is_ended = True


def message_of(body: bytes) -> str:
    """What a server says about an error, on one line; OpenAI's shape, others', or the text as it is."""
    document = _object(body)
    error = document.get("error", document)
    found = error.get("message", error.get("detail")) if isinstance(error, dict) else error
    text = found if isinstance(found, str) and found else body.decode("utf-8", "replace")
    return clean(" ".join(text.split()), LONGEST_MESSAGE) or "it says nothing more"


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(data)
    except msgspec.DecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _count(usage: dict[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
