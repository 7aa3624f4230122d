"""The formulas by hand, on a machine and a model of round numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.rig import DoesNotFit, Rig, Shape, weight_bytes
from projection.roofline import (
    highest_rate,
    link_s,
    link_token_s,
    log_sd,
    prefill_s,
    step_s,
    throughput,
    time_per_token_s,
    users_within,
    weights_read_bytes,
)
from projection.specs import Link, Model, Quantisation
from tests.projection.rigs import (
    FP8,
    FP16,
    GPT_OSS_20B,
    H100,
    LLAMA_8B,
    LLAMA_70B,
    LLAMA_CPP,
    MXFP4,
    NVFP4,
    Q4_K_M,
    QWEN3_8B,
    RTX_4090,
    VLLM,
    rig,
)

ROUND = replace(
    H100, name="round", memory_bytes=100e9, bandwidth_bytes_s=1e12, flops_16=100e12, flops_8=200e12
)
TEN_BILLION = replace(
    LLAMA_8B, layers=10, hidden=1000, parameters=10e9, active_parameters=10e9, shared_parameters=10e9
)
PLAIN = rig(ROUND, TEN_BILLION, FP8)
SHAPE = Shape(input_tokens=1000, output_tokens=200)


def number(value: float | DoesNotFit) -> float:
    assert not isinstance(value, DoesNotFit), value.reason
    return value


def test_a_small_batch_waits_for_the_weights() -> None:
    weights_s, rest_s = 10e9 / 0.95e12, 10 * 30e-6 + 0.73e-3 + 7.9e-6
    assert step_s(PLAIN, 1, 0) == pytest.approx(weights_s + rest_s)  # 10.526 + 1.038 ms


def test_a_large_batch_waits_for_the_arithmetic() -> None:
    compute_s = 2 * 10e9 * 100 / (200e12 * 0.48)  # 20.8 ms, above the weights' 10.5
    assert step_s(PLAIN, 100, 0) == pytest.approx(compute_s + 1.03e-3 + 790e-6)


def test_each_token_in_the_cache_is_read_in_each_step() -> None:
    longer_s = step_s(PLAIN, 8, 1000) - step_s(PLAIN, 8, 0)
    assert longer_s == pytest.approx(8 * 1000 * 40_960 / 0.95e12)  # 2 * 10 layers * 8 heads * 128 * 2 bytes


def test_a_model_that_slides_reads_less_of_the_cache() -> None:
    sliding = replace(PLAIN, model=replace(TEN_BILLION, slides=True))
    longer_s = step_s(sliding, 8, 1000) - step_s(sliding, 8, 0)
    assert longer_s == pytest.approx(0.6 * 8 * 1000 * 40_960 / 0.95e12)


MIXTURE = replace(
    TEN_BILLION, experts=10, experts_used=1, shared_parameters=1e9, active_parameters=1.9e9
)  # experts have 0.9e9 each


def test_a_mixture_reads_the_experts_that_anyone_chose() -> None:
    mixture = replace(PLAIN, model=MIXTURE)
    assert weights_read_bytes(mixture, 1) == pytest.approx(1.9e9)  # shared, and one expert of ten
    assert weights_read_bytes(mixture, 2) == pytest.approx(1e9 + 9e9 * 0.19)  # 1 - 0.9^2
    assert weights_read_bytes(mixture, 1000) == pytest.approx(10e9)


def test_a_mixture_is_slower_than_its_bytes_and_pays_for_choosing() -> None:
    mixture = replace(PLAIN, model=MIXTURE)
    assert step_s(mixture, 1, 0) == pytest.approx(1.9e9 / 0.95e12 / 0.6 + 10 * 70e-6 + 0.73e-3 + 7.9e-6)


@pytest.mark.parametrize(
    ("link", "latency_s", "bytes_s"),
    [
        (Link.NVLINK, 8e-6, 450e9),
        (Link.SERVER_PCIE, 30e-6, 16e9),
        (Link.SERVER_PCIE_5, 30e-6, 32e9),
        (Link.CONSUMER_PCIE, 40e-6, 10e9),
    ],
)
def test_units_tell_each_other_twice_a_layer(link: Link, latency_s: float, bytes_s: float) -> None:
    four = replace(PLAIN, hardware=replace(ROUND, link=link), units=4)
    sent = 2 * 3 / 4 * 16 * 1000 * 2  # 2 (g-1)/g * batch * hidden * 2 bytes
    assert link_s(four, 16) == pytest.approx(2 * 10 * (latency_s + sent / bytes_s))


def by_request(units: int) -> Rig:
    """The mixture on an engine whose units attend to whole requests."""
    engine = replace(VLLM, attends_by_request=True)
    hardware = replace(ROUND, link=Link.SERVER_PCIE)
    return replace(PLAIN, model=MIXTURE, hardware=hardware, engine=engine, units=units)


def test_units_that_attend_to_whole_requests_each_hold_and_read_what_is_no_expert() -> None:
    """Of 10 GB one is shared: four units hold 13 together, and read four times the shared part."""
    assert (weight_bytes(by_request(4)), weight_bytes(by_request(1))) == (13e9, 10e9)
    assert weights_read_bytes(by_request(4), 1) == pytest.approx(4e9 + 0.9e9)
    assert weights_read_bytes(by_request(4), 1000) == pytest.approx(13e9)


def test_units_that_attend_to_whole_requests_tell_each_other_half_as_much() -> None:
    one_by_one, summed = by_request(4), replace(by_request(4), engine=VLLM)
    assert link_token_s(one_by_one) == pytest.approx(10 * 2 * 3 / 4 * 1000 * 2 / 16e9)
    assert link_token_s(summed) == pytest.approx(2 * link_token_s(one_by_one))


def test_a_mixtures_input_crosses_the_link_too() -> None:
    """1,000 tokens of 1.9e9 parameters on four units at 200e12, 0.48 and 0.6 of them; and what crosses."""
    four = by_request(4)
    pairs_s = 2 * 10 * 32 * 128 * 1000**2 / (4 * 100e12 * 0.48)
    weights_s = 2 * 1.9e9 * 1000 / (4 * 200e12 * 0.48 * 0.6)
    assert prefill_s(four, 1000.0) == pytest.approx(weights_s + pairs_s + 1000 * link_token_s(four))


def test_one_unit_has_nobody_to_talk_to() -> None:
    assert link_s(PLAIN, 16) == 0


def test_a_prefill_multiplies_weights_and_looks_at_every_pair_of_tokens() -> None:
    weights_s = 2 * 10e9 * 1000 / (200e12 * 0.48)
    pairs_s = 2 * 10 * 32 * 128 * 1000**2 / (100e12 * 0.48)  # at 16 bits, whatever the weights are in
    assert prefill_s(PLAIN, 1000.0) == pytest.approx(weights_s + pairs_s)


def test_a_prefix_that_is_still_there_is_not_computed_again() -> None:
    assert prefill_s(PLAIN, 1000.0, 0.75) == pytest.approx(prefill_s(PLAIN, 1000.0) / 4)
    assert prefill_s(PLAIN, 1000.0, 1.0) == 0


def test_many_prefills_at_once_are_the_same_as_one_by_one() -> None:
    together = prefill_s(PLAIN, np.array([0.0, 10.0, 1000.0]))
    assert together.tolist() == [0, prefill_s(PLAIN, 10.0), prefill_s(PLAIN, 1000.0)]


def test_an_h100_prefills_16_bit_faster_than_the_rest() -> None:
    ratio = prefill_s(rig(replace(H100, name="H200"), LLAMA_8B, FP16), 1.0) / prefill_s(
        rig(H100, LLAMA_8B, FP16), 1.0
    )
    assert ratio == pytest.approx(0.68 / 0.48)


@pytest.mark.parametrize("narrow", [FP8, NVFP4])
def test_weights_narrower_than_a_card_multiplies_are_multiplied_at_16_bit(narrow: Quantisation) -> None:
    old = rig(replace(ROUND, flops_8=None), TEN_BILLION, narrow)
    assert prefill_s(old, 1.0) == pytest.approx(2 * 10e9 / (100e12 * 0.48), rel=1e-4)


def test_throughput_is_the_answer_over_its_share_of_prefill_and_steps() -> None:
    step = step_s(PLAIN, 10, 1100)
    assert number(throughput(PLAIN, SHAPE, 10)) == pytest.approx(
        200 / (prefill_s(PLAIN, 1000.0) + 200 * step / 10)
    )
    assert number(time_per_token_s(PLAIN, SHAPE, 10)) == pytest.approx(
        step + 10 / 200 * prefill_s(PLAIN, 1000.0)
    )


def test_users_above_the_slots_wait_and_add_nothing() -> None:
    assert throughput(PLAIN, SHAPE, 10_000) == throughput(PLAIN, SHAPE) == throughput(PLAIN, SHAPE, 256)


def test_the_highest_rate_is_the_highest_throughput_in_requests() -> None:
    assert number(highest_rate(PLAIN, SHAPE)) * 200 == pytest.approx(number(throughput(PLAIN, SHAPE)))


def test_requests_that_share_one_stream_take_turns() -> None:
    gguf = rig(RTX_4090, LLAMA_8B, Q4_K_M, LLAMA_CPP)
    alone = 1 / step_s(gguf, 1, 0)
    assert alone == pytest.approx(1008e9 * 0.65 / (8.03e9 * 0.606))  # 134.6 tokens/s; measured 130.6
    assert step_s(gguf, 4, 0) == pytest.approx(4 / alone)
    unknown = replace(gguf, engine=replace(LLAMA_CPP, bandwidth_share=None))
    batching = replace(gguf, engine=VLLM)
    assert step_s(unknown, 3, 0) == pytest.approx(3 * step_s(batching, 1, 0))


def test_only_weights_of_4_bits_take_longer_to_unpack_than_to_read() -> None:
    """llama.cpp reads 16 bit as fast as others do, 54.2 tokens/s here; 54.8 were measured."""
    wide, two = (rig(RTX_4090, LLAMA_8B, FP16, LLAMA_CPP, units=units) for units in (1, 2))
    assert step_s(wide, 1, 0) == pytest.approx(8.03e9 * 2 / (1008e9 * 0.95) + 32 * 30e-6 + 0.73e-3 + 7.9e-6)
    assert step_s(two, 1, 500) == step_s(wide, 1, 500)
    assert step_s(wide, 4, 0) == pytest.approx(4 * step_s(wide, 1, 0))


def test_two_cards_read_one_stream_one_after_the_other() -> None:
    one, two = (rig(RTX_4090, LLAMA_70B, Q4_K_M, LLAMA_CPP, units=units) for units in (1, 2))
    assert step_s(two, 1, 500) == step_s(one, 1, 500)
    assert prefill_s(two, 500.0) == prefill_s(one, 500.0)


def test_two_cards_that_batch_share_every_layer() -> None:
    one, two = (rig(RTX_4090, LLAMA_8B, FP8, units=units) for units in (1, 2))
    # of each token, each of 32 layers sends half of 2 x 4,096 values of 2 bytes twice, at 10 GB/s
    told_s = 500 * 32 * 2 * 4096 * 2 / 10e9
    assert prefill_s(two, 500.0) == pytest.approx(prefill_s(one, 500.0) / 2 + told_s)
    assert step_s(two, 1, 500) - link_s(two, 1) < step_s(one, 1, 500)


def test_a_measured_machine_is_as_much_faster_in_everything() -> None:
    twice = replace(PLAIN, speed=2.0)
    assert step_s(twice, 4, 500) == pytest.approx(step_s(PLAIN, 4, 500) / 2)
    assert number(throughput(twice, SHAPE)) == pytest.approx(2 * number(throughput(PLAIN, SHAPE)))


def test_what_does_not_fit_has_no_speed() -> None:
    small = rig(RTX_4090, LLAMA_70B, Q4_K_M)
    answers = [throughput(small, SHAPE), time_per_token_s(small, SHAPE), highest_rate(small, SHAPE)]
    answers.append(users_within(small, SHAPE, 2.0))
    assert all(isinstance(answer, DoesNotFit) for answer in answers)


def test_nobody_is_served_is_no_load() -> None:
    with pytest.raises(ValueError, match="concurrent is 0"):
        throughput(PLAIN, SHAPE, 0)


@pytest.mark.parametrize(("tokens", "users"), [((1024, 128), 108), ((2048, 2048), 52), ((8192, 512), 10)])
def test_users_within_two_seconds_are_those_that_silybench_counted(
    tokens: tuple[int, int], users: int
) -> None:
    shape = Shape(input_tokens=tokens[0], output_tokens=tokens[1])
    assert users_within(rig(H100, QWEN3_8B, FP8), shape, 2.0) == pytest.approx(users, rel=0.15)


def test_without_input_only_the_slots_bound_the_users() -> None:
    assert users_within(PLAIN, Shape(input_tokens=0, output_tokens=10), 0.001) == 256


def test_a_measurement_is_trusted_more_than_the_formula_and_mixtures_less() -> None:
    mixture = rig(H100, GPT_OSS_20B, MXFP4)
    assert [log_sd(PLAIN, measured=False), log_sd(mixture, measured=False)] == [0.24, 0.39]
    assert log_sd(mixture, measured=True) == 0.08


MODELS: list[Model] = [LLAMA_8B, GPT_OSS_20B]


@given(st.sampled_from(MODELS), st.integers(1, 255), st.floats(1, 4000), st.floats(1, 2000))
def test_more_at_once_serve_more_and_make_each_wait_longer(
    model: Model, batch: int, input_tokens: float, output_tokens: float
) -> None:
    one: Rig = rig(H100, model, FP8)
    shape = Shape(input_tokens=input_tokens, output_tokens=output_tokens)
    fewer, more = (number(throughput(one, shape, users)) for users in (batch, batch + 1))
    assert more >= fewer * (1 - 1e-12)
    waits = [number(time_per_token_s(one, shape, users)) for users in (batch, batch + 1)]
    assert waits[1] >= waits[0]
    assert all(map(math.isfinite, waits))
