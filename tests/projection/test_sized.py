"""How many copies: enough, and one fewer is not; and what is refused, with the number."""

from collections.abc import Sequence

import numpy as np
import pytest

from projection.candidates import Candidate
from projection.fleet import Fleet
from projection.moving import moved_of
from projection.outcome import Binding, Refused
from projection.period import HOURS_PER_MONTH
from projection.plan import Constraints, Kind, Plan, Wanted
from projection.replay import Arrivals, Limits, replay
from projection.rig import DoesNotFit, Rig, Shape
from projection.roofline import highest_rate
from projection.sized import MOST_BORNE, fleet_of
from projection.traffic import Traffic
from tests.projection.rigs import (
    FP8,
    H100,
    LLAMA_8B,
    LLAMA_70B,
    LLAMA_CPP,
    M2_ULTRA,
    Q4_K_M,
    RTX_4090,
    rig,
)
from tests.projection.workloads import AZURE, real_hour, steady, workload

SMALL = rig(RTX_4090, LLAMA_8B, FP8)
CHAT = Limits(first_token_s=2.0, per_token_s=0.05)
ALL_KINDS = (Kind.RENT, Kind.BUY, Kind.HYBRID)


def candidate(
    traffic: Traffic, machine: Rig = SMALL, *, units: int | None = None, kinds: Sequence[Kind] = ALL_KINDS
) -> Candidate:
    return Candidate(
        rig=machine,
        substitute=None,
        moved=moved_of(traffic, machine.model, None),
        kinds=tuple(kinds),
        wanted=Wanted(units=units) if units else None,
        is_speed_measured=False,
    )


def plan(limits: Limits = CHAT, **constraints: float) -> Plan:
    known = {"burst_factor": 1.0, "most_units": 64} | constraints
    return Plan(
        constraints=Constraints(
            limits=limits, burst_factor=known["burst_factor"], most_units=int(known["most_units"])
        )
    )


def fleet(answer: Fleet | Refused) -> Fleet:
    assert isinstance(answer, Fleet), answer.reason
    return answer


def share_within(traffic: Traffic, machine: Rig, copies: int, factor: float = 1.0) -> float:
    calls = traffic.calls
    at_s = (calls.started_us - calls.started_us[0]) / 1e6 / factor
    asked = Arrivals(at_s=at_s, input_tokens=calls.input_tokens, output_tokens=calls.output_tokens)
    return float(replay(machine, asked, copies=copies).within(CHAT).mean())


def test_a_quiet_workload_takes_one_copy_that_bears_much_more() -> None:
    quiet = steady(1.5, 2000)
    found = fleet(fleet_of(candidate(quiet), plan()))
    assert (found.copies, found.units, found.share_within) == (1, 1, 1.0)
    assert 4 < found.bears_factor < MOST_BORNE
    assert share_within(quiet, SMALL, 1, found.bears_factor) >= 0.99
    assert share_within(quiet, SMALL, 1, 1.2 * found.bears_factor) < 0.99


def test_the_copies_hold_and_one_fewer_does_not() -> None:
    busy = steady(60, 3000)
    found = fleet(fleet_of(candidate(busy), plan()))
    assert found.rig == SMALL
    assert found.copies > 2
    assert found.share_within == share_within(busy, SMALL, found.copies) >= 0.99
    assert share_within(busy, SMALL, found.copies - 1) < 0.99
    assert 1 <= found.bears_factor < found.copies / (found.copies - 1)


def test_what_is_in_time_in_the_busiest_stretch_is_in_time_at_large() -> None:
    """40 a second for 3,000 calls amid 12,000 at 5 a second: sized for the 40."""
    gaps_s = np.random.default_rng(2).exponential(1, 15_000) / np.repeat([5.0, 40.0, 5.0], [6000, 3000, 6000])
    uneven = workload(np.cumsum(gaps_s))
    found = fleet(fleet_of(candidate(uneven), plan()))
    assert found.copies > 1
    assert share_within(uneven, SMALL, found.copies) >= 0.99
    assert found.copies == fleet(fleet_of(candidate(steady(40, 3000)), plan())).copies


def test_a_burst_takes_more_copies_than_the_measured_traffic() -> None:
    busy = candidate(steady(30, 3000))
    copies = [fleet(fleet_of(busy, plan(burst_factor=factor))).copies for factor in (1, 2, 4)]
    assert copies[0] < copies[1] < copies[2]


def test_a_group_of_twice_the_units_is_taken_where_it_takes_fewer() -> None:
    """One prompt in 20 prefills for 1.7 of the two seconds that there are; two cards to a copy halve that."""
    rng, large = np.random.default_rng(3), rig(H100, LLAMA_8B, FP8)
    at_s, inputs = np.cumsum(rng.exponential(0.1, 1000)), np.where(rng.random(1000) < 0.05, 42_000, 500)
    mixed = workload(at_s, inputs, 100)
    found = fleet(fleet_of(candidate(mixed, large), plan()))
    assert found.rig.units == 2
    assert found.share_within == share_within(mixed, found.rig, found.copies) >= 0.99
    assert share_within(mixed, large, found.units) < 0.99


def test_more_units_than_allowed_are_too_slow_with_the_number() -> None:
    refused = fleet_of(candidate(steady(500, 3000)), plan(most_units=2))
    assert isinstance(refused, Refused)
    assert (refused.binding, refused.kind) == (Binding.TOO_SLOW, None)
    assert refused.name == "1 x RTX 4090, Llama 3.1 8B fp8, vLLM"
    assert refused.reason.startswith("2 x RTX 4090: ")
    assert refused.reason.endswith("% of requests in time, 99.0% wanted")


def test_named_units_are_used_though_fewer_would_do() -> None:
    found = fleet(fleet_of(candidate(steady(0.5, 1000), units=4), plan()))
    assert (found.copies, found.units) == (4, 4)
    assert found.bears_factor == MOST_BORNE  # and more; but no more was looked at


def test_named_units_that_are_too_slow_are_refused_unless_the_rest_may_go_elsewhere() -> None:
    busy = steady(60, 3000)
    refused = fleet_of(candidate(busy, units=1, kinds=[Kind.BUY]), plan())
    assert isinstance(refused, Refused)
    share = share_within(busy, SMALL, 1)
    assert refused.reason == f"1 x RTX 4090: {share:.1%} of requests in time, 99.0% wanted"
    hybrid = fleet(fleet_of(candidate(busy, units=1), plan()))
    assert (hybrid.copies, hybrid.share_within) == (1, share)
    assert hybrid.bears_factor < 1
    assert 0.5 < hybrid.curve.overflow_share(np.array([1.0]))[0] < 1


def test_what_is_late_by_itself_is_refused_even_then() -> None:
    slow = rig(M2_ULTRA, LLAMA_70B, Q4_K_M, LLAMA_CPP)
    refused = fleet_of(candidate(steady(0.01, 100), slow, units=1), plan())
    assert isinstance(refused, Refused)
    reason = "each request by itself on 1 x M2 Ultra 76c: 0.0% of requests in time, 99.0% wanted"
    assert (refused.binding, refused.reason) == (Binding.TOO_SLOW, reason)


def test_of_named_units_that_are_too_slow_the_prompts_that_never_are_in_time_go_elsewhere() -> None:
    """One in ten is a prompt of 30,000 tokens, which takes seconds even with nobody else there."""
    mixed = workload(range(1000), [30_000 if index % 10 == 0 else 500 for index in range(1000)], 100)
    found = fleet(fleet_of(candidate(mixed, units=1), plan()))
    assert found.share_within < 0.91
    assert found.curve.overflow_share(np.array([0.01]))[0] == pytest.approx(30_100 / (30_100 + 9 * 600))


def test_a_plan_that_wants_bursts_borne_takes_more_copies() -> None:
    """The same calls in a quarter of the time, which the copies then bear four times over."""
    calls = steady(20, 3000)
    usual, burst = (fleet(fleet_of(candidate(calls), plan(burst_factor=factor))) for factor in (1.0, 4.0))
    assert burst.copies >= 3 * usual.copies
    assert burst.share_within >= 0.99


def test_calls_that_the_cache_has_no_room_for_go_elsewhere_and_the_rest_is_served() -> None:
    """RTX 4090 has room for 114,069 tokens beside 8B in FP8; one call of 500 asks for 120,000."""
    wide = workload(np.arange(500) * 2.0, [120_000, *[500] * 499], 100)
    found = fleet(fleet_of(candidate(wide), plan()))
    assert found.share_within == 0.998
    whole = 120_100 + 499 * 600
    assert found.overflow_share == found.curve.overflow_share(np.ones(1))[0] > 120_100 / whole
    assert found.curve.overflow_share(np.array([0.01]))[0] == pytest.approx(120_100 / whole)


def test_a_model_that_does_not_fit_is_refused_with_its_size() -> None:
    refused = fleet_of(candidate(steady(1, 10), rig(RTX_4090, LLAMA_70B, Q4_K_M)), plan(most_units=1))
    assert isinstance(refused, Refused)
    assert refused.binding is Binding.DOES_NOT_FIT
    assert "no request of these fits on RTX 4090 with Llama 3.3 70B" in refused.reason


def test_tokens_are_counted_at_the_observed_and_at_the_full_rate() -> None:
    traffic = steady(5, 3000)
    found = fleet(fleet_of(candidate(traffic), plan()))
    rate = highest_rate(SMALL, Shape(input_tokens=500, output_tokens=100))
    assert not isinstance(rate, DoesNotFit)
    assert found.full_tokens_per_s == pytest.approx(rate * 600 * found.copies)
    minutes = -(-(traffic.to_us - traffic.from_us) // 60_000_000)
    assert found.observed_tokens_per_s == pytest.approx(3000 * 600 / (minutes * 60))
    assert 0 <= found.nearly_full_share <= 1
    assert np.nanmax(found.load_by_hour) == found.load_by_hour[0] > 0


def test_what_the_api_had_cached_is_prefilled_by_no_machine_either() -> None:
    times = np.cumsum(np.random.default_rng(1).exponential(1 / 10, 2000))
    plain, cached = (workload(times, 4000, 50, cached_tokens=tokens) for tokens in (0, 3600))
    copies = [fleet(fleet_of(candidate(each), plan())).units for each in (plain, cached)]
    assert copies[0] > copies[1]


@pytest.mark.parametrize(
    "few",
    [
        workload([0], 1, 1, span_s=0),
        workload([0], 0, 0),
        workload([0, 0, 0], 500, 100, cached_tokens=500, usd=0),
    ],
    ids=["one call", "no tokens", "all at once, cached and free"],
)
def test_next_to_nothing_takes_one_copy(few: Traffic) -> None:
    found = fleet(fleet_of(candidate(few), plan()))
    assert (found.copies, found.share_within) == (1, 1.0)
    assert 1 <= found.bears_factor < np.inf
    assert 0 < found.curve.busy_h_per_month(np.array([1.0]))[0] <= HOURS_PER_MONTH


@pytest.mark.skipif(not AZURE.is_file(), reason="PAYBACK_AZURE_TRACE does not name the trace")
def test_a_real_hour_takes_one_h100_or_three_4090() -> None:
    """19,366 calls, 5.5 a second; the busiest 3,000 are no more than what the machines bear at large."""
    hour, limits = real_hour(), Limits(first_token_s=2.0, per_token_s=0.1)
    for machine, copies in ((rig(H100, LLAMA_8B, FP8), 1), (SMALL, 3)):
        found = fleet(fleet_of(candidate(hour, machine), plan(limits)))
        assert found.copies == copies
        assert found.curve.overflow_share(np.array([1.0]))[0] == 0
        assert share_within(hour, machine, copies) >= 0.98
        assert found.observed_tokens_per_s == pytest.approx((22_361_870 + 4_088_665) / 3540, rel=0.02)
