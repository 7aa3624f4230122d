"""Transcriptions and translations of audio. Requests are forms.

Sources, read 2026-11-22:
- https://platform.openai.com/docs/api-reference/audio/json-object and openai-python
  types/audio/transcription.py, transcription_verbose.py and transcription_text_done_event.py: usage.type is
  "tokens" (input_tokens includes input_token_details.audio_tokens and text_tokens) or "duration" (seconds):
  a model is charged for one of the two. It is in the document, and in the event transcript.text.done.
  verbose_json has the audio's duration at the top; where usage is absent, as at whisper-1 for long and at
  most local servers, that is what is charged. The formats text, srt and vtt tell nothing.
- https://docs.mistral.ai/api/endpoint/audio/transcriptions: usage.prompt_audio_seconds is charged, the
  tokens beside it are not; in a stream it is in transcription.done.
- https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html: usage of the type duration; streams
  are those of chat, with its usage."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ledger.units import Units
from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects import openai_usage
from proxy.dialects.counted import counted, part, together
from proxy.dialects.dialect import Dialect, Streams, ends_with
from proxy.dialects.reading import Reading, name_of
from proxy.lenient import decoded_or_none

_LAST = frozenset({"transcript.text.done", "transcription.done"})
_NOT_SECONDS = "the duration in the answer is not a number of seconds"


class _Top(msgspec.Struct):
    type: Any = None
    model: Any = None
    usage: Any = None
    duration: Any = None


_decoder = msgspec.json.Decoder(_Top)


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    top = decoded_or_none(_decoder, document)
    if top is None:
        return None
    seconds = _seconds(top)
    usage, problem = (None, None) if seconds is not None else counted(top.usage, _usage_of)
    units, wrong = _audio(seconds)
    return Reading(
        model=name_of(top.model),
        usage=usage,
        units=units,
        reported=together(top.usage, duration=top.duration),
        problem=problem or wrong,
        is_last=name_of(top.type) in _LAST,
    )


def _seconds(top: _Top) -> object:
    """What the audio's length is said to be, where that is what is charged; None where it is not."""
    usage = part({"usage": top.usage}, "usage")
    stated = usage.get("prompt_audio_seconds") or usage.get("seconds")
    return top.duration if stated is None and top.usage is None else stated


def _audio(seconds: object) -> tuple[Units | None, str | None]:
    if seconds is None:
        return None, None
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        return None, _NOT_SECONDS
    if not 0 <= seconds <= MAX_TOKENS // 1000:
        return None, _NOT_SECONDS
    return Units(audio_ms=round(seconds * 1000)), None


def _usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    if "input_tokens" not in usage:
        return openai_usage.usage_of(usage)
    return TokenUsage(
        input_tokens=usage["input_tokens"],
        output_tokens=usage.get("output_tokens", 0),
        input_audio_tokens=part(usage, "input_token_details").get("audio_tokens"),
    )


DIALECT = Dialect(
    operation="transcription",
    path=ends_with("/audio/transcriptions", "/audio/translations"),
    reader=lambda: read,
    streams=Streams.ON_REQUEST,
    is_form=True,
)
