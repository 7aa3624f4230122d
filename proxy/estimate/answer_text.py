"""What a model wrote, from its answer: one document, or the events or lines of a stream, one by one."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from proxy.estimate.blocks import add_blocks, index_of
from proxy.estimate.passages import Passages
from proxy.estimate.shape import Shape
from proxy.lenient import decoded_or_none, respelt

_STREAMED_AUDIO = "response.audio.delta"
_LAST_OF_RESPONSES = ("response.completed", "response.incomplete", "response.failed")


class _Top(msgspec.Struct):
    """The members that lead to text, of all the APIs; the rest is skipped at the speed of the scanner."""

    type: Any = None
    choices: Any = None
    delta: Any = None
    content_block: Any = None
    index: Any = None
    content: Any = None
    output: Any = None
    output_index: Any = None
    item: Any = None
    message: Any = None
    response: Any = None
    thinking: Any = None
    candidates: Any = None


_decoder = msgspec.json.Decoder(_Top | list[_Top])
"""A list: Gemini's stream, where it was not asked for as events."""


class AnswerText:
    """Collects the text of one answer. Holds 100,000 characters of it at most, and the length of the rest."""

    def __init__(self, shape: Shape) -> None:
        self.passages = Passages()
        self._read = _READERS.get(shape)
        self._understood = 0
        self._strange = 0

    @property
    def is_understood(self) -> bool:
        """Something of it could be read, or there was nothing to read."""
        return self._understood > 0 or self._strange == 0

    @property
    def is_empty(self) -> bool:
        """It was read, and nothing is written in it: an error, say. Embeddings write nothing."""
        is_silent = self._read is not None and self._understood > 0
        return is_silent and not (self.passages.length or self.passages.has_media)

    def feed(self, document: bytes) -> None:
        """*document*: the whole answer, or the data of an event, or a line. Never raises."""
        if self._read is None or document in (b"", b"[DONE]"):
            return
        if self._is_read(document, self._read):
            self._understood += 1
        else:
            self._strange += 1

    def _is_read(self, document: bytes, read: "Callable[[_Top, Passages], None]") -> bool:
        decoded = decoded_or_none(_decoder, document, respelt)
        if decoded is None:
            return False
        try:
            for top in decoded if isinstance(decoded, list) else (decoded,):
                read(top, self.passages)
        except RecursionError:
            return False
        return True


def _chat(top: _Top, to: Passages) -> None:
    """https://platform.openai.com/docs/api-reference/chat/streaming"""
    is_first = not to.length
    for choice in _objects(top.choices):
        add_blocks(choice.get("delta"), to, (index_of(choice),))
        if is_first:  # some servers end a stream with the whole message
            add_blocks(choice.get("message"), to)


def _completions(top: _Top, to: Passages) -> None:
    for choice in _objects(top.choices):
        add_blocks(choice.get("text"), to, (index_of(choice),))


def _responses(top: _Top, to: Passages) -> None:
    """https://platform.openai.com/docs/api-reference/responses-streaming

    What the events have told in pieces is told again as a whole, and counts once."""
    kind = top.type if isinstance(top.type, str) else ""
    if kind == _STREAMED_AUDIO:
        to.has_media = True
    elif kind.endswith(".delta") and isinstance(top.delta, str):
        to.add(top.delta, (_number(top.output_index), kind))
    elif kind == "response.output_item.added" and isinstance(top.item, dict):
        add_blocks(top.item.get("name"), to)
    elif kind in _LAST_OF_RESPONSES and not to.length and isinstance(top.response, dict):
        add_blocks(top.response.get("output"), to)
    elif not kind:
        add_blocks(top.output, to)


def _anthropic(top: _Top, to: Passages) -> None:
    """https://docs.anthropic.com/en/api/messages-streaming

    A tool's input starts as {} and comes in pieces of JSON."""
    path = (_number(top.index),)
    add_blocks(top.content, to)
    add_blocks(top.content_block, to, path)
    add_blocks(top.delta, to, path)


def _ollama(top: _Top, to: Passages) -> None:
    """https://docs.ollama.com/api/chat and .../api/generate"""
    add_blocks(top.message, to, ("message",))
    for name, text in (("response", top.response), ("thinking", top.thinking)):
        if isinstance(text, str):
            to.add(text, (name,))


def _gemini(top: _Top, to: Passages) -> None:
    """https://ai.google.dev/api/generate-content"""
    for candidate in _objects(top.candidates):
        add_blocks(candidate.get("content"), to, (index_of(candidate),))


_READERS: Mapping[Shape, Callable[[_Top, Passages], None]] = {
    Shape.OPENAI_CHAT: _chat,
    Shape.OPENAI_COMPLETIONS: _completions,
    Shape.OPENAI_RESPONSES: _responses,
    Shape.ANTHROPIC_MESSAGES: _anthropic,
    Shape.OLLAMA_CHAT: _ollama,
    Shape.OLLAMA_GENERATE: _ollama,
    Shape.GEMINI: _gemini,
}
"""Embeddings write nothing."""


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if type(value) is int else 0
