"""A usage that cannot be is refused where it is made, so nothing after it has to ask."""

import pytest
from msgspec.structs import replace

from ledger.usage import MAX_TOKENS, TokenUsage

USAGE = TokenUsage(input_tokens=2459, cache_read_tokens=2455, output_tokens=23)


def test_a_part_that_upstream_did_not_say_is_not_a_zero() -> None:
    assert USAGE.cache_write_tokens is None
    assert replace(USAGE, cache_write_tokens=0) != USAGE


def test_a_total_may_be_all_cached() -> None:
    assert replace(USAGE, cache_write_tokens=4).cache_write_tokens == 4  # 2455 + 4 = 2459


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"cache_read_tokens": 2460}, "cached tokens (2460) exceed input_tokens (2459)"),
        ({"cache_write_tokens": 5}, "cached tokens (2460) exceed input_tokens (2459)"),
        ({"cache_write_1h_tokens": 1}, "cache_write_1h_tokens (1) exceed cache_write_tokens (0)"),
        ({"input_audio_tokens": 2460}, "input_audio_tokens (2460) exceed input_tokens (2459)"),
        ({"reasoning_tokens": 24}, "reasoning and audio tokens (24) exceed output_tokens (23)"),
        (
            {"reasoning_tokens": 20, "output_audio_tokens": 4},
            "reasoning and audio tokens (24) exceed output_tokens (23)",
        ),
    ],
)
def test_a_part_larger_than_its_total_is_refused(change: dict[str, int], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("(", r"\(").replace(")", r"\)")):
        replace(USAGE, **change)


@pytest.mark.parametrize("count", [-1, MAX_TOKENS + 1, True, 1.0, "7", float("nan")])
def test_what_is_no_count_is_refused(count: object) -> None:
    with pytest.raises(ValueError, match="input_tokens is not a count of tokens"):
        TokenUsage(input_tokens=count)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["input_tokens", "output_tokens"])
def test_a_total_is_never_unknown(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is not a count of tokens"):
        replace(USAGE, **{name: None})


def test_the_largest_count_that_json_carries_exactly_is_taken() -> None:
    assert TokenUsage(input_tokens=MAX_TOKENS).input_tokens == 9_007_199_254_740_991
