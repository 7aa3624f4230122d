"""The members that OpenAI's older APIs share at the top of an answer or an event.

Usage may come with every event, counted from the start (vLLM's continuous_usage_stats, Gemini), and so may
llama.cpp's timings (timings_per_token).
Groq puts a stream's usage into x_groq, on the last event with choices, whether it was asked for or not
(https://console.groq.com/docs/api-reference, read 2026-11-22)."""

import re
from typing import Any

import msgspec

from proxy.dialects import llama_timings, openai_usage, upstream_cost
from proxy.dialects.counted import counted, together
from proxy.dialects.lenient import decoded_or_none
from proxy.dialects.reading import Reading, name_of

MARKS = (b'"usage"', b'"timings"')
_NO_CHOICES = frozenset({b"", b"[]", b"null"})
_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"')
"""Within choices: a quote inside a JSON string is escaped, so these bytes are always structure."""


class _Top(msgspec.Struct):
    """Only what is metered is decoded; the rest is skipped at the speed of the scanner."""

    model: Any = None
    service_tier: Any = None
    usage: Any = None
    timings: Any = None
    x_groq: Any = None
    choices: msgspec.Raw = msgspec.Raw(b"")


_decoder = msgspec.json.Decoder(_Top, float_hook=upstream_cost.exact)


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    top = decoded_or_none(_decoder, document)
    if top is None:
        return None
    stated = top.usage
    if stated is None and isinstance(top.x_groq, dict):
        stated = top.x_groq.get("usage")
    usage, problem = counted(stated, openai_usage.usage_of)
    if stated is None:
        usage, problem = counted(top.timings, llama_timings.usage_of)
    has_choices = _has_choices(top.choices)
    return Reading(
        model=name_of(top.model),
        service_tier=name_of(top.service_tier),
        usage=usage,
        reported=stated if top.timings is None else together(stated, timings=top.timings),
        upstream_cost=upstream_cost.claimed_in(stated),
        timings=llama_timings.timings_of(top.timings),
        problem=problem,
        is_extra=isinstance(top.usage, dict) and not has_choices,
        is_so_far=usage is not None and has_choices and not _FINISHED.search(top.choices),
    )


def _has_choices(choices: msgspec.Raw) -> bool:
    """The first question is the quick one."""
    text = memoryview(choices)
    return bytes(text[:2]) == b"[{" or bytes(text).translate(None, b" \t\r\n") not in _NO_CHOICES
