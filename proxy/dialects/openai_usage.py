"""The usage object of chat completions, completions and embeddings.

Sources, read 2026-11-22:
- https://platform.openai.com/docs/api-reference/chat/object and openai-python types/completion_usage.py:
  prompt_tokens includes cached, cache-write and audio tokens; completion_tokens includes reasoning, audio and
  rejected prediction tokens. A detail that is absent is unknown, a 0 is a value. prompt_tokens_details has
  image_tokens at some: images that go in cost what text costs, so they are not told apart; images that come
  out (Gemini's at OpenRouter) do not, so they are.
- https://api-docs.deepseek.com/api/create-chat-completion: prompt_cache_hit_tokens is cached_tokens, and with
  prompt_cache_miss_tokens it makes up prompt_tokens, which some gateways lose.
- https://docs.x.ai/docs/key-information/consumption-and-rate-limits and
  https://ai.google.dev/gemini-api/docs/openai: thinking is counted in total_tokens, and is not in
  completion_tokens. What the total has more than its parts is output; it is inferred unless reasoning_tokens
  says just that.
- Moonshot tells cached_tokens at the top (https://github.com/vercel/ai/pull/12352).
- What was written to a cache, beside OpenAI's cache_write_tokens: Alibaba's cache_creation_input_tokens and
  cache_creation (https://www.alibabacloud.com/help/en/model-studio/context-cache), LiteLLM's
  cache_creation_tokens and cache_creation_token_details (litellm types/utils.py). They too are part of
  prompt_tokens, and their lifetimes are named as Anthropic names them.
- mistralai client-ts, UsageInfo, has prompt_audio_seconds. In recorded transcriptions the audio's tokens are
  in total_tokens and not in prompt_tokens; a chat with audio is taken to count alike.
- https://docs.perplexity.ai/api-reference/sonar-post: citation_tokens and reasoning_tokens stand at the top,
  come on top of completion_tokens, and total_tokens leaves them out. num_search_queries is not read:
  most of its models charge for the request, whatever it searched."""

from collections.abc import Mapping
from typing import Any, TypeGuard

from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects.counted import part

_WRITTEN_BY_PREFERENCE = ("cache_write_tokens", "cache_creation_input_tokens", "cache_creation_tokens")
_WRITTEN = frozenset(_WRITTEN_BY_PREFERENCE[1:])
_TOTALS = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})
_Output = tuple[Any, int | None]
"""output_tokens, which may be no count, and how many of them no field states."""


def usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    if _TOTALS.issuperset(usage):
        return _plain(usage)
    prompt = part(usage, "prompt_tokens_details")
    completion = part(usage, "completion_tokens_details")
    cached = prompt.get("cached_tokens")
    if cached is None:
        cached = usage.get("prompt_cache_hit_tokens", usage.get("cached_tokens"))
    written, written_1h = _written(prompt) if prompt else (None, None)
    reasoning = completion.get("reasoning_tokens")
    input_tokens = _input_of(usage)
    heard = _heard_beside_the_prompt(usage) if "prompt_audio_seconds" in usage else None
    if heard is not None:
        input_tokens += heard
    output_tokens, inferred = _output_of(usage, input_tokens, reasoning)
    return TokenUsage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=written_1h,
        input_audio_tokens=prompt.get("audio_tokens") if heard is None else heard,
        reasoning_tokens=usage.get("reasoning_tokens") if _is_perplexitys(usage) else reasoning,
        output_audio_tokens=completion.get("audio_tokens"),
        output_image_tokens=completion.get("image_tokens"),
        rejected_prediction_tokens=completion.get("rejected_prediction_tokens"),
        inferred_tokens=inferred,
    )


def _plain(usage: Mapping[str, Any]) -> TokenUsage:
    """Of totals alone, as many local servers write them: there is nothing to look for beside them."""
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(prompt) is type(completion) is int and usage.get("total_tokens") == prompt + completion:
        return TokenUsage(input_tokens=prompt, output_tokens=completion)
    output_tokens, inferred = _output_of(usage, prompt, None)
    return TokenUsage(input_tokens=prompt, output_tokens=output_tokens, inferred_tokens=inferred)  # type: ignore[arg-type]  # TokenUsage refuses what is no count


def _input_of(usage: Mapping[str, Any]) -> Any:
    stated = usage.get("prompt_tokens")
    if stated is not None:
        return stated
    parts = (usage.get("prompt_cache_hit_tokens"), usage.get("prompt_cache_miss_tokens"))
    return sum(parts) if _are_counts(*parts) else None


def _written(prompt: Mapping[str, Any]) -> tuple[Any, Any]:
    """Tokens that were written to a cache, and those of them for an hour."""
    if _WRITTEN.isdisjoint(prompt):
        return prompt.get("cache_write_tokens"), None
    told = [prompt[name] for name in _WRITTEN_BY_PREFERENCE if prompt.get(name) is not None]
    lifetimes = part(prompt, "cache_creation") or part(prompt, "cache_creation_token_details")
    return next(iter(told), None), lifetimes.get("ephemeral_1h_input_tokens")


def _heard_beside_the_prompt(usage: Mapping[str, Any]) -> int | None:
    """Mistral's tokens of audio. None where they are not told apart so."""
    seconds = usage.get("prompt_audio_seconds")
    if seconds is None:
        return None
    total = usage.get("total_tokens")
    prompt, output = usage.get("prompt_tokens"), usage.get("completion_tokens", 0)
    if not (_is_count(seconds) and _is_count(total) and _is_count(prompt) and _is_count(output)):
        return None
    return total - prompt - output if seconds and total > prompt + output else None


def _output_of(usage: Mapping[str, Any], input_tokens: Any, reasoning: Any) -> _Output:
    """completion_tokens, with what total_tokens has beyond prompt and completion."""
    output, total = usage.get("completion_tokens", 0), usage.get("total_tokens")
    is_all = type(output) is type(input_tokens) is int and total == input_tokens + output
    if is_all and not _is_perplexitys(usage):
        return output, None
    if "completion_tokens" not in usage or not _is_count(output):
        return output, None
    if _is_perplexitys(usage):
        beside = [usage.get("citation_tokens"), usage.get("reasoning_tokens")]
        return output + sum(count for count in beside if _is_count(count)), None
    if not _are_counts(input_tokens, total) or total <= input_tokens + output:
        return output, None
    unstated = total - input_tokens - output
    return output + unstated, None if reasoning == unstated else unstated


def _is_perplexitys(usage: Mapping[str, Any]) -> bool:
    return "citation_tokens" in usage


def _are_counts(*values: Any) -> bool:
    return all(map(_is_count, values))


def _is_count(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= MAX_TOKENS
