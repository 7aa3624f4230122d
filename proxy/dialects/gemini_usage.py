"""The usageMetadata of Gemini's APIs, at Google AI and at Vertex AI.

Source: https://ai.google.dev/api/generate-content#UsageMetadata,
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse and the
pages on service tiers (.../gemini-api/docs/priority-inference), read 2026-11-22.
promptTokenCount includes cachedContentTokenCount. toolUsePromptTokenCount, what tools gave back to the model,
comes on top of it and is input too. candidatesTokenCount leaves thoughtsTokenCount out; both are output.
totalTokenCount is the sum of those four. Some answers of Vertex have the thoughts in the candidates: then the
total is the sum without them. What a total has beyond the parts is output that no field states.
A count of 0 may be left out, and so may a modality in a list of details.

Audio that goes in has a price of its own at many models and is told apart; images, video and documents cost
what text costs at all models that generate. Images and audio that come out have prices of their own."""

from collections.abc import Mapping
from typing import Any

from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects.reading import name_of

_COUNTS = (
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "totalTokenCount",
)
_TIERS = {
    "ON_DEMAND": "standard",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "PROVISIONED_THROUGHPUT": "provisioned",
}
"""trafficType, at Vertex. Provisioned throughput is paid by the month: it has no list price."""


def says_counts(usage: Mapping[str, Any]) -> bool:
    """False for what Vertex sends before the counts: the trafficType alone."""
    return any(usage.get(name) is not None for name in _COUNTS)


def usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    prompt, tool_use, candidates, thoughts, total = (_count(usage, name) for name in _COUNTS)
    if prompt is None:
        raise ValueError("promptTokenCount is missing")
    input_tokens = prompt + (tool_use or 0)
    beyond_input = None if total is None else total - input_tokens
    output_tokens, inferred = _output_of(candidates or 0, thoughts or 0, beyond_input)
    cached = _count(usage, "cachedContentTokenCount")
    audio = _sum(
        of_modality(usage, "promptTokensDetails", "AUDIO"),
        of_modality(usage, "toolUsePromptTokensDetails", "AUDIO"),
    )
    return TokenUsage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=cached,
        reasoning_tokens=thoughts,
        input_audio_tokens=audio,
        cache_read_audio_tokens=None
        if cached is None or audio is None
        else of_modality(usage, "cacheTokensDetails", "AUDIO"),
        output_audio_tokens=of_modality(usage, "candidatesTokensDetails", "AUDIO"),
        output_image_tokens=of_modality(usage, "candidatesTokensDetails", "IMAGE"),
        inferred_tokens=inferred,
    )


def tier_of(usage: Mapping[str, Any]) -> str | None:
    """The service tier that served the call, which may be another than was asked for."""
    tier = name_of(usage.get("serviceTier"))
    if tier is not None:
        tier = tier.lower().removeprefix("service_tier_")
        return None if tier == "unspecified" else tier
    traffic = usage.get("trafficType")
    return _TIERS.get(traffic) if isinstance(traffic, str) else None


def _output_of(candidates: int, thoughts: int, beyond_input: int | None) -> tuple[int, int | None]:
    """All output, and how much of it no field states."""
    stated = candidates + thoughts
    if beyond_input is None:
        return stated, None
    if thoughts <= candidates == beyond_input:
        return candidates, None
    return (beyond_input, beyond_input - stated) if beyond_input > stated else (stated, None)


def of_modality(usage: Mapping[str, Any], name: str, modality: str) -> int | None:
    """None where there is no list."""
    details = usage.get(name)
    if not isinstance(details, list):
        return None
    entries = [entry for entry in details if isinstance(entry, dict) and entry.get("modality") == modality]
    return sum(_count(entry, "tokenCount") or 0 for entry in entries)


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    if value is not None and (type(value) is not int or not 0 <= value <= MAX_TOKENS):
        raise ValueError(f"{name} is not a count of tokens")
    return value
