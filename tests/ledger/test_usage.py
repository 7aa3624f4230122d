"""A usage that cannot be is refused where it is made, so nothing after it has to ask."""

import re

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
        (
            {"reasoning_tokens": 24},
            "reasoning, audio, image and rejected tokens (24) exceed output_tokens (23)",
        ),
        (
            {"reasoning_tokens": 20, "output_audio_tokens": 4},
            "reasoning, audio, image and rejected tokens (24) exceed output_tokens (23)",
        ),
    ],
)
def test_a_part_larger_than_its_total_is_refused(change: dict[str, int], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("(", r"\(").replace(")", r"\)")):
        replace(USAGE, **change)


MEDIA = TokenUsage(
    input_tokens=100,
    cache_read_tokens=50,
    input_audio_tokens=30,
    input_image_tokens=40,
    cache_read_audio_tokens=10,
    cache_read_image_tokens=20,
    output_tokens=9,
    output_image_tokens=4,
)
"""50 cached, 20 more of audio and 20 more of images: ten of plain text are left."""


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"input_audio_tokens": 61}, "input audio and image tokens (101) exceed input_tokens (100)"),
        ({"input_audio_tokens": 41}, "cached, audio and image tokens (101) exceed input_tokens (100)"),
        ({"cache_read_audio_tokens": 31}, "cache_read_audio_tokens (31) exceed input_audio_tokens (30)"),
        ({"cache_read_image_tokens": 41}, "cache_read_image_tokens (41) exceed input_image_tokens (40)"),
        ({"cache_read_tokens": 29}, "cached audio and image tokens (30) exceed cache_read_tokens (29)"),
        ({"input_image_tokens": None}, "cache_read_image_tokens (20) exceed input_image_tokens (0)"),
        (
            {"reasoning_tokens": 6},
            "reasoning, audio, image and rejected tokens (10) exceed output_tokens (9)",
        ),
        (
            {"rejected_prediction_tokens": 3, "output_audio_tokens": 3},
            "reasoning, audio, image and rejected tokens (10) exceed output_tokens (9)",
        ),
        ({"inferred_tokens": 10}, "inferred_tokens (10) exceed output_tokens (9)"),
        ({"inferred_tokens": -1}, "inferred_tokens is not a count of tokens"),
    ],
)
def test_parts_of_parts_are_refused_where_they_cannot_fit(
    change: dict[str, int | None], complaint: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}$"):
        replace(MEDIA, **change)


def test_parts_that_just_fit_are_taken() -> None:
    """Ten more of audio take the plain text's place; inferred tokens may be of any kind."""
    assert replace(MEDIA, input_audio_tokens=40).input_audio_tokens == 40
    assert replace(MEDIA, inferred_tokens=9, reasoning_tokens=5).inferred_tokens == 9


def test_where_it_is_not_said_what_was_cached_audio_and_cache_may_overlap() -> None:
    """All 60 of audio among 90 cached, or half of them: 150 of 100 is no contradiction."""
    usage = TokenUsage(input_tokens=100, cache_read_tokens=90, input_audio_tokens=60)
    assert usage.cache_read_audio_tokens is None
    with pytest.raises(ValueError, match="cached, audio and image tokens"):
        replace(usage, cache_read_audio_tokens=49)


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


@pytest.mark.parametrize("nothing", [False, 0.0, "", b"", []], ids=repr)
def test_what_is_nothing_is_not_yet_a_count(nothing: object) -> None:
    for part in TokenUsage.__struct_fields__[2:]:
        with pytest.raises(ValueError, match=f"{part} is not a count of tokens"):
            TokenUsage(input_tokens=1, output_tokens=1, **{part: nothing})  # type: ignore[arg-type]
    assert (
        TokenUsage(input_tokens=0, output_tokens=0, cache_read_tokens=0, reasoning_tokens=0).output_tokens
        == 0
    )
