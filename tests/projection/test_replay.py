"""Real requests on machines that are not there: what a rig of the formulas makes of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.replay import Arrivals, Limits, Replayed, alone, fits, pace_of, replay, replay_in_time
from projection.rig import DoesNotFit, Shape
from projection.roofline import highest_rate, prefill_s, step_s, time_per_token_s
from tests.projection.rigs import FP8, LLAMA_8B, LLAMA_70B, LLAMA_CPP, Q4_K_M, RTX_4090, rig

SMALL = rig(RTX_4090, LLAMA_8B, FP8)


def arrivals(*requests: tuple[float, int, int]) -> Arrivals:
    """Each: came at, input tokens, output tokens."""
    at_s, inputs, outputs = zip(*requests, strict=True)
    return Arrivals(
        at_s=np.array(at_s, float), input_tokens=np.array(inputs), output_tokens=np.array(outputs)
    )


def steady(requests_per_s: float, count: int) -> Arrivals:
    """Poisson arrivals of 500 tokens in and 100 out, the same ones each time."""
    gaps_s = np.random.default_rng(1).exponential(1 / requests_per_s, count)
    return Arrivals(
        at_s=np.cumsum(gaps_s), input_tokens=np.full(count, 500), output_tokens=np.full(count, 100)
    )


def test_a_request_by_itself_takes_the_formulas_times() -> None:
    one = replay(SMALL, arrivals((100.0, 500, 100)))
    assert one.first_token_s[0] == pytest.approx(prefill_s(SMALL, 500.0))
    assert one.per_token_s[0] == pytest.approx(step_s(SMALL, 1, 550), rel=1e-9)  # 501 to 599 tokens cached


def test_alone_is_what_a_request_by_itself_takes() -> None:
    many = arrivals((0.0, 500, 100), (0.0, 1, 1), (7.0, 8000, 700))
    best = alone(SMALL, many)
    for index, request in enumerate([(0.0, 500, 100), (0.0, 1, 1), (7.0, 8000, 700)]):
        one = replay(SMALL, arrivals(request))
        assert best.first_s[index] == pytest.approx(one.first_s[0])
        assert best.end_s[index] == pytest.approx(one.end_s[0])


def test_the_pace_has_every_batch_that_the_engine_takes() -> None:
    pace = pace_of(SMALL)
    assert pace.slots == 256
    assert pace.step_s[7] + 7 * 100 * pace.context_token_s == pytest.approx(step_s(SMALL, 7, 100))


def test_what_is_too_large_goes_elsewhere_and_the_rest_is_served() -> None:
    mixed = arrivals((0.0, 140_000, 10), (1.0, 500, 100))
    assert fits(SMALL, mixed).tolist() == [False, True]
    done = replay(SMALL, mixed)
    assert done.served.tolist() == [False, True]
    assert np.isnan(done.first_token_s[0])
    assert done.within(Limits(first_token_s=10, per_token_s=10)).tolist() == [False, True]


def test_nothing_fits_on_a_card_without_room() -> None:
    assert not replay(rig(RTX_4090, LLAMA_70B, FP8), steady(1, 10)).served.any()
    assert not alone(rig(RTX_4090, LLAMA_70B, FP8), steady(1, 10)).served.any()


def test_patience_sends_elsewhere_what_would_start_late() -> None:
    crowd = steady(1000, 3000)
    patient, hasty = replay(SMALL, crowd), replay(SMALL, crowd, patience_s=2.0)
    assert patient.served.all()
    assert 0 < hasty.served.sum() < 3000
    assert np.nanmax(hasty.first_token_s) <= 2.0 < patient.first_token_s.max()


def test_requests_go_to_copies_in_turn() -> None:
    crowd = steady(20, 400)
    two = replay(SMALL, crowd, copies=2)
    half = Arrivals(
        at_s=crowd.at_s[1::2], input_tokens=crowd.input_tokens[1::2], output_tokens=crowd.output_tokens[1::2]
    )
    assert two.copy.tolist() == [0, 1] * 200
    assert two.end_s[1::2].tolist() == replay(SMALL, half).end_s.tolist()
    assert two.units == 2


def test_a_prefix_that_is_still_there_brings_the_first_token_earlier() -> None:
    one = arrivals((0.0, 2000, 100))
    half = replay(SMALL, one, prefix_hit_rate=0.5).first_token_s[0]
    assert half == pytest.approx(replay(SMALL, one).first_token_s[0] / 2)


def test_requests_on_llama_cpp_share_one_streams_speed() -> None:
    shared = rig(RTX_4090, LLAMA_8B, Q4_K_M, LLAMA_CPP)
    four = replay(shared, arrivals(*[(0.0, 0, 1000)] * 4)).end_s.max()
    assert four == pytest.approx(4 * replay(shared, arrivals((0.0, 0, 1000))).end_s[0], rel=1e-9)


def mean_per_token_s(done: Replayed) -> float:
    return float(done.per_token_s[1000:].mean())


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_below_the_highest_rate_the_replay_agrees_with_the_formula(share: float) -> None:
    """The formula knows the mean, the simulator its bursts: no more than 10 % between them."""
    shape = Shape(input_tokens=500, output_tokens=100)
    most = highest_rate(SMALL, shape)
    assert not isinstance(most, DoesNotFit)
    done = replay(SMALL, steady(share * most, 8000))
    under_way = float((done.end_s - done.start_s)[1000:].mean()) * share * most
    expected = time_per_token_s(SMALL, shape, round(under_way))
    assert mean_per_token_s(done) == pytest.approx(expected, rel=0.1)


def test_above_the_highest_rate_the_queue_grows_for_ever() -> None:
    most = highest_rate(SMALL, Shape(input_tokens=500, output_tokens=100))
    assert not isinstance(most, DoesNotFit)
    done = replay(SMALL, steady(2 * most, 6000))
    waits = done.start_s - done.arrivals.at_s
    assert waits[-1] > 1.5 * waits[3000] > 0
    served_per_s = 6000 / done.end_s[-1]
    assert served_per_s == pytest.approx(most, rel=0.1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"at_s": np.array([0.0])}, "as many times"),
        ({"at_s": np.array([1.0, 0.0])}, "in the order"),
        ({"at_s": np.array([0.0, np.nan])}, "in the order"),
        ({"input_tokens": np.array([1, -1])}, "no negative input"),
        ({"output_tokens": np.array([0, 1])}, "at least one output"),
    ],
)
def test_arrivals_that_cannot_be_are_refused(wrong: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(arrivals((0.0, 1, 1), (1.0, 1, 1)), **wrong)


def test_no_copies_and_no_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="copies is 0"):
        replay(SMALL, steady(1, 2), copies=0)
    with pytest.raises(ValueError, match="above 0"):
        Limits(first_token_s=0, per_token_s=1)


def test_the_longest_queue_leaves_out_who_is_let_in_at_once() -> None:
    """Of five at once four wait: prompts are read one by one. Where each comes alone nobody waits."""
    two = replace(SMALL, engine=replace(SMALL.engine, most_sequences=2))
    assert replay(two, arrivals(*[(0.0, 100, 50)] * 5)).longest_queue == 4
    assert replay(two, arrivals(*[(10.0 * index, 100, 50) for index in range(5)])).longest_queue == 0


@given(st.floats(1, 200), st.floats(0.05, 3), st.floats(0.005, 0.1), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_giving_up_early_says_what_the_whole_replay_says(
    rate: float, first_token_s: float, per_token_s: float, share: float
) -> None:
    limits, calls = (
        Limits(first_token_s=first_token_s, per_token_s=per_token_s, share=share),
        steady(rate, 150),
    )
    for copies in (1, 3):
        whole = replay(SMALL, calls, copies=copies)
        found = replay_in_time(SMALL, calls, limits, copies=copies)
        holds = float(whole.within(limits).mean()) >= share
        assert (found is not None) == holds
        if found is not None:
            assert np.array_equal(found.end_s, whole.end_s)
