"""Speech from text. The answer is audio, and tells nothing; with stream_format "sse" it is events.

Source: https://platform.openai.com/docs/api-reference/audio/createSpeech and
.../audio/speech-audio-done-event, read 2026-11-22. The event speech.audio.done has usage: input_tokens of
text, output_tokens of audio. tts-1 and most other models are charged by the characters of the request's
input, which holds at most 4096."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects.counted import counted
from proxy.dialects.dialect import Dialect, ends_with
from proxy.dialects.reading import Reading, name_of
from proxy.lenient import decoded_or_none


class _Top(msgspec.Struct):
    type: Any = None
    model: Any = None
    usage: Any = None


_decoder = msgspec.json.Decoder(_Top)


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    top = decoded_or_none(_decoder, document)
    if top is None:
        return None
    usage, problem = counted(top.usage or None, _usage_of)
    return Reading(
        model=name_of(top.model),
        usage=usage,
        reported=top.usage,
        problem=problem,
        is_last=top.type == "speech.audio.done",
    )


def units_asked(members: Mapping[str, Any]) -> Units | None:
    """Characters that are to be spoken."""
    text = members.get("input")
    return Units(characters=len(text)) if isinstance(text, str) else None


def _usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    output = usage.get("output_tokens", 0)
    return TokenUsage(
        input_tokens=usage.get("input_tokens"),  # type: ignore[arg-type]  # TokenUsage refuses what is no count
        output_tokens=output,
        output_audio_tokens=output,
    )


DIALECT = Dialect(
    operation="speech",
    path=ends_with("/audio/speech"),
    reader=lambda: read,
    units_asked=units_asked,
)
