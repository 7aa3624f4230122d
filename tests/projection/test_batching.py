"""The event by event simulator against one that takes every single step."""

import math
from collections import deque
from dataclasses import dataclass, field
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from projection.batching import Copy, Pace, Work, _steps_until

PACE = Pace([0.0, 1.0, 1.5, 2.0], 0.001, 100)
"""Three slots; a step of one takes a second, and a millisecond for each token in the cache."""


def work(*requests: tuple[float, float, int, int]) -> Work:
    """Each: came at, prefill seconds, input tokens, output tokens."""
    at_s, prefill_s, inputs, outputs = zip(*requests, strict=True)
    held = [tokens_in + tokens_out / 2 for tokens_in, tokens_out in zip(inputs, outputs, strict=True)]
    return Work(at_s, prefill_s, inputs, outputs, held)


def ran(pace: Pace, work: Work, patience_s: float = math.inf) -> Copy:
    copy = Copy(pace, work, patience_s)
    copy.run()
    return copy


def test_one_request_prefills_and_then_takes_a_step_for_each_further_token() -> None:
    copy = ran(PACE, work((5.0, 0.5, 10, 3)))
    assert (copy.start_s, copy.first_s) == ([5.0], [5.5])
    assert copy.end_s == [pytest.approx(5.5 + 1.011 + 1.012)]  # 11 tokens in the cache, then 12


def test_an_answer_of_one_token_ends_with_its_prefill_and_takes_no_slot() -> None:
    copy = ran(PACE, work((0.0, 0.5, 10, 1), (0.0, 0.5, 10, 1)))
    assert copy.end_s == [0.5, 1.0]


def test_a_second_request_waits_for_the_step_under_way_and_slows_the_first() -> None:
    copy = ran(Pace([0.0, 1.0, 1.5], 0.0, 100), work((0.0, 0.0, 1, 4), (0.5, 0.25, 1, 2)))
    assert copy.start_s == [0.0, 1.0]
    assert copy.first_s == [0.0, 1.25]
    assert copy.end_s == [3.75, 2.75]  # 1 step alone, the other's prefill, 1.5 together, 1 alone


def test_who_finds_all_slots_taken_waits_for_the_first_to_end() -> None:
    copy = ran(Pace([0.0, 1.0], 0.0, 100), work((0.0, 0.0, 1, 3), (0.1, 0.0, 1, 2)))
    assert (copy.start_s, copy.end_s) == ([0.0, 2.0], [2.0, 3.0])


def test_who_finds_no_room_in_the_cache_waits_and_so_do_smaller_ones_behind() -> None:
    pace = Pace([0.0, 1.0, 1.0, 1.0], 0.0, 20)
    copy = ran(pace, work((0.0, 0.0, 10, 3), (0.1, 0.0, 10, 2), (0.2, 0.0, 1, 2)))
    assert copy.start_s == [0.0, 2.0, 2.0]


def test_who_runs_out_of_patience_goes_elsewhere_and_holds_nobody_up() -> None:
    copy = ran(Pace([0.0, 1.0], 0.0, 100), work((0.0, 0.0, 1, 6), (0.1, 0.0, 1, 9), (4.5, 0.0, 1, 2)), 3.0)
    assert math.isnan(copy.end_s[1])
    assert copy.start_s[2] == 5.0


def test_a_prefill_that_is_longer_than_patience_is_not_begun() -> None:
    copy = ran(PACE, work((0.0, 4.0, 10, 2), (0.0, 0.5, 10, 1)), 3.0)
    assert math.isnan(copy.start_s[0])
    assert copy.end_s[1] == 0.5


@given(st.sampled_from([0.0, 0.001, 0.01, 0.125, 0.3]), st.integers(1, 60), st.integers(1, 40))
@example(0.001, 31, 1)
def test_who_comes_at_the_very_end_of_a_step_does_not_wait_for_another(
    more_s: float, steps: int, eighths: int
) -> None:
    """Rounded up, the root of a square may be a step too far: 31 steps of 0.125 s and more became 32."""
    first_s = eighths / 8
    at_the_end_s = steps * (first_s + more_s / 2 * (steps - 1))
    assert _steps_until(at_the_end_s, first_s, more_s) == steps
    assert _steps_until(at_the_end_s - 0.01, first_s, more_s) == steps
    assert _steps_until(at_the_end_s + 0.01, first_s, more_s) == steps + 1


@dataclass
class StepByStep:
    """As plain as can be: every step is taken, every request looked at before each."""

    pace: Pace
    work: Work
    patience_s: float
    now_s: float = 0.0
    waiting: deque[int] = field(default_factory=deque)
    left: dict[int, int] = field(default_factory=dict)
    """Tokens still to come, of the requests under way."""
    first_s: dict[int, float] = field(default_factory=dict)
    end_s: dict[int, float] = field(default_factory=dict)

    def run(self) -> None:
        self.waiting.extend(range(len(self.work.at_s)))
        while self.waiting or self.left:
            if not self.left and self.waiting:
                self.now_s = max(self.now_s, self.work.at_s[self.waiting[0]])
            while self.waiting and self.let_in(self.waiting[0]):
                self.waiting.popleft()
            if self.left:
                self.step()

    def let_in(self, request: int) -> bool:
        came_s, prefill_s = self.work.at_s[request], self.work.prefill_s[request]
        if came_s > self.now_s:
            return False
        if self.now_s + prefill_s - came_s > self.patience_s:
            return True
        held = sum(self.work.held_tokens[other] for other in self.left)
        if held + self.work.held_tokens[request] > self.pace.room_tokens or len(self.left) == self.pace.slots:
            return False
        self.now_s += prefill_s
        self.first_s[request] = self.end_s[request] = self.now_s
        if self.work.output_tokens[request] > 1:
            self.left[request] = self.work.output_tokens[request] - 1
        return True

    def step(self) -> None:
        cached = sum(
            self.work.input_tokens[request] + self.work.output_tokens[request] - left
            for request, left in self.left.items()
        )
        self.now_s += self.pace.step_s[len(self.left)] + self.pace.context_token_s * cached
        for request in list(self.left):
            self.left[request] -= 1
            if not self.left[request]:
                del self.left[request]
                self.end_s[request] = self.now_s


SPANS_S = st.floats(0, 30).map(lambda seconds: round(seconds, 3))
REQUESTS = st.lists(
    st.tuples(SPANS_S, SPANS_S, st.integers(0, 80), st.integers(1, 40)), min_size=1, max_size=30
)
PACES = st.builds(
    Pace,
    st.lists(st.floats(0.0137, 3), min_size=1, max_size=5).map(lambda steps: [0.0, *accumulate(steps)]),
    st.sampled_from([0.0, 0.00137, 0.1]),
    st.just(100),
)


@given(PACES, REQUESTS, st.sampled_from([math.inf, 10.0123, 40.0123]))
@example(PACE, [(0.0, 0.0, 80, 40), (0.0, 1.0, 80, 40), (0.0, 0.0, 0, 30)], 40.0123)
def test_events_come_out_as_steps_do(
    pace: Pace, requests: list[tuple[float, float, int, int]], patience_s: float
) -> None:
    """Times are odd fractions, so that no step ends at the very moment a request comes or leaves."""
    gaps, prefills, inputs, outputs = zip(*requests, strict=True)
    came = [gap * 0.1 + index * 0.000_317 for index, gap in enumerate(accumulate(gaps))]
    asked = work(*zip(came, (prefill * 0.0713 for prefill in prefills), inputs, outputs, strict=True))
    slow = StepByStep(pace, asked, patience_s)
    slow.run()
    fast = ran(pace, asked, patience_s)
    served = {index for index, end_s in enumerate(fast.end_s) if not math.isnan(end_s)}
    assert served == set(slow.end_s)
    for request in served:
        assert fast.first_s[request] == pytest.approx(slow.first_s[request], abs=1e-6)
        assert fast.end_s[request] == pytest.approx(slow.end_s[request], abs=1e-6)
