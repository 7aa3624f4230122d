"""Anthropic's Messages API, and the servers that speak it: llama.cpp, gateways, other makers' models.

Source: https://platform.claude.com/docs/en/api/messages, .../build-with-claude/streaming and
.../build-with-claude/refusals-and-fallback, read 2026-11-22. A document is the message, usage at its end. In
a stream, message_start has the input, the caches and a placeholder for the output; message_delta has the
output so far, and may have any of the other counts, again or, from other makers, for the first time. All are
counted from the start: what a later event tells replaces, what it leaves out or tells as null stays. So does
what it tells as 0: counts do not get smaller, and SGLang has input_tokens 0 in each message_delta
(https://github.com/sgl-project/sglang/pull/20830).
message_stop ends the stream; an error event may end it sooner. What the counts mean: anthropic_usage.

A refusal before any output is charged for in some categories only; its counts tell nothing of that."""

import re
from typing import Any

import msgspec
from msgspec.structs import replace

from proxy.dialects import anthropic_usage
from proxy.dialects.dialect import Dialect, Streams
from proxy.dialects.reading import Item, Reading, name_of
from proxy.estimate.shape import Shape
from proxy.lenient import decoded_or_none

OPERATION = "chat"
_BILLED_REFUSALS = frozenset({"bio", "frontier_llm", "reasoning_extraction"})
"""Categories of refusals before any output that are charged for, as of the date above."""
_NOTHING = frozenset({b"[]", b"null"})
"""Content that is not there at all was too long to be read."""
_MOST_MEMBERS = 256
"""Of the usage of one answer, over all of its events; providers have a dozen."""
_OUTPUT = frozenset({"output_tokens", "completion_tokens"})


class _Top(msgspec.Struct):
    """Of a document, and of an event; a message_start holds the start of a document."""

    type: Any = None
    model: Any = None
    usage: Any = None
    stop_reason: Any = None
    stop_details: Any = None
    content: msgspec.Raw = msgspec.Raw(b"")
    message: msgspec.Raw = msgspec.Raw(b"")
    delta: msgspec.Raw = msgspec.Raw(b"")


_decoder = msgspec.json.Decoder(_Top)


class MessageReader:
    """Puts together what the parts of one answer tell.

    *service_tier* goes before the one that is told."""

    def __init__(self, service_tier: str | None = None) -> None:
        self._service_tier = service_tier
        self._model: str | None = None
        self._usage: dict[str, Any] = {}
        """As it was told; replaced and never changed, as readings hold it."""
        self._not_told_yet: dict[str, Any] = {}
        self._problem: str | None = None
        self._has_content = False
        self._is_output_told = False
        """Until then its count is message_start's placeholder."""
        self._is_unbilled = False
        self._others_told = 0

    def __call__(self, document: bytes) -> Reading | None:
        top = decoded_or_none(_decoder, document)
        if top is None:
            return None
        match top.type:
            case "message_start":
                return self._started(decoded_or_none(_decoder, top.message) or _Top())
            case "message_delta":
                return self._went_on(top, decoded_or_none(_decoder, top.delta) or _Top())
            case "message_stop":
                return replace(self._reading(is_final=True), is_last=True)
            case "content_block_start":
                self._has_content = True
            case "error":
                return Reading(problem="upstream reported an error in its stream")
            case "message" | None:
                return self._whole(top)
        return None

    def _whole(self, message: _Top) -> Reading:
        self._has_content = bytes(message.content).translate(None, b" \t\r\n") not in _NOTHING
        self._is_output_told = True
        self._merge(message)
        self._note_refusal(message)
        return self._reading(is_final=True)

    def _started(self, message: _Top) -> Reading:
        self._merge(message)
        if self._usage:
            self._not_told_yet = {"output_tokens": 0}
        return self._reading(is_final=False)

    def _went_on(self, event: _Top, delta: _Top) -> Reading:
        if isinstance(event.usage, dict) and not _OUTPUT.isdisjoint(event.usage):
            self._is_output_told = True
            self._not_told_yet = {}
            self._usage = {name: count for name, count in self._usage.items() if name != "output_tokens"}
        self._merge(event)
        self._note_refusal(delta)
        return self._reading(is_final=delta.stop_reason is not None)

    def _merge(self, part: _Top) -> None:
        self._model = name_of(part.model) or self._model
        if isinstance(part.usage, dict):
            known = self._usage
            told = {name: value for name, value in part.usage.items() if not _is_less(value, known.get(name))}
            merged = known | told
            if len(merged) <= _MOST_MEMBERS:
                self._usage = merged
            else:
                self._problem = "usage in the answer has too many members"
        elif part.usage is not None:
            self._problem = "usage in the answer is not an object"

    def _note_refusal(self, ending: _Top) -> None:
        details = ending.stop_details if isinstance(ending.stop_details, dict) else {}
        category = details.get("category")
        is_billed = self._has_content or (isinstance(category, str) and category in _BILLED_REFUSALS)
        self._is_unbilled |= ending.stop_reason == "refusal" and not is_billed

    def _reading(self, *, is_final: bool) -> Reading:
        told = self._told()
        return replace(
            told,
            model=told.model or self._model,
            reported=self._usage or None,
            is_partial=told.usage is not None and not (is_final and self._is_output_told),
            items=self._new_items(),
        )

    def _told(self) -> Reading:
        if self._is_unbilled:
            return Reading(is_unbilled=True, problem="refused before any output, which is not billed")
        if not self._usage:
            return Reading(problem=self._problem)
        return anthropic_usage.reading_of(self._not_told_yet | self._usage, self._service_tier)

    def _new_items(self) -> tuple[Item, ...]:
        """Calls of other models within this one; each is told once, and they come in order."""
        others = anthropic_usage.others(self._usage, self._service_tier)
        new, self._others_told = others[self._others_told :], max(len(others), self._others_told)
        return tuple(Item(operation=OPERATION, reading=one, request_model=one.model) for one in new)


def _is_less(value: object, known: object) -> bool:
    """Nothing, or zeros where something is known."""
    zeros = value.values() if isinstance(value, dict) else (value,)
    return value is None or (bool(known) and not any(zeros))


DIALECT = Dialect(
    operation=OPERATION,
    # A message that is put into a thread of OpenAI's Assistants is not one of these.
    path=re.compile(r"^(?!.*/threads/[^/]+/messages).*/messages/?$"),
    reader=MessageReader,
    streams=Streams.ON_REQUEST,
    marks=(b'"usage"', b'"message_stop"', b'"content_block_start"', b'"error"'),
    shape=Shape.ANTHROPIC_MESSAGES,
)
