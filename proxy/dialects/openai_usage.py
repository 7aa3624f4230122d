"""The usage object of chat completions, completions and embeddings.

Source: https://platform.openai.com/docs/api-reference/chat/object and openai-python
types/completion_usage.py, read 2026-11-22. prompt_tokens includes cached, cache-write and audio tokens;
completion_tokens includes reasoning, audio and rejected prediction tokens. A detail that is absent is
unknown, a 0 is a value. prompt_cache_hit_tokens is DeepSeek's name for cached_tokens
(https://api-docs.deepseek.com/api/create-chat-completion). xAI and Gemini count thinking in the total
only: what total_tokens has more than its parts is output (https://docs.x.ai/docs/api-reference,
https://ai.google.dev/gemini-api/docs/openai)."""

from collections.abc import Mapping
from typing import Any

from ledger.usage import MAX_TOKENS, TokenUsage


def usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    prompt = _details(usage, "prompt_tokens_details")
    completion = _details(usage, "completion_tokens_details")
    cached = prompt.get("cached_tokens")
    return TokenUsage(
        input_tokens=usage.get("prompt_tokens"),  # type: ignore[arg-type]  # TokenUsage refuses what is no count
        output_tokens=_output_of(usage),
        cache_read_tokens=usage.get("prompt_cache_hit_tokens") if cached is None else cached,
        cache_write_tokens=prompt.get("cache_write_tokens"),
        input_audio_tokens=prompt.get("audio_tokens"),
        reasoning_tokens=completion.get("reasoning_tokens"),
        output_audio_tokens=completion.get("audio_tokens"),
    )


def _output_of(usage: Mapping[str, Any]) -> Any:
    """completion_tokens, with what total_tokens has beyond prompt and completion."""
    output, total = usage.get("completion_tokens", 0), usage.get("total_tokens")
    counts = (usage.get("prompt_tokens"), output, total)
    if "completion_tokens" in usage and all(
        type(count) is int and 0 <= count <= MAX_TOKENS for count in counts
    ):
        return max(output, total - usage["prompt_tokens"])
    return output


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, dict) else {}
