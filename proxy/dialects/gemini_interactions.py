"""Gemini's Interactions API, which Google recommends in place of generateContent.

Source: https://ai.google.dev/api/interactions-api, https://ai.google.dev/gemini-api/docs/streaming and
python-genai google/genai/_gaos/types/interactions/usage.py, read 2026-11-22. A document is the interaction; a
stream has it in the events interaction.created and interaction.completed (older: .start and .complete), usage
in the latter, and [DONE] after it. Any event may have metadata.total_usage, counted from the start.
The counts are those of usageMetadata under other names: total_input_tokens includes total_cached_tokens,
total_tool_use_tokens comes on top of it, total_output_tokens leaves total_thought_tokens out. Each
google_search in grounding_tool_count is charged as with generateContent, Google Maps is not counted here.

With background: true the answer comes at once and counts nothing; what the interaction comes to is told to
whoever reads it later, any number of times, and is not known here."""

from typing import Any

import msgspec

from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import gemini, gemini_usage
from proxy.dialects.counted import counted, part
from proxy.dialects.dialect import Dialect, Streams, ends_with
from proxy.dialects.reading import Reading, name_of
from proxy.lenient import decoded_or_none

_COUNTS = {
    "total_input_tokens": "promptTokenCount",
    "total_cached_tokens": "cachedContentTokenCount",
    "total_tool_use_tokens": "toolUsePromptTokenCount",
    "total_output_tokens": "candidatesTokenCount",
    "total_thought_tokens": "thoughtsTokenCount",
    "total_tokens": "totalTokenCount",
}
_DETAILS = {
    "input_tokens_by_modality": "promptTokensDetails",
    "cached_tokens_by_modality": "cacheTokensDetails",
    "tool_use_tokens_by_modality": "toolUsePromptTokensDetails",
    "output_tokens_by_modality": "candidatesTokensDetails",
}
_UNDER_WAY = frozenset({"queued", "in_progress"})
_LAST = frozenset({"interaction.completed", "interaction.complete"})


class _Event(msgspec.Struct):
    """An event, or a document: that one has no interaction in it."""

    event_type: Any = None
    metadata: Any = None
    interaction: msgspec.Raw = msgspec.Raw(b"")


class _Interaction(msgspec.Struct):
    status: Any = None
    model: Any = None
    agent: Any = None
    service_tier: Any = None
    usage: Any = None


_event_decoder = msgspec.json.Decoder(_Event)
_interaction_decoder = msgspec.json.Decoder(_Interaction)


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    event = decoded_or_none(_event_decoder, document)
    if event is None:
        return None
    interaction = decoded_or_none(_interaction_decoder, event.interaction or document)
    if interaction is None:
        return None
    so_far = part(event.metadata, "total_usage") or None
    stated = so_far if interaction.usage is None else interaction.usage
    usage, problem = counted(stated, usage_of)
    is_document = event.event_type is None
    if is_document and stated is None and name_of(interaction.status) in _UNDER_WAY:
        problem = "the interaction goes on in the background; its tokens are not known here"
    if event.event_type == "error":
        problem = "upstream reported an error in its stream"
    is_last = name_of(event.event_type) in _LAST
    model = name_of(interaction.model) or name_of(interaction.agent)
    return Reading(
        model=model,
        service_tier=name_of(interaction.service_tier),
        usage=usage,
        reported=stated,
        units=_searches(stated, model),
        problem=problem,
        is_partial=not (is_document or is_last),
        is_last=is_last,
    )


def usage_of(usage: dict[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    counts = {name: usage.get(own) for own, name in _COUNTS.items()}
    details = {name: _as_details(usage.get(own)) for own, name in _DETAILS.items()}
    return gemini_usage.usage_of({**counts, **details})


def _as_details(listed: object) -> list[dict[str, Any]] | None:
    if not isinstance(listed, list):
        return None
    entries = [entry for entry in listed if isinstance(entry, dict)]
    return [
        {"modality": str(entry.get("modality")).upper(), "tokenCount": entry.get("tokens")}
        for entry in entries
    ]


def _searches(usage: object, model: str | None) -> Units | None:
    listed = usage.get("grounding_tool_count") if isinstance(usage, dict) else None
    counts = [
        entry.get("count")
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and entry.get("type") == "google_search"
    ]
    known = [count for count in counts if type(count) is int and 0 <= count <= gemini.MOST_SEARCHES]
    charged = gemini.charged_searches(sum(known), model)
    return Units(web_searches=charged) if charged else None


DIALECT = Dialect(
    operation=gemini.OPERATION,
    path=ends_with("/interactions"),
    reader=lambda: read,
    streams=Streams.ON_REQUEST,
    marks=(b'"usage"', b'"total_usage"', b'"interaction.complete', b'"error"'),
)
