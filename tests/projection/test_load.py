"""How busy: by hand on requests whose times are set."""

from dataclasses import replace

import numpy as np
import pytest

from projection.load import busy_h, levels, load_by_hour_of_week, longest_queue, nearly_full_share
from projection.replay import Arrivals, Replayed, replay
from tests.projection.rigs import FP8, LLAMA_8B, LLAMA_70B, RTX_4090, VLLM, rig
from tests.projection.test_replay import steady

TWO_SLOTS = rig(RTX_4090, LLAMA_8B, FP8, replace(VLLM, most_sequences=2))
HOUR = 3600.0


def replayed(*spans_h: tuple[float, float, int], copies: int = 1, late_h: float = 0.0) -> Replayed:
    """Each: start, end, copy; all came *late_h* before they started."""
    start, end, copy = (np.array(column, dtype=float) for column in zip(*spans_h, strict=True))
    count = len(start)
    asked = Arrivals(
        at_s=np.sort(start - late_h) * HOUR,
        input_tokens=np.ones(count, dtype=int),
        output_tokens=np.ones(count, dtype=int),
    )
    return Replayed(
        rig=TWO_SLOTS,
        copies=copies,
        arrivals=asked,
        copy=copy.astype(np.intp),
        start_s=start * HOUR,
        first_s=start * HOUR,
        end_s=end * HOUR,
    )


def test_the_load_is_the_share_of_slots_taken() -> None:
    line = levels(replayed((0, 3, 0), (1, 2, 0)))
    assert (line.from_s / HOUR).tolist() == [0, 1, 2, 3]
    assert line.load.tolist() == [0.5, 1, 0.5, 0]
    assert (line.for_s / HOUR).tolist() == [1, 1, 1, 0]


def test_a_cache_that_is_fuller_than_the_slots_is_the_load() -> None:
    asked = Arrivals(at_s=np.zeros(1), input_tokens=np.array([100_000]), output_tokens=np.array([10]))
    line = levels(replay(rig(RTX_4090, LLAMA_8B, FP8), asked))
    assert line.load[0] == pytest.approx(100_005 / 114_069, rel=1e-4)  # one slot of 256, most of the room


def test_time_nearly_full_is_time_above_80_percent() -> None:
    assert nearly_full_share(replayed((0, 3, 0), (1, 2, 0))) == pytest.approx(1 / 3)


def test_busy_hours_count_each_copys_time_once() -> None:
    assert busy_h(replayed((0, 3, 0), (1, 2, 0), (5, 6, 0))) == 4
    assert busy_h(replayed((0, 3, 0), (1, 2, 1), (5, 6, 1), copies=2)) == 5


def test_the_longest_queue_leaves_out_who_is_let_in_at_once() -> None:
    assert longest_queue(replayed((0, 3, 0), (1, 2, 0))) == 0
    assert longest_queue(replayed((1, 2, 0), (1, 2, 0), (3, 4, 0), late_h=0.5)) == 2


def test_each_hour_of_the_week_has_its_mean_load() -> None:
    """Monday 0:30 to 1:30 one slot of two; a week later Monday 0:00 to 1:00 one slot."""
    by_hour = load_by_hour_of_week(replayed((0.5, 1.5, 0), (168, 169, 0)))
    assert by_hour[:3].tolist() == pytest.approx([(0.25 + 0.5) / 2, 0.25, 0.0])
    assert not np.isnan(by_hour).any()


def test_an_hour_of_the_week_that_was_not_seen_is_not_known() -> None:
    by_hour = load_by_hour_of_week(replayed((26.0, 27.0, 0)))
    assert by_hour[26] == 0.5
    assert np.isnan(by_hour).sum() == 167


def test_the_loads_of_all_hours_add_up_to_the_slots_time() -> None:
    done = replay(TWO_SLOTS, steady(0.01, 300))
    line = levels(done)
    whole_h = float((line.load * line.for_s).sum()) / HOUR
    by_hour = load_by_hour_of_week(done)
    assert np.nansum(by_hour) == pytest.approx(whole_h)


def test_a_replay_that_served_nothing_was_not_busy() -> None:
    nothing = replay(rig(RTX_4090, LLAMA_70B, FP8), steady(1, 10))
    assert (busy_h(nothing), nearly_full_share(nothing), longest_queue(nothing)) == (0, 0, 0)
    assert np.isnan(load_by_hour_of_week(nothing)).all()
