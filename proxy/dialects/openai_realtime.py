"""Realtime sessions over WebSocket, at OpenAI and Azure: one connection, many responses, each billed alone.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events and openai-python
types/realtime/realtime_response_usage.py, read 2026-11-22. The event response.done has response.usage:
input_tokens includes text, audio and image tokens, and the cached ones of each (cached_tokens, split by
cached_tokens_details); output_tokens includes text and audio. The conversation so far is input again of each
response, and billed again: nothing is a running total. A response that was cancelled before it had made
anything has counts of 0, truly. The models' names are in session.created and session.updated.

conversation.item.input_audio_transcription.completed has a usage of its own, of tokens or of seconds, billed
as a call of the model in session.audio.input.transcription (before 2025-08 in
session.input_audio_transcription)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from ledger.usage import TokenUsage
from proxy.dialects import openai_transcriptions
from proxy.dialects.counted import counted, part
from proxy.dialects.dialect import Framing, Streams, ends_with
from proxy.dialects.reading import NO_TOKENS, Item, Reading, name_of
from proxy.dialects.session import Begun, SessionDialect
from proxy.lenient import decoded_or_none

OPERATION = "realtime"
_TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
_ENDED_EARLY = frozenset({"cancelled", "failed"})
_UNNAMED = "input_audio_transcription"
"""For a transcription whose model no event has named: the price of the session's own would be a wrong one."""
_SAYS_NOTHING = "the event tells no usage"


class _Named(msgspec.Struct):
    model: Any = None


class _Input(msgspec.Struct):
    transcription: _Named | None = None


class _Audio(msgspec.Struct):
    input: _Input | None = None


class _Session(msgspec.Struct):
    model: Any = None
    audio: _Audio | None = None
    input_audio_transcription: _Named | None = None


class _Response(msgspec.Struct):
    id: Any = None
    model: Any = None
    status: Any = None
    usage: Any = None


class _Event(msgspec.Struct):
    type: Any = None
    session: _Session | None = None
    response: _Response | None = None


_decoder = msgspec.json.Decoder(_Event)


class _Reader:
    def __init__(self) -> None:
        self._model: str | None = None
        self._transcription_model: str | None = None
        self._begun = Begun(OPERATION)

    def __call__(self, message: bytes) -> Reading | None:
        event = decoded_or_none(_decoder, message)
        if event is None:
            return None
        items: tuple[Item, ...] = ()
        if event.session is not None:
            self._note_models(event.session)
        elif event.type == "response.created" and event.response is not None:
            self._begun.begin(event.response.id, self._model_of(event.response))
        elif event.type == "response.done" and event.response is not None:
            items = (self._response(event.response),)
        elif event.type == _TRANSCRIBED:
            items = (self._transcription(message),)
        return Reading(model=self._model, items=items)

    def unfinished(self) -> tuple[Item, ...]:
        return self._begun.unfinished()

    def _note_models(self, session: _Session) -> None:
        self._model = name_of(session.model) or self._model
        now = session.audio.input.transcription if session.audio and session.audio.input else None
        named = now or session.input_audio_transcription
        self._transcription_model = (name_of(named.model) if named else None) or self._transcription_model

    def _model_of(self, response: _Response) -> str | None:
        return name_of(response.model) or self._model

    def _response(self, response: _Response) -> Item:
        self._begun.end(response.id)
        usage, problem = counted(response.usage, usage_of)
        if problem == NO_TOKENS and name_of(response.status) in _ENDED_EARLY:
            usage, problem = TokenUsage(input_tokens=0), None
        is_failed = response.status == "failed"
        if usage is None and not is_failed:
            problem = problem or _SAYS_NOTHING
        reading = Reading(
            model=self._model_of(response), usage=usage, reported=response.usage, problem=problem
        )
        return Item(operation=OPERATION, reading=reading, is_failed=is_failed)

    def _transcription(self, message: bytes) -> Item:
        told = openai_transcriptions.read(message) or Reading()
        problem = None if told.usage or told.units else told.problem or _SAYS_NOTHING
        model = self._transcription_model
        return Item(
            operation=openai_transcriptions.DIALECT.operation,
            reading=replace(told, model=model, problem=problem, is_last=False),
            request_model=model or _UNNAMED,
        )


DIALECT = SessionDialect(
    operation=OPERATION,
    path=ends_with("/realtime"),
    reader=_Reader,
    methods=frozenset({"GET"}),
    streams=Streams.ALWAYS,
    framing=Framing.LINES,
    marks=(b'"usage"', b'session.created"', b'session.updated"', b'"response.created"'),
    is_billed=False,
)


def usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    given, made = part(usage, "input_token_details"), part(usage, "output_token_details")
    cached = part(given, "cached_tokens_details")
    return TokenUsage(
        input_tokens=usage.get("input_tokens"),  # type: ignore[arg-type]  # TokenUsage refuses what is no count
        output_tokens=usage.get("output_tokens", 0),
        cache_read_tokens=given.get("cached_tokens"),
        input_audio_tokens=given.get("audio_tokens"),
        input_image_tokens=given.get("image_tokens"),
        cache_read_audio_tokens=cached.get("audio_tokens"),
        cache_read_image_tokens=cached.get("image_tokens"),
        output_audio_tokens=made.get("audio_tokens"),
    )
