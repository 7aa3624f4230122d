"""The fluid against sums by hand, and against replays of the same calls."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projection.asked import asked_of
from projection.curve import FluidCurve, curve_of
from projection.fleet import Curve
from projection.period import HOURS_PER_MONTH, Floats
from projection.replay import Arrivals, Limits, Replayed, replay
from projection.rig import Rig, Shape
from projection.roofline import prefill_s, step_s
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
    VLLM,
    rig,
)
from tests.projection.workloads import steady, workload

SMALL = rig(RTX_4090, LLAMA_8B, FP8)
SHAPE = Shape(input_tokens=500, output_tokens=100)
LAX = Limits(first_token_s=60, per_token_s=10)
CHAT = Limits(first_token_s=2, per_token_s=0.1)


def curve(traffic: Traffic, machine: Rig = SMALL, copies: int = 1, **more: float) -> FluidCurve:
    return curve_of(machine, asked_of(traffic), LAX, copies=copies, **more)


def at(factor: float) -> Floats:
    return np.array([factor])


def at_once(minute: int, calls: int) -> list[float]:
    return [minute * 60.0] * calls


BUSY_MINUTE_TWO_QUIET = workload(at_once(0, 3000) + at_once(1, 1000), span_s=240)
"""3,000 calls in a minute, 1,000 in the next, and two minutes of nothing."""


def test_the_load_is_the_seconds_of_work_for_a_full_batch() -> None:
    """Of 256 slots: a prefill, and a 256th of 100 steps, for each request."""
    call_s = prefill_s(SMALL, 500.0) + 100 * step_s(SMALL, 197, 550) / 197
    found = curve(BUSY_MINUTE_TWO_QUIET)
    assert found.loads.tolist() == pytest.approx([3000 * call_s / 60, 1000 * call_s / 60], rel=0.02)
    assert found.windows == 4


def test_what_is_beyond_the_copies_overflows() -> None:
    """Loads of 3 and 1 minutes' work: on one copy at that volume 2 of 4 are left over, at a third none."""
    found = curve(BUSY_MINUTE_TWO_QUIET)
    unit = 1 / found.loads[1]
    shares = found.overflow_share(np.array([unit, unit / 3, 2 * unit, 0.0]))
    assert shares.tolist() == pytest.approx([2 / 4, 0, (5 + 1) / 8, 0], abs=1e-9)


def test_two_copies_at_twice_the_volume_are_as_full_as_one() -> None:
    one, two = curve(BUSY_MINUTE_TWO_QUIET), curve(BUSY_MINUTE_TWO_QUIET, copies=2)
    factors = np.geomspace(0.01, 100, 50)
    assert two.overflow_share(2 * factors) == pytest.approx(one.overflow_share(factors))
    assert two.busy_h_per_month(2 * factors) == pytest.approx(2 * one.busy_h_per_month(factors))


FACTORS = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=5)


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=8), FACTORS, st.integers(1, 5))
def test_all_volumes_at_once_are_as_each_by_itself(
    crowds: list[int], factors: list[float], copies: int
) -> None:
    times = [second for minute, calls in enumerate(crowds) for second in at_once(minute, calls)] or [0.0]
    found = curve(workload(times, span_s=60 * len(crowds)), copies=copies)
    shares = found.overflow_share(np.array([factors]))
    for factor, share in zip(factors, shares[0], strict=True):
        beyond = np.maximum(factor * found.loads - copies, 0).sum() / (factor * found.loads.sum())
        assert share == pytest.approx(beyond, abs=1e-9)


def test_more_volume_never_overflows_less_nor_leaves_more_idle() -> None:
    found = curve(steady(2, 5000), copies=2)
    factors = np.geomspace(1e-6, 1e6, 400)
    overflow, busy = found.overflow_share(factors), found.busy_h_per_month(factors)
    assert np.all(np.diff(overflow) >= -1e-12)
    assert np.all(np.diff(busy) >= -1e-9)
    assert overflow[0] == 0
    assert 0.999 < overflow[-1] <= 1
    assert busy[0] < 0.01
    assert busy[-1] <= 2 * HOURS_PER_MONTH
    assert busy[-1] == pytest.approx(2 * HOURS_PER_MONTH, rel=0.02)


def test_at_no_volume_nothing_is_busy_and_at_endless_volume_all_overflows() -> None:
    found = curve(steady(2, 500))
    assert found.busy_h_per_month(at(0)).tolist() == [0]
    assert found.overflow_share(np.array([0, np.inf])).tolist() == [0, 1]
    assert found.busy_h_per_month(at(np.inf)) <= HOURS_PER_MONTH


def test_the_answer_has_the_shape_of_the_question() -> None:
    found: Curve = curve(steady(2, 500))
    for shape in ((), (3,), (2, 5)):
        assert found.overflow_share(np.ones(shape)).shape == shape
        assert found.busy_h_per_month(np.ones(shape)).shape == shape


def test_rare_calls_keep_a_copy_busy_as_long_as_each_takes_by_itself() -> None:
    """A call an hour in a day of 24: not the 256th part of a batch's time, but all of its own."""
    alone_s = prefill_s(SMALL, 500.0) + 100 * step_s(SMALL, 1, 550)
    found = curve(workload(np.arange(24) * 3600.0, span_s=86_400))
    assert found.busy_h_per_month(at(1))[0] == pytest.approx(alone_s / 3600 * HOURS_PER_MONTH, rel=0.02)


def test_quiet_minutes_make_a_month_quiet() -> None:
    dense, sparse = steady(2, 5000, span_s=2600), steady(2, 5000, span_s=26_000)
    busy = [curve(each).busy_h_per_month(at(1))[0] for each in (dense, sparse)]
    assert busy[0] == pytest.approx(10 * busy[1], rel=0.05)


MACHINES = {
    "a batch on one card": SMALL,
    "a batch on a large one": rig(H100, LLAMA_8B, FP8),
    "a batch over two": rig(H100, LLAMA_70B, FP8, units=2),
    "turns on llama.cpp": rig(RTX_4090, LLAMA_8B, Q4_K_M, LLAMA_CPP),
    "one at a time": rig(RTX_4090, LLAMA_8B, Q4_K_M, replace(LLAMA_CPP, most_sequences=1)),
}


def pressed(traffic: Traffic, factor: float) -> Arrivals:
    calls = traffic.calls
    at_s = (calls.started_us - calls.started_us[0]) / 1e6 / factor
    return Arrivals(at_s=at_s, input_tokens=calls.input_tokens, output_tokens=calls.output_tokens)


def busy_h(replayed: Replayed) -> float:
    """Hours in which a copy had work, those of all copies added up."""
    busy_s = 0.0
    for copy in range(replayed.copies):
        mine = (replayed.copy == copy) & replayed.served
        start_s, end_s = replayed.start_s[mine], replayed.end_s[mine]
        # Starts are in order already; what an earlier request covers is not counted again.
        before_s = np.maximum.accumulate(np.concatenate([start_s[:1], end_s[:-1]]))
        busy_s += float(np.maximum(end_s - np.maximum(start_s, before_s), 0).sum())
    return busy_s / 3600


@pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.6])
def test_busy_hours_are_those_of_a_replay_within_7_percent(machine: Rig, share: float) -> None:
    """*share*: of what one copy serves when it is never idle."""
    calls = steady(1, 3000)
    found = curve(calls, machine)
    factor = share * found.bears(0.99)
    arrivals = pressed(calls, factor)
    hours = float(arrivals.at_s[-1]) / 3600
    done_h = busy_h(replay(machine, arrivals))
    by_curve = found.busy_h_per_month(at(factor))[0] / HOURS_PER_MONTH * hours
    assert by_curve == pytest.approx(done_h, rel=0.07)


@pytest.mark.parametrize("times", [1.3, 2.0, 4.0])
@pytest.mark.parametrize("machine", list(MACHINES.values())[:3], ids=list(MACHINES)[:3])
def test_overflow_is_that_of_a_replay_with_patience_within_4_points(machine: Rig, times: float) -> None:
    calls = steady(1, 12_000)
    found = curve_of(machine, asked_of(calls), CHAT, copies=1)
    factor = times * found.bears(0.99)
    done = replay(machine, pressed(calls, factor), patience_s=CHAT.first_token_s)
    assert found.overflow_share(at(factor))[0] == pytest.approx(1 - done.served.mean(), abs=0.04)


def test_one_long_answer_is_no_overflow_though_it_takes_longer_than_a_minute() -> None:
    """70B on a Mac writes 12 tokens a second: 1,200 take 100 s; one every 10 minutes finds it free."""
    mac = rig(M2_ULTRA, LLAMA_70B, Q4_K_M, replace(LLAMA_CPP, most_sequences=1))
    found = curve(workload(np.arange(100) * 600.0, 100, 1200, span_s=60_000), mac)
    assert found.overflow_share(at(1))[0] == 0
    assert found.busy_h_per_month(at(1))[0] / HOURS_PER_MONTH == pytest.approx(1 / 6, rel=0.1)


def test_tight_limits_leave_less_of_a_copy() -> None:
    calls = asked_of(BUSY_MINUTE_TWO_QUIET)
    tight = curve_of(SMALL, calls, Limits(first_token_s=2, per_token_s=0.02), copies=1)
    assert tight.loads[0] > 1.2 * curve(BUSY_MINUTE_TWO_QUIET).loads[0]


def test_what_no_copy_has_room_for_overflows_at_any_volume() -> None:
    found = curve(BUSY_MINUTE_TWO_QUIET, elsewhere_share=0.25)
    unit = 1 / found.loads[1]
    assert found.overflow_share(np.array([0.0, unit])).tolist() == pytest.approx([0.25, 0.25 + 0.75 / 2])


def test_what_is_borne_is_where_one_in_a_hundred_overflows() -> None:
    found = curve(steady(2, 5000))
    assert found.overflow_share(at(found.bears(0.99)))[0] == pytest.approx(0.01)
    assert found.overflow_share(at(0.999 * found.bears(0.99)))[0] < 0.01
    assert found.overflow_share(at(found.bears(1.0)))[0] == pytest.approx(0, abs=1e-6)


def test_each_hour_of_the_week_has_its_load_and_others_are_not_known() -> None:
    """Monday 0:00 to 2:00 was watched: all in the first hour, nothing in the second."""
    found = curve(workload(at_once(0, 3000), span_s=7200))
    by_hour = found.load_by_hour()
    assert by_hour[0] == pytest.approx(found.loads[0] / 60)
    assert by_hour[1] == 0
    assert np.isnan(by_hour).sum() == 166
    assert curve(workload(at_once(0, 10**6), span_s=7200)).load_by_hour()[0] == 1


def test_nearly_full_is_the_share_of_all_windows_quiet_ones_too() -> None:
    """3.5 and 1.2 copies' work in two minutes of four."""
    assert curve(BUSY_MINUTE_TWO_QUIET).nearly_full_share() == 0.5
    assert curve(BUSY_MINUTE_TWO_QUIET, copies=2).nearly_full_share() == 0.25
    assert curve(BUSY_MINUTE_TWO_QUIET, copies=5).nearly_full_share() == 0


def test_one_call_and_calls_that_are_cached_whole_have_a_curve() -> None:
    for few in (workload([0], 1, 1, span_s=0), workload([0, 1], 500, 0, cached_tokens=500)):
        found = curve(few, rig(RTX_4090, LLAMA_8B, FP8, VLLM))
        assert 0 < found.busy_h_per_month(at(1))[0] <= HOURS_PER_MONTH
        assert found.bears(0.99) > 1
