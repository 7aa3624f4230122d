"""Does it fit, and how many at once: by hand on a machine of round numbers."""

from dataclasses import replace

import pytest

from projection.rig import DoesNotFit, Rig, Shape, cache_bytes_per_token, room_bytes, room_tokens, slots_of
from projection.specs import Hardware, Quantisation
from tests.projection.rigs import (
    A100_80,
    FP8,
    FP16,
    H100,
    LLAMA_8B,
    LLAMA_70B,
    M2_ULTRA,
    Q4_K_M,
    RTX_4090,
    VLLM,
    rig,
)

SHORT = Shape(input_tokens=1000, output_tokens=1000)


def refusal(rig: Rig, shape: Shape = SHORT) -> str:
    slots = slots_of(rig, shape)
    assert isinstance(slots, DoesNotFit)
    return slots.reason


def test_what_weights_and_runtime_leave_is_for_the_cache() -> None:
    ten = replace(H100, memory_bytes=20e9)
    small = replace(LLAMA_8B, parameters=8e9, active_parameters=8e9, shared_parameters=8e9)
    assert room_bytes(rig(ten, small, FP8)) == pytest.approx(9.5e9)  # 0.95 * 20 - 8 - 1.5
    assert cache_bytes_per_token(rig(ten, small)) == 131_072  # 2 * 32 layers * 8 heads * 128 * 2 bytes
    assert slots_of(rig(ten, small), SHORT) == 48  # 9.5e9 / 131,072 / 1,500 = 48.3


def test_an_8_bit_cache_has_room_for_twice_as_many_tokens() -> None:
    assert room_tokens(rig(cache_bytes_per_value=1)) == 2 * room_tokens(rig())


def test_the_engine_takes_no_more_than_its_cap() -> None:
    assert slots_of(rig(), Shape(input_tokens=10, output_tokens=1)) == VLLM.most_sequences


@pytest.mark.parametrize(
    ("hardware", "quantisation"), [(RTX_4090, Q4_K_M), (RTX_4090, FP16), (A100_80, FP16), (H100, FP16)]
)
def test_seventy_billion_do_not_fit_where_the_articles_put_them(
    hardware: Hardware, quantisation: Quantisation
) -> None:
    """70B at 4 bits is 42.8 GB, a 4090 has 24 GiB; at 16 bits it is 141 GB, an A100 has 80 GiB."""
    assert "Llama 3.3 70B in" in refusal(rig(hardware, LLAMA_70B, quantisation))


def test_the_refusal_says_both_numbers() -> None:
    assert refusal(rig(RTX_4090, LLAMA_70B, Q4_K_M)) == (
        "Llama 3.3 70B in q4_k_m is 42.8 GB; 1 x RTX 4090 has 25.8 GB"
    )


def test_two_of_them_hold_what_one_does_not() -> None:
    assert slots_of(rig(RTX_4090, LLAMA_70B, Q4_K_M, units=2), SHORT) == 6
    # 2 * (0.95 * 25.77e9 - 1.5e9) - 42.78e9 = 3.18e9; 327,680 bytes a token; 6.47 requests of 1,500


def test_a_request_larger_than_the_room_is_refused_with_both_numbers() -> None:
    long = Shape(input_tokens=60_000, output_tokens=2000)
    said = refusal(rig(RTX_4090, LLAMA_8B, FP16), long)
    assert said == "a request keeps 61000 tokens; 1 x RTX 4090 has room for 52805 beside Llama 3.1 8B"


def test_a_request_longer_than_the_context_is_refused() -> None:
    assert "131072 tokens in one request" in refusal(rig(), Shape(input_tokens=131_072, output_tokens=1))


def test_room_is_never_below_nothing() -> None:
    assert room_tokens(rig(RTX_4090, LLAMA_70B, FP16)) == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"units": 0}, "units is 0"),
        ({"speed": 0.0}, "speed is 0"),
        ({"speed": float("nan")}, "speed is nan"),
        ({"cache_bytes_per_value": 0.0}, "cache_bytes_per_value is 0"),
        ({"units": 2, "hardware": M2_ULTRA}, "no link"),
    ],
)
def test_a_rig_that_cannot_be_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(rig(), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"input_tokens": -1.0}, "input_tokens is -1"),
        ({"output_tokens": 0.0}, "output_tokens is 0"),
        ({"prefix_hit_rate": 1.5}, "prefix_hit_rate is 1.5"),
    ],
)
def test_a_request_that_cannot_be_is_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(SHORT, **wrong)
