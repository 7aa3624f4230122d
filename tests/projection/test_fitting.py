"""How a model is put on a machine: what fits, in what, on how many, at which speed."""

from dataclasses import replace

import pytest

from projection.asked import asked_of
from projection.catalogue import Catalogue, catalogue
from projection.fitting import (
    Asking,
    Fitted,
    batch_within,
    fitted,
    rate_within,
    share_by_itself,
    units_for,
)
from projection.plan import Constraints, MeasuredSpeed, Wanted
from projection.replay import Limits
from projection.rig import DoesNotFit, Shape, slots_of
from projection.roofline import highest_rate, throughput, time_per_token_s
from tests.projection.rigs import FP8, H100, LLAMA_8B, LLAMA_70B, RTX_4090, rig
from tests.projection.workloads import steady, workload

CATALOGUE: Catalogue = catalogue()
QUIET = asked_of(steady(0.1, 50))
SHAPE = Shape(input_tokens=500, output_tokens=100)
CHAT = Limits(first_token_s=2.0, per_token_s=0.1)


def fit(
    hardware: str,
    model: str,
    wanted: Wanted | None = None,
    *,
    constraints: Constraints | None = None,
    measured: tuple[MeasuredSpeed, ...] = (),
) -> Fitted | DoesNotFit:
    return fitted(
        CATALOGUE.hardware[hardware],
        CATALOGUE.models[model],
        wanted or Wanted(),
        Asking(asked=QUIET, constraints=constraints or Constraints()),
        CATALOGUE,
        measured,
    )


def does_fit(answer: Fitted | DoesNotFit) -> Fitted:
    assert isinstance(answer, Fitted), answer.reason
    return answer


@pytest.mark.parametrize(
    ("hardware", "model", "units", "quantisation", "engine"),
    [
        ("H100 SXM 80GB", "Llama 3.1 8B", 1, "fp8", "vLLM"),
        ("RTX 3090", "Llama 3.1 8B", 1, "fp16", "vLLM"),
        ("A100 80GB SXM", "Llama 3.3 70B", 1, "awq", "vLLM"),
        ("Mac Studio M3 Ultra", "Llama 3.3 70B", 1, "q4_k_m", "llama.cpp"),
        ("RTX 4090", "gpt-oss 20b", 1, "mxfp4", "vLLM"),
        ("Mac Studio M2 Ultra", "gpt-oss 120b", 1, "mxfp4", "llama.cpp"),
        ("H100 SXM 80GB", "DeepSeek V3", 8, "awq", "vLLM"),
    ],
)
def test_holes_are_filled_with_the_best_that_fits(
    hardware: str, model: str, units: int, quantisation: str, engine: str
) -> None:
    lax = Constraints(limits=Limits(first_token_s=60, per_token_s=1))
    found = does_fit(fit(hardware, model, constraints=lax)).rig
    assert (found.units, found.quantisation.name, found.engine.name) == (units, quantisation, engine)


def test_what_the_plan_names_is_taken() -> None:
    found = does_fit(fit("RTX 4090", "Llama 3.1 8B", Wanted(quantisation="awq", engine="Ollama"))).rig
    assert (found.quantisation.name, found.engine.name) == ("awq", "Ollama")
    assert does_fit(fit("RTX 4090", "Llama 3.1 8B", Wanted(engine="llama.cpp"))).rig.quantisation.name == (
        "q4_k_m"
    )


def test_70b_at_4_bits_does_not_fit_on_one_card_of_24_gib() -> None:
    answer = fit("RTX 4090", "Llama 3.3 70B", Wanted(units=1, quantisation="q4_k_m"))
    assert answer == DoesNotFit("Llama 3.3 70B in q4_k_m is 42.8 GB; 1 x RTX 4090 has 25.8 GB")


def test_a_machine_without_a_link_holds_a_model_alone_or_not_at_all() -> None:
    answer = fit("Mac Studio M2 Ultra", "Llama 3.1 405B")
    assert isinstance(answer, DoesNotFit)
    assert "1 x Mac Studio M2 Ultra" in answer.reason


def test_named_units_are_all_used() -> None:
    """Three cards hold one copy of 70B on all three, for two would leave one idle; or 8B three times."""
    assert does_fit(fit("RTX 3090", "Llama 3.3 70B", Wanted(units=3))).rig.units == 3
    assert does_fit(fit("RTX 3090", "Llama 3.1 8B", Wanted(units=3))).rig.units == 1
    assert isinstance(fit("RTX 3090", "Llama 3.3 70B", Wanted(units=11)), DoesNotFit)


def test_a_copy_is_on_eight_consumer_cards_only_where_the_plan_has_them() -> None:
    assert isinstance(fit("RTX 4090", "Qwen3 235B-A22B"), DoesNotFit)
    assert does_fit(fit("RTX 4090", "Qwen3 235B-A22B", Wanted(units=8))).rig.units == 8
    assert does_fit(fit("A100 80GB PCIe", "Llama 3.1 405B")).rig.units == 4


def test_no_group_is_larger_than_the_units_allowed() -> None:
    assert isinstance(fit("RTX 4090", "Llama 3.3 70B", constraints=Constraints(most_units=1)), DoesNotFit)


def test_the_group_is_the_one_that_takes_fewest_units_in_time() -> None:
    """70B in awq is 37.5 GB a token: two RTX 4090 read it in 20 ms, four in 10, and wait 9 for each other."""
    awq = Wanted(quantisation="awq")
    for per_token_s, units in ((0.2, 2), (0.025, 4)):
        limits = Constraints(limits=Limits(first_token_s=2, per_token_s=per_token_s))
        assert does_fit(fit("RTX 4090", "Llama 3.3 70B", awq, constraints=limits)).rig.units == units


def speed_of(share: float, **told: str) -> MeasuredSpeed:
    """*share*: of the computed speed of an RTX 4090 with Llama 3.1 8B in fp8, 8 at once."""
    plain = does_fit(fit("RTX 4090", "Llama 3.1 8B")).rig
    computed = throughput(plain, SHAPE, 8)
    assert not isinstance(computed, DoesNotFit)
    return MeasuredSpeed(
        hardware=told.get("hardware", "rtx-4090"),
        model=told.get("model", "llama 3.1 8b"),
        quantisation=told.get("quantisation"),
        engine=told.get("engine"),
        concurrent=8,
        input_tokens=500,
        output_tokens=100,
        output_tokens_per_s=share * computed,
        measured_at="2026-11-20",
    )


def test_a_measured_speed_takes_the_place_of_the_computed_one() -> None:
    found = does_fit(fit("RTX 4090", "Llama 3.1 8B", measured=(speed_of(0.5),)))
    assert found.is_speed_measured
    assert found.rig.speed == pytest.approx(0.5)
    assert throughput(found.rig, SHAPE, 8) == pytest.approx(speed_of(0.5).output_tokens_per_s)


def test_of_several_measurements_twice_and_half_make_one() -> None:
    found = does_fit(fit("RTX 4090", "Llama 3.1 8B", measured=(speed_of(0.5), speed_of(2))))
    assert found.rig.speed == pytest.approx(1)


@pytest.mark.parametrize(
    "other", [{"hardware": "RTX 3090"}, {"model": "Qwen3 8B"}, {"quantisation": "awq", "engine": "TGI"}]
)
def test_a_speed_of_something_else_is_left_out(other: dict[str, str]) -> None:
    wanted = Wanted(quantisation="fp8", engine="vLLM")
    found = does_fit(fit("RTX 4090", "Llama 3.1 8B", wanted, measured=(speed_of(0.5, **other),)))
    assert (found.is_speed_measured, found.rig.speed) == (False, 1)


def test_a_speed_of_nothing_is_no_speed() -> None:
    assert not does_fit(fit("RTX 4090", "Llama 3.1 8B", measured=(speed_of(0),))).is_speed_measured


def test_what_was_measured_is_run_as_it_was_measured() -> None:
    told = speed_of(1, quantisation="q4_k_m", engine="Ollama")
    found = does_fit(fit("RTX 4090", "Llama 3.1 8B", measured=(told,)))
    assert (found.rig.quantisation.name, found.rig.engine.name) == ("q4_k_m", "Ollama")
    assert found.is_speed_measured
    named = does_fit(fit("RTX 4090", "Llama 3.1 8B", Wanted(engine="vLLM"), measured=(told,)))
    assert (named.rig.engine.name, named.is_speed_measured) == ("vLLM", False)


def test_one_request_more_than_fit_in_the_limits_would_be_late() -> None:
    small = rig(RTX_4090, LLAMA_8B, FP8)
    limits = Limits(first_token_s=2, per_token_s=0.02)
    batch = batch_within(small, SHAPE, limits)
    within, beyond = time_per_token_s(small, SHAPE, batch), time_per_token_s(small, SHAPE, batch + 1)
    assert not isinstance(within, DoesNotFit)
    assert not isinstance(beyond, DoesNotFit)
    assert within <= 0.02 < beyond


def test_lax_limits_leave_all_slots_and_the_highest_rate() -> None:
    small, lax = rig(RTX_4090, LLAMA_8B, FP8), Limits(first_token_s=60, per_token_s=10)
    assert batch_within(small, SHAPE, lax) == slots_of(small, SHAPE)
    assert rate_within(small, SHAPE, lax) == pytest.approx(highest_rate(small, SHAPE))


def test_what_is_too_slow_or_too_large_serves_nothing_in_time() -> None:
    small = rig(RTX_4090, LLAMA_8B, FP8)
    assert rate_within(small, SHAPE, Limits(first_token_s=2, per_token_s=0.001)) == 0
    assert rate_within(small, SHAPE, Limits(first_token_s=0.001, per_token_s=1)) == 0
    assert rate_within(rig(RTX_4090, LLAMA_70B, FP8), SHAPE, CHAT) == 0


def test_units_are_counted_for_the_peak_and_none_is_enough_for_what_is_late_by_itself() -> None:
    h100 = rig(H100, LLAMA_8B, FP8)
    rate = rate_within(h100, SHAPE, CHAT)
    crowd = asked_of(workload([index / rate / 2.5 for index in range(6000)], span_s=6000 / rate / 2.5))
    asking = Asking(asked=crowd, constraints=Constraints(limits=CHAT))
    peak = crowd.peak_calls_per_s
    assert units_for(h100, asking) == -(-peak // rate)
    assert units_for(replace(h100, units=2), asking) % 2 == 0
    half_late = asked_of(workload(range(2), [500, 100_000]))
    assert share_by_itself(h100, half_late, CHAT) == 0.5
    assert units_for(h100, Asking(asked=half_late, constraints=Constraints(limits=CHAT))) == float("inf")


def test_a_speed_of_two_cards_is_held_against_what_two_cards_are_computed_to_reach() -> None:
    """Two cards that reach what one is computed to reach are slower than computed, and so is one of them."""
    of_two = replace(speed_of(1), units=2)
    found = does_fit(fit("RTX 4090", "Llama 3.1 8B", measured=(of_two,)))
    two = throughput(replace(found.rig, units=2, speed=1.0), SHAPE, 8)
    assert not isinstance(two, DoesNotFit)
    assert found.rig.speed == pytest.approx(of_two.output_tokens_per_s / two)
    assert found.rig.speed != pytest.approx(1.0)
