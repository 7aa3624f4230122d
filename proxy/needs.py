"""What a request needs of a model beside text: found in the one pass in which its model is read. Pure.

A word in a prompt is no image: only the members count that the wire format has for one. Sources, read
2026-11-22: https://platform.openai.com/docs/api-reference (parts of chat messages, items of Responses),
https://docs.anthropic.com/en/api/messages (content blocks), https://ai.google.dev/api/caching#Content
(parts)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

import msgspec

from ledger.needs import Needs
from proxy.estimate.shape import Shape
from proxy.lenient import NO_JSON, mended
from proxy.needs_completions import Completions
from proxy.needs_ollama import OllamaChat, OllamaGenerate
from proxy.top import Anything, Plain, Top

_TOOLS, _IMAGES, _AUDIO = int(Needs.TOOLS), int(Needs.IMAGES), int(Needs.AUDIO)
_BY_NUMBER = tuple(map(Needs, range(8)))
"""Looked up: to make a flag takes longer than all the rest."""
_BY_TYPE: Mapping[str | None, int] = {
    **dict.fromkeys(("image", "image_url", "input_image", "video", "video_url"), _IMAGES),
    **dict.fromkeys(("document", "file", "input_file"), _IMAGES),
    **dict.fromkeys(("computer_call_output", "image_generation_call"), _IMAGES),
    **dict.fromkeys(("audio", "audio_url", "input_audio", "output_audio"), _AUDIO),
}
"""Of parts, and of the items of Responses. audio_url, video and video_url are vLLM's."""
_LEVELS = 3
"""A message has a tool's result, that a document, that images: each is read once more than what holds it."""
_BY_MODALITY: Mapping[object, int] = {"audio": _AUDIO, "image": _IMAGES}


def top_of(text: bytes, shape: Shape | None) -> Top:
    """The members of *text*. Those that show needs are read where they are what *shape* has them to be.

    Raises one of NO_JSON where *text* is not a JSON object."""
    try:
        return _top_of(text, shape)
    except NO_JSON:
        return _top_of(mended(text), shape)


def _top_of(text: bytes, shape: Shape | None) -> Top:
    readers = _READERS.get(shape)
    if readers is not None:
        try:
            return readers[text.isascii()](text)
        except NO_JSON:
            pass  # it may still have a model
    return _read_plain(text)


def needs_in(top: Top) -> Needs | None:
    try:
        found = top.needs()
    except NO_JSON:
        return None
    return None if found is None else _BY_NUMBER[found]


class _Part(msgspec.Struct, gc=False):
    """Of a message's content, where that is not a text."""

    type: str | None = None
    content: msgspec.Raw = msgspec.Raw(b"")
    """Of a tool's result: a text, or parts."""
    source: msgspec.Raw = msgspec.Raw(b"")
    """Of a document of Anthropic's."""


class _Source(msgspec.Struct):
    type: str | None = None
    content: msgspec.Raw = msgspec.Raw(b"")


Content = TypeVar("Content")
"""Built or msgspec.Raw. To make a text of ASCII is as fast as to skip it, and parts are read at once then.
Any other text takes ten times as long: it is skipped, and what turns out to be parts is read again."""
Built = list[_Part] | str | None


class _Message(msgspec.Struct, Generic[Content], gc=False):
    content: Content = cast("Any", None)


class _Item(msgspec.Struct, Generic[Content]):
    """Of Responses: a message, or a tool's call or result."""

    type: str | None = None
    content: Content = cast("Any", None)
    output: msgspec.Raw = msgspec.Raw(b"")


class _Chat(Top, Generic[Content]):
    messages: list[_Message[Content]] | None = None
    tools: list[Anything] | None = None
    functions: list[Anything] | None = None
    modalities: Any = None

    def needs(self) -> int:
        found = _in_messages(self.messages) if self.messages else 0
        if self.tools or self.functions:
            found |= _TOOLS
        return found if self.modalities is None else found | _in_modalities(self.modalities)


class _Anthropic(Top):
    """Its clients mostly send parts, whatever the language."""

    messages: list[_Message[Built]] | None = None
    tools: list[Anything] | None = None
    mcp_servers: list[Anything] | None = None

    def needs(self) -> int:
        found = _in_messages(self.messages) if self.messages else 0
        return found | _TOOLS if self.tools or self.mcp_servers else found


class _Responses(Top, Generic[Content]):
    input: list[_Item[Content]] | str | None = None
    tools: list[Anything] | None = None
    previous_response_id: Any = None
    conversation: Any = None
    prompt: Any = None

    def needs(self) -> int | None:
        items = self.input if isinstance(self.input, list) else ()
        found = _TOOLS if self.tools else 0
        is_elsewhere = bool(self.previous_response_id or self.conversation or self.prompt)
        for item in items:
            found |= _BY_TYPE.get(item.type, 0) | _in_content(item.content) | _in_content(item.output)
            is_elsewhere |= item.type == "item_reference"
        return found or (None if is_elsewhere else 0)


class _Blob(msgspec.Struct):
    mime_type: str = ""
    camel_mime_type: str = msgspec.field(default="", name="mimeType")


class _GeminiPart(msgspec.Struct):
    inline_data: _Blob | None = None
    camel_inline_data: _Blob | None = msgspec.field(default=None, name="inlineData")
    file_data: _Blob | None = None
    camel_file_data: _Blob | None = msgspec.field(default=None, name="fileData")
    function_response: "_GeminiParts | None" = None
    camel_function_response: "_GeminiParts | None" = msgspec.field(default=None, name="functionResponse")


class _GeminiParts(msgspec.Struct):
    """A message, or the result of a function. A list of one may be written as that one."""

    parts: list[_GeminiPart] | _GeminiPart | None = None


class _GeminiConfig(msgspec.Struct):
    modalities: Any = msgspec.field(default=None, name="response_modalities")
    camel_modalities: Any = msgspec.field(default=None, name="responseModalities")
    most: Any = msgspec.field(default=None, name="max_output_tokens")
    camel_most: Any = msgspec.field(default=None, name="maxOutputTokens")
    choices: Any = msgspec.field(default=None, name="candidate_count")
    camel_choices: Any = msgspec.field(default=None, name="candidateCount")


class _Gemini(Top):
    contents: list[_GeminiParts] | _GeminiParts | None = None
    tools: list[Anything] | Anything | None = None
    config: _GeminiConfig | None = msgspec.field(default=None, name="generation_config")
    camel_config: _GeminiConfig | None = msgspec.field(default=None, name="generationConfig")
    cached_content: Any = None
    camel_cached_content: Any = msgspec.field(default=None, name="cachedContent")

    def needs(self) -> int | None:
        found = _TOOLS if self.tools else 0
        for message in _listed(self.contents):
            found |= _in_gemini_parts(message)
        for config in (self.config, self.camel_config):
            if config is not None:
                found |= _in_modalities(config.modalities) | _in_modalities(config.camel_modalities)
        is_elsewhere = self.cached_content or self.camel_cached_content
        return found or (None if is_elsewhere else 0)

    def limits(self) -> tuple[Any, ...]:
        config = self.config or self.camel_config
        return (config.most, config.camel_most) if config else ()

    def choices(self) -> Any:
        config = self.config or self.camel_config
        return config and (config.choices or config.camel_choices)


def _in_messages(messages: Iterable[_Message[Any]]) -> int:
    found = 0
    for message in messages:
        content = message.content
        if type(content) is not str:
            found |= _in_content(content)
    return found


def _in_content(content: object, levels: int = _LEVELS) -> int:
    if type(content) is list:
        return _in_parts(content, levels)
    if type(content) is msgspec.Raw and levels and bytes(memoryview(content)[:1]) == b"[":
        return _in_parts(_read_parts(content), levels)
    return 0


def _in_parts(parts: Iterable[_Part], levels: int) -> int:
    found = 0
    for part in parts:
        kind = part.type
        if kind == "document":
            found |= _in_document(part.source, levels - 1)
        elif kind == "tool_result":
            found |= _in_content(part.content, levels - 1)
        else:
            found |= _BY_TYPE.get(kind, 0)
    return found


def _in_document(source: msgspec.Raw, levels: int) -> int:
    """It may be text, in one piece or in parts."""
    told = _read_source(source) if memoryview(source) else _Source()
    if told.type == "content":
        return _in_content(told.content, levels)
    return 0 if told.type == "text" else _IMAGES


def _in_gemini_parts(holder: _GeminiParts) -> int:
    found = 0
    for part in _listed(holder.parts):
        for blob in (part.inline_data, part.camel_inline_data, part.file_data, part.camel_file_data):
            if blob is not None:
                found |= _in_blob(blob.mime_type or blob.camel_mime_type)
        for inner in (part.function_response, part.camel_function_response):
            if inner is not None:
                found |= _in_gemini_parts(inner)
    return found


def _in_blob(mime_type: str) -> int:
    """What does not say what it is, is a video on YouTube."""
    kind = mime_type.partition("/")[0].lower()
    return {"audio": _AUDIO, "text": 0}.get(kind, _IMAGES)


def _in_modalities(modalities: object) -> int:
    found = 0
    for modality in modalities if isinstance(modalities, list) else ():
        found |= _BY_MODALITY.get(modality.lower(), 0) if isinstance(modality, str) else 0
    return found


T = TypeVar("T")


def _listed(value: list[T] | T | None) -> Iterable[T]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _read_as(kind: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind).decode


_read_plain: Callable[[bytes], Plain] = _read_as(Plain)
_read_parts: Callable[[msgspec.Raw], list[_Part]] = msgspec.json.Decoder(list[_Part]).decode
_read_source: Callable[[msgspec.Raw], _Source] = msgspec.json.Decoder(_Source).decode
_READERS: Mapping[Shape | None, tuple[Callable[[bytes], Top], Callable[[bytes], Top]]] = {
    Shape.OPENAI_CHAT: (_read_as(_Chat[msgspec.Raw]), _read_as(_Chat[Built])),
    Shape.OPENAI_RESPONSES: (_read_as(_Responses[msgspec.Raw]), _read_as(_Responses[Built])),
    Shape.OPENAI_COMPLETIONS: (_read_as(Completions),) * 2,
    Shape.ANTHROPIC_MESSAGES: (_read_as(_Anthropic),) * 2,
    Shape.GEMINI: (_read_as(_Gemini),) * 2,
    Shape.OLLAMA_CHAT: (_read_as(OllamaChat),) * 2,
    Shape.OLLAMA_GENERATE: (_read_as(OllamaGenerate),) * 2,
}
"""For other text, and for ASCII."""
