"""What calls ask of a machine: sums by hand, and the busiest stretch where it was put."""

import numpy as np
import pytest

from projection.asked import STRETCH_CALLS, asked_of
from tests.projection.workloads import MONDAY_US, workload

FIRST_MINUTE = MONDAY_US // 60_000_000


def test_minutes_with_calls_have_their_sums_and_quiet_ones_count_in_the_span() -> None:
    asked = asked_of(workload([0, 59, 600], [10, 20, 30], [4, 6, 0], span_s=3600))
    assert (asked.minutes - FIRST_MINUTE).tolist() == [0, 10]
    assert asked.calls.tolist() == [2, 1]
    assert asked.input_tokens.tolist() == [30, 30]
    assert asked.input_pairs.tolist() == [100 + 400, 900]
    assert asked.output_tokens.tolist() == [10, 1]  # an answer without a token is under way as one of one
    assert asked.read_tokens.tolist() == [4 * 12 + 6 * 23, 30.5]
    assert (asked.span_minutes, asked.most_held_tokens) == (60, 30.5)
    assert asked.tokens_per_s == pytest.approx(71 / 3600)
    assert asked.calls_per_s == pytest.approx(3 / 3600)


def test_the_mean_request_has_the_measured_cached_share() -> None:
    shape = asked_of(workload([0, 1, 2], [100, 300, 50], [10, 30, 50], cached_tokens=[50, 150, -1])).shape
    assert (shape.input_tokens, shape.output_tokens, shape.prefix_hit_rate) == (150, 30, 0.5)
    assert asked_of(workload([0])).shape.prefix_hit_rate == 0
    assert asked_of(workload([0], 500, cached_tokens=500)).shape.prefix_hit_rate == 1


def test_the_peak_is_the_busiest_hour_by_the_clock() -> None:
    asked = asked_of(workload([0, 3500, 3601, 3602, 3603]))
    assert asked.peak_calls_per_s == pytest.approx(3 / 3600)
    assert asked_of(workload([0, 1], span_s=120)).peak_calls_per_s == pytest.approx(2 / 120)


def test_the_busiest_stretch_is_where_most_tokens_come_in_their_time() -> None:
    """A slow crowd, a fast one, a slow one; the fast one begins at call 5,000."""
    gaps_s = np.repeat([1.0, 0.1, 1.0], [5000, STRETCH_CALLS, 5000])
    asked = asked_of(workload(np.cumsum(gaps_s), range(5000 + STRETCH_CALLS + 5000), 1))
    assert asked.stretch.input_tokens[[0, -1]].tolist() == [5000, 5000 + STRETCH_CALLS - 1]
    assert asked.stretch.at_s[0] == 0
    assert asked.stretch.at_s[-1] == pytest.approx((STRETCH_CALLS - 1) * 0.1)


def test_a_crowd_at_one_moment_is_the_busiest_stretch() -> None:
    at_s = np.concatenate([np.arange(4000.0), np.full(STRETCH_CALLS, 5000.0)])
    stretch = asked_of(workload(at_s)).stretch
    assert len(stretch.at_s) == STRETCH_CALLS
    assert not stretch.at_s.any()


def test_few_calls_are_a_stretch_as_a_whole() -> None:
    stretch = asked_of(workload([5, 7, 9], 0, 0)).stretch
    assert stretch.at_s.tolist() == [0, 2, 4]
    assert stretch.output_tokens.tolist() == [1, 1, 1]


def test_a_call_at_the_very_end_of_a_period_is_in_it() -> None:
    asked = asked_of(workload([0], span_s=0))
    assert (asked.span_minutes, asked.span_s, asked.calls_per_s) == (1, 60, 1 / 60)


def test_what_is_not_known_and_what_cannot_be_is_refused() -> None:
    for nothing in (workload([]), workload([0], -1)):
        with pytest.raises(ValueError, match="tokens are known, and one at least"):
            asked_of(nothing)
    with pytest.raises(ValueError, match="longer than 20 years"):
        asked_of(workload([0], span_s=21 * 366 * 86_400))
