"""How many units: the answer holds, and one fewer does not."""

from dataclasses import replace

import numpy as np
import pytest

from projection.replay import Arrivals, Limits, replay
from projection.rig import DoesNotFit
from projection.sizing import Enough, TooSlow, copies_needed
from tests.projection.rigs import FP8, H100, LLAMA_8B, LLAMA_70B, M2_ULTRA, Q4_K_M, RTX_4090, rig
from tests.projection.test_replay import arrivals, steady

SMALL = rig(RTX_4090, LLAMA_8B, FP8)
CHAT = Limits(first_token_s=2.0, per_token_s=0.05)


def enough(answer: Enough | TooSlow | DoesNotFit) -> Enough:
    assert isinstance(answer, Enough), answer.reason
    return answer


def test_a_quiet_workload_takes_one_unit() -> None:
    answer = enough(copies_needed(SMALL, steady(0.5, 200), CHAT))
    assert (answer.units, answer.share_within, answer.late_tokens_share) == (1, 1.0, 0.0)


def test_the_answer_holds_and_one_fewer_does_not() -> None:
    busy = steady(60, 4000)
    answer = enough(copies_needed(SMALL, busy, CHAT))
    assert answer.units == answer.replayed.copies > 2
    assert answer.share_within == replay(SMALL, busy, copies=answer.units).within(CHAT).mean() >= 0.99
    assert replay(SMALL, busy, copies=answer.units - 1).within(CHAT).mean() < 0.99


def test_a_model_too_large_for_one_unit_goes_on_two() -> None:
    large = rig(RTX_4090, LLAMA_70B, Q4_K_M)
    answer = enough(copies_needed(large, steady(0.1, 50), Limits(first_token_s=10, per_token_s=0.2)))
    assert (answer.units, answer.replayed.rig.units, answer.replayed.copies) == (2, 2, 1)


def test_where_one_unit_is_too_slow_for_a_token_several_share_the_model() -> None:
    """70B in FP8 reads 70.6 GB a token: 25 ms on one H100, 14 on two."""
    large = replace(rig(H100, LLAMA_70B, FP8), hardware=replace(H100, memory_bytes=141e9))
    answer = enough(copies_needed(large, steady(0.1, 50), Limits(first_token_s=10, per_token_s=0.018)))
    assert (answer.units, answer.replayed.rig.units) == (2, 2)


def test_late_requests_are_what_overflows() -> None:
    """One of 100 is a long prompt that no unit prefills in time: within 99 %, and its tokens are counted."""
    rows = [(index * 10.0, 100, 10) for index in range(99)] + [(2000.0, 20_000, 10)]
    answer = enough(copies_needed(SMALL, arrivals(*rows), CHAT))
    assert answer.share_within == 0.99
    assert answer.late_tokens_share == pytest.approx(20_010 / (20_010 + 99 * 110))


def test_a_limit_that_no_number_of_units_meets_is_an_answer_with_the_number() -> None:
    answer = copies_needed(SMALL, steady(1, 100), Limits(first_token_s=2, per_token_s=0.0001))
    assert isinstance(answer, TooSlow)
    assert answer.reason == "each request by itself on 1 x RTX 4090: 0.0% of requests in time, 99.0% wanted"


def test_a_load_above_the_most_units_is_an_answer_with_the_number() -> None:
    answer = copies_needed(SMALL, steady(500, 3000), CHAT, most_units=2)
    assert isinstance(answer, TooSlow)
    assert answer.reason.startswith("2 x RTX 4090: ")
    assert 0 <= answer.share_within < 0.99


def test_a_model_that_fits_on_no_group_does_not_fit() -> None:
    lonely = replace(RTX_4090, link=None)
    assert isinstance(copies_needed(rig(lonely, LLAMA_70B, Q4_K_M), steady(1, 10), CHAT), DoesNotFit)


def test_machines_without_a_link_are_only_added_as_copies() -> None:
    macs = rig(M2_ULTRA, LLAMA_8B, FP8)
    answer = enough(copies_needed(macs, steady(5, 200), Limits(first_token_s=5, per_token_s=0.2)))
    assert answer.replayed.rig.units == 1


def test_arrivals_at_one_moment_are_a_load_too() -> None:
    burst = Arrivals(at_s=np.zeros(200), input_tokens=np.full(200, 1000), output_tokens=np.full(200, 10))
    answer = enough(copies_needed(SMALL, burst, Limits(first_token_s=2, per_token_s=1)))
    assert answer.units > 1


def test_copies_are_of_the_rigs_own_units_or_twice_as_many_where_that_takes_fewer() -> None:
    """One prompt in 20 prefills for 1.7 of the two seconds that there are; whoever is behind it is late."""
    rng, large = np.random.default_rng(3), rig(H100, LLAMA_8B, FP8)
    at_s, inputs = np.cumsum(rng.exponential(0.1, 1000)), np.where(rng.random(1000) < 0.05, 42_000, 500)
    prompts = Arrivals(at_s=at_s, input_tokens=inputs, output_tokens=np.full(1000, 100))
    found = enough(copies_needed(large, prompts, CHAT))
    lonely = enough(copies_needed(replace(large, hardware=replace(H100, link=None)), prompts, CHAT))
    assert (found.replayed.rig.units, lonely.replayed.rig.units) == (2, 1)
    assert found.units < lonely.units
    assert enough(copies_needed(replace(large, units=8), prompts, CHAT)).units == 8


def test_no_units_are_refused() -> None:
    with pytest.raises(ValueError, match="most_units is 0"):
        copies_needed(SMALL, steady(1, 2), CHAT, most_units=0)
