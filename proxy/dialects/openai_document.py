"""The members that OpenAI's older APIs share at the top of an answer or an event.

Usage may come with every event, counted from the start (vLLM's continuous_usage_stats, Gemini), and so may
llama.cpp's timings (timings_per_token).
Groq puts a stream's usage into x_groq, on the last event with choices, whether it was asked for or not
(https://console.groq.com/docs/api-reference, read 2026-11-22). Moonshot puts it into the last choice, and
once more behind it where it was asked for (https://platform.moonshot.ai/docs/api/chat, read 2026-11-23)."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import llama_timings, openai_usage, upstream_cost
from proxy.dialects.counted import counted, together
from proxy.dialects.reading import Reading, name_of
from proxy.dialects.server_tools import TELLING, searches_in
from proxy.lenient import decoded_or_none

MARKS = (b'"usage"', b'"timings"')
_NO_CHOICES = re.compile(rb"\s*(?:\[\s*\]|null)?\s*")
_REASON, _IS_GIVEN = b'"finish_reason"', re.compile(rb'"finish_reason"\s*:\s*"')
_HAS_USAGE = re.compile(rb'"usage"\s*:\s*\{')
"""Within choices: a quote inside a JSON string is escaped, so these bytes are always structure."""


class _Top(msgspec.Struct):
    """Only what is metered is decoded; the rest is skipped at the speed of the scanner."""

    model: Any = None
    service_tier: Any = None
    usage: Any = None
    timings: Any = None
    x_groq: Any = None
    error: Any = None
    choices: msgspec.Raw = msgspec.Raw(b"")


class _Choice(msgspec.Struct):
    usage: Any = None


_decoder = msgspec.json.Decoder(_Top, float_hook=upstream_cost.exact)
_choices_decoder = msgspec.json.Decoder(list[_Choice], float_hook=upstream_cost.exact)


UsageOf = Callable[[dict[str, Any]], TokenUsage]


def read(document: bytes, usage_of: UsageOf = openai_usage.usage_of) -> Reading | None:
    """None where *document* is no JSON object."""
    top = decoded_or_none(_decoder, document)
    if top is None:
        return None
    stated = _stated_in(top) if top.usage is None else top.usage
    if stated is None:
        (usage, problem), units = counted(top.timings, llama_timings.usage_of), None
    else:
        usage, problem, units = _counted(stated, usage_of)
    has_choices = not _NO_CHOICES.fullmatch(top.choices)
    return Reading(
        model=name_of(top.model),
        service_tier=name_of(top.service_tier),
        usage=usage,
        units=units,
        reported=stated if top.timings is None else together(stated, timings=top.timings),
        upstream_cost=upstream_cost.claimed_in(stated),
        timings=llama_timings.timings_of(top.timings),
        problem=problem,
        is_extra=isinstance(top.usage, dict) and not has_choices and top.error is None,
        is_so_far=usage is not None and has_choices and not _is_finished(bytes(top.choices)),
    )


def _is_finished(choices: bytes) -> bool:
    """A reason stands at the end, behind what was written, which may be long."""
    place = choices.rfind(_REASON)
    while place >= 0 and not _IS_GIVEN.match(choices, place):
        place = choices.rfind(_REASON, 0, place)
    return place >= 0


def _stated_in(top: _Top) -> Any:
    """A usage that does not stand at the top."""
    if isinstance(top.x_groq, dict):
        return top.x_groq.get("usage")
    if not _HAS_USAGE.search(top.choices):
        return None
    choices = decoded_or_none(_choices_decoder, top.choices) or ()
    return next((choice.usage for choice in choices if choice.usage is not None), None)


def _counted(stated: Any, usage_of: UsageOf) -> tuple[TokenUsage | None, str | None, Units | None]:
    """Tokens without the searches beside them would have half a price."""
    usage, problem = counted(stated, usage_of)
    if usage is None or TELLING.isdisjoint(stated):
        return usage, problem, None
    try:
        return usage, None, searches_in(stated)
    except ValueError as error:
        return None, f"usage in the answer is wrong: {error}", None
