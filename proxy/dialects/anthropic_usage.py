"""The usage object of Anthropic's Messages API.

Source: https://platform.claude.com/docs/en/api/messages, anthropic-sdk-python types/usage.py,
message_delta_usage.py and beta/beta_iterations_usage.py, read 2026-11-22.
- input_tokens leaves the caches out: all input is input_tokens, cache_creation_input_tokens and
  cache_read_input_tokens together. cache_creation tells the writes by lifetime; writes that no lifetime is
  told for are of the default one.
- output_tokens includes thinking, which output_tokens_details.thinking_tokens counts.
- server_tool_use.web_search_requests are charged one by one; web_fetch_requests are free; what code execution
  costs is not in the answer.
- speed "fast" has prices of its own (.../build-with-claude/fast-mode). inference_geo "us" costs 1.1 times
  the list price (.../manage-claude/data-residency), "global" and "not_available" the list price. The
  catalogue has no price for a region, so the service tier names it, and a call is unpriced rather than
  priced too low; a price that the user states for service_tier "us" applies.
- iterations (beta) lists what ran within one answer. The totals at the top leave compaction out, and input of
  all but the first round where an advisor was asked: the sum over the rounds is what is billed
  (.../build-with-claude/compaction, .../agents-and-tools/tool-use/advisor-tool). An advisor, and a model that
  declined before another one answered, are billed at their own model's rates: they are calls of their own.

Servers that imitate this API write prompt_tokens and completion_tokens, some of them, as OpenAI does."""

from itertools import chain
from typing import Any

from msgspec.structs import replace

from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects import openai_usage
from proxy.dialects.counted import counted, part
from proxy.dialects.reading import Reading, name_of
from proxy.dialects.server_tools import searches_in

_COUNTS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_LIFETIMES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_AT_LIST_PRICE = frozenset({None, "global", "not_available"})

_Usage = dict[str, Any]


def reading_of(usage: _Usage, service_tier: str | None = None) -> Reading:
    """What *usage* tells of the model that answered; usage it cannot be is a problem. *service_tier* goes
    before the one that is told."""
    tier = service_tier_of(usage, service_tier)
    tokens, problem = counted(usage, usage_of)
    if tokens is None:
        return Reading(service_tier=tier, problem=problem)
    try:
        units = searches_in(usage)
    except ValueError as error:
        return Reading(service_tier=tier, problem=f"usage in the answer is wrong: {error}")
    return Reading(service_tier=tier, usage=tokens, units=units, model=model_of(usage))


def usage_of(usage: _Usage) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    if usage.get("input_tokens") is None and usage.get("prompt_tokens") is not None:
        return openai_usage.usage_of(usage)
    counts = _billed(usage)
    read, written = counts.get("cache_read_input_tokens"), _written(counts)
    return TokenUsage(
        input_tokens=_needed(counts, "input_tokens") + (read or 0) + (written or 0),
        output_tokens=_needed(counts, "output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=counts.get("ephemeral_1h_input_tokens"),
        reasoning_tokens=part(usage, "output_tokens_details").get("thinking_tokens"),
    )


def service_tier_of(usage: _Usage, service_tier: str | None = None) -> str | None:
    """The service tier that decides the price: fast and a region outside the list price are tiers too.

    >>> service_tier_of({"service_tier": "standard", "inference_geo": "us"})
    'us'
    >>> service_tier_of({"service_tier": "standard", "inference_geo": "us"}, "batch")
    'batch-us'
    """
    tier = service_tier or name_of(usage.get("service_tier"))
    if usage.get("speed") == "fast":
        tier = "fast"
    region = name_of(usage.get("inference_geo"))
    if region in _AT_LIST_PRICE:
        return tier
    return region if tier in (None, "standard") else f"{tier}-{region}"


def model_of(usage: _Usage) -> str | None:
    """The model that answered in place of the one that was asked; None: it was not replaced."""
    fallbacks = (one for one in _rounds(usage) if one.get("type") == "fallback_message")
    return next((name_of(one.get("model")) for one in fallbacks), None)


def others(usage: _Usage, service_tier: str | None = None) -> list[Reading]:
    """What other models than the one that answered did for this answer, each at its own rates."""
    tier = service_tier_of(usage, service_tier)
    _, foreign = _own_and_foreign(usage)
    return [
        replace(_reading_of_other(one, tier), model=name_of(one.get("model")), reported=one)
        for one in foreign
    ]


def _reading_of_other(one: _Usage, service_tier: str | None) -> Reading:
    if one.get("type") == "message" and one.get("output_tokens") == 0:
        return Reading(problem="declined before any output: whether that is billed is not said")
    return reading_of({**one, "iterations": None}, service_tier)


def _billed(usage: _Usage) -> dict[str, int]:
    """The counts over all rounds of the model that answered."""
    own, _ = _own_and_foreign(usage)
    compactions = [_counts_of(one) for one in own if one.get("type") == "compaction"]
    answers = [_counts_of(one) for one in own if one.get("type") != "compaction"]
    told_by_all = set.intersection(*map(set, answers)) if answers else set()
    counts = _counts_of(usage) | {name: sum(each[name] for each in answers) for name in told_by_all}
    for name, count in chain.from_iterable(each.items() for each in compactions):
        counts[name] = counts.get(name, 0) + count
    return counts


def _own_and_foreign(usage: _Usage) -> tuple[list[_Usage], list[_Usage]]:
    """The rounds of the model that answered, and those of others."""
    answered = model_of(usage)
    parts: tuple[list[_Usage], list[_Usage]] = [], []
    for one in _rounds(usage):
        is_declined = answered is not None and one.get("type") == "message" and one.get("model") != answered
        parts[is_declined or one.get("type") == "advisor_message"].append(one)
    return parts


def _rounds(usage: _Usage) -> list[_Usage]:
    rounds = usage.get("iterations")
    return [one for one in rounds if isinstance(one, dict)] if isinstance(rounds, list) else []


def _counts_of(usage: _Usage) -> dict[str, int]:
    """The counts that are told. Raises ValueError for one that cannot be."""
    lifetimes = part(usage, "cache_creation")
    told = {name: usage.get(name) for name in _COUNTS} | {name: lifetimes.get(name) for name in _LIFETIMES}
    if told["output_tokens"] is None:
        told["output_tokens"] = usage.get("completion_tokens")
    return {name: _checked(name, count) for name, count in told.items() if count is not None}


def _written(counts: dict[str, int]) -> int | None:
    by_lifetime = [counts[name] for name in _LIFETIMES if name in counts]
    written = counts.get("cache_creation_input_tokens")
    if written is None:
        return sum(by_lifetime) if by_lifetime else None
    if sum(by_lifetime) > written:
        raise ValueError(f"cache writes by lifetime ({sum(by_lifetime)}) exceed all of them ({written})")
    return written


def _needed(counts: dict[str, int], name: str) -> int:
    if name not in counts:
        raise ValueError(f"{name} is not a count of tokens")
    return counts[name]


def _checked(name: str, count: object) -> int:
    if type(count) is not int or not 0 <= count <= MAX_TOKENS:
        raise ValueError(f"{name} is not a count of tokens")
    return count
