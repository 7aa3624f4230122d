"""What Gemini's counts include, and what they leave out."""

from typing import Any

import pytest

from ledger.usage import TokenUsage
from proxy.dialects.gemini_usage import says_counts, tier_of, usage_of


def output_of(candidates: int, thoughts: int | None, total: int | None) -> tuple[int, int | None, int | None]:
    """For a prompt of 100: output, reasoning, inferred."""
    usage = usage_of(
        {
            "promptTokenCount": 100,
            "candidatesTokenCount": candidates,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": total,
        }
    )
    return usage.output_tokens, usage.reasoning_tokens, usage.inferred_tokens


@pytest.mark.parametrize(
    ("candidates", "thoughts", "total", "output"),
    [
        (20, 30, 150, (50, 30, None)),
        (20, 30, None, (50, 30, None)),
        (20, None, 120, (20, None, None)),
        (20, 0, 120, (20, 0, None)),
        (50, 30, 150, (50, 30, None)),
        (30, 30, 130, (30, 30, None)),
        (20, None, 150, (50, None, 30)),
        (20, 30, 160, (60, 30, 10)),
        (20, 30, 120, (50, 30, None)),
        (20, 30, 90, (50, 30, None)),
    ],
)
def test_thoughts_are_output_beside_the_candidates_or_among_them_as_the_total_says(
    candidates: int, thoughts: int | None, total: int | None, output: tuple[int, int | None, int | None]
) -> None:
    """They are among them where the total is the sum without them, and no more than those."""
    assert output_of(candidates, thoughts, total) == output


def test_what_tools_gave_back_is_input_beside_the_prompt() -> None:
    counts = {"promptTokenCount": 100, "toolUsePromptTokenCount": 40, "candidatesTokenCount": 5}
    assert usage_of({**counts, "totalTokenCount": 145}) == TokenUsage(input_tokens=140, output_tokens=5)


def test_audio_of_prompt_and_tools_is_audio() -> None:
    usage = usage_of(
        {
            "promptTokenCount": 100,
            "toolUsePromptTokenCount": 40,
            "promptTokensDetails": [
                {"modality": "AUDIO", "tokenCount": 60},
                {"modality": "VIDEO", "tokenCount": 9},
            ],
            "toolUsePromptTokensDetails": [{"modality": "AUDIO", "tokenCount": 7}],
        }
    )
    assert (usage.input_audio_tokens, usage.input_image_tokens) == (67, None)


def test_a_list_that_leaves_audio_out_says_that_there_is_none() -> None:
    usage = usage_of(
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 50,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
            "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 50}],
        }
    )
    assert (usage.input_audio_tokens, usage.cache_read_audio_tokens) == (0, 0)


@pytest.mark.parametrize("lost", ["promptTokensDetails", "cachedContentTokenCount"])
def test_cached_audio_without_the_counts_that_it_is_part_of_is_unknown(lost: str) -> None:
    usage: dict[str, Any] = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 50,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 60}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 50}],
    }
    del usage[lost]
    assert usage_of(usage).cache_read_audio_tokens is None


@pytest.mark.parametrize("details", ["x", 7, {}, [7, "x", None, {}, {"modality": "AUDIO"}]])
def test_details_of_no_known_form_count_nothing(details: Any) -> None:
    usage = usage_of({"promptTokenCount": 100, "promptTokensDetails": details})
    assert usage.input_audio_tokens == (0 if isinstance(details, list) else None)


@pytest.mark.parametrize(
    ("usage", "tier"),
    [
        ({"trafficType": "ON_DEMAND"}, "standard"),
        ({"trafficType": "ON_DEMAND_FLEX"}, "flex"),
        ({"trafficType": "ON_DEMAND_PRIORITY"}, "priority"),
        ({"trafficType": "PROVISIONED_THROUGHPUT"}, "provisioned"),
        ({"trafficType": "TRAFFIC_TYPE_UNSPECIFIED"}, None),
        ({"trafficType": ["ON_DEMAND"]}, None),
        ({"serviceTier": "priority"}, "priority"),
        ({"serviceTier": "SERVICE_TIER_FLEX"}, "flex"),
        ({"serviceTier": "unspecified"}, None),
        ({"serviceTier": 1}, None),
        ({}, None),
    ],
)
def test_the_tier_that_served_the_call_has_the_name_that_prices_have(usage: Any, tier: str | None) -> None:
    assert tier_of(usage) == tier


def test_the_kind_of_traffic_alone_counts_nothing_yet() -> None:
    assert not says_counts({"trafficType": "ON_DEMAND", "promptTokensDetails": []})
    assert says_counts({"totalTokenCount": 0})
