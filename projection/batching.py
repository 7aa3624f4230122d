"""One copy of a model at work: continuous batching, step for step, over requests in the order they came.

Between two events, which are a request let in and an answer at its end, every step is longer than the one
before by the same amount: the tokens that the batch has added to the cache. So all steps up to the next event
are one sum, and the work grows with the requests, not with their tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush


@dataclass(frozen=True, slots=True)
class Pace:
    """What a copy takes for what, and how much at once."""

    step_s: Sequence[float]
    """By the number of sequences under way, nothing in the cache; as long as there are slots, and one."""
    context_token_s: float
    """Longer for each token in the cache."""
    room_tokens: int

    @property
    def slots(self) -> int:
        return len(self.step_s) - 1


@dataclass(frozen=True, slots=True)
class Work:
    """Requests by the time they came, each column one fact about all of them."""

    at_s: Sequence[float]
    prefill_s: Sequence[float]
    input_tokens: Sequence[int]
    output_tokens: Sequence[int]
    held_tokens: Sequence[float]
    """Of the room, for as long as the request is under way: in whole or half tokens, none above the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What has to be in time, and how many may be late before it is clear that a copy is too slow."""

    first_token_s: float = math.inf
    per_token_s: float = math.inf
    most_late: float = math.inf


NO_BAR = Bar()


class Copy:
    """Let in while there is room, prefill one by one, then one step for all: so until nothing is left, or
    more are late than *bar* allows.

    Whoever would get the first token later than *patience_s* after coming leaves the queue unserved."""

    def __init__(self, pace: Pace, work: Work, patience_s: float = math.inf, bar: Bar = NO_BAR) -> None:
        count = len(work.at_s)
        self.start_s, self.first_s, self.end_s = ([math.nan] * count for _ in range(3))
        self.late = 0
        self._bar = bar
        self._pace, self._work, self._patience_s = pace, work, patience_s
        self._count, self._slots = count, pace.slots
        self._now_s = -math.inf
        self._next = 0
        self._step = 0
        self._context_tokens = 0
        self._free_tokens: float = pace.room_tokens
        self._ends: list[tuple[int, int]] = []

    def run(self) -> None:
        count, at_s, ends, most_late = self._count, self._work.at_s, self._ends, self._bar.most_late
        while (self._next < count or ends) and self.late <= most_late:
            if self._next < count:
                came_s = at_s[self._next]
                if not ends and came_s > self._now_s:
                    self._now_s = came_s
                if came_s <= self._now_s:
                    self._let_in()
            if ends:
                self._decode()

    def _let_in(self) -> None:
        work, most, in_time_s = self._work, self._slots, self._bar.first_token_s
        for request in range(self._next, self._count):
            came_s, held = work.at_s[request], work.held_tokens[request]
            first_s = self._now_s + work.prefill_s[request]
            late = first_s - came_s > self._patience_s
            full = len(self._ends) == most or held > self._free_tokens
            if came_s > self._now_s or (full and not late):
                return
            self._next = request + 1
            if late:
                continue
            self.start_s[request] = self._now_s
            self.first_s[request] = self.end_s[request] = self._now_s = first_s
            if first_s - came_s > in_time_s:
                self.late += 1
            if work.output_tokens[request] > 1:
                self._join(request, held)

    def _join(self, request: int, held: float) -> None:
        heappush(self._ends, (self._step + self._work.output_tokens[request] - 1, request))
        self._free_tokens -= held
        self._context_tokens += self._work.input_tokens[request] + 1

    def _decode(self) -> None:
        batch, context_token_s = len(self._ends), self._pace.context_token_s
        first_s = self._pace.step_s[batch] + context_token_s * self._context_tokens
        more_s = context_token_s * batch
        steps = self._ends[0][0] - self._step
        takes_s = steps * (first_s + more_s * (steps - 1) / 2)
        if batch < self._slots and self._next < self._count:
            left_s = self._work.at_s[self._next] - self._now_s
            if left_s <= 0:
                left_s = self._until_it_leaves_s()
            if 0 < left_s < takes_s:
                steps = _steps_until(left_s, first_s, more_s)
                takes_s = steps * (first_s + more_s * (steps - 1) / 2)
        self._now_s += takes_s
        self._step += steps
        self._context_tokens += steps * batch
        if self._ends[0][0] == self._step:
            self._take_out()

    def _until_it_leaves_s(self) -> float:
        """The head of the queue, which makes way for a smaller one."""
        came_s = self._work.at_s[self._next]
        return came_s + self._patience_s - self._work.prefill_s[self._next] - self._now_s

    def _take_out(self) -> None:
        work, ends = self._work, self._ends
        while ends and ends[0][0] == self._step:
            _, request = heappop(ends)
            self.end_s[request] = self._now_s
            self._free_tokens += work.held_tokens[request]
            self._context_tokens -= work.input_tokens[request] + work.output_tokens[request]
            self._note(request)

    def _note(self, request: int) -> None:
        """Late is who had to wait for tokens after the first; who waited for that one is counted already."""
        first_s, bar = self.first_s[request], self._bar
        after_s = (self._now_s - first_s) / max(self._work.output_tokens[request] - 1, 1)
        if after_s > bar.per_token_s and first_s - self._work.at_s[request] <= bar.first_token_s:
            self.late += 1


def _steps_until(left_s: float, first_s: float, more_s: float) -> int:
    """The fewest steps that take *left_s* or longer, the first *first_s* and each next *more_s* longer.

    The sum of k steps is more/2 * k^2 + (first - more/2) * k; the root of that, rounded up, and looked at
    again, because the root of a whole number of steps may come out a little above it."""
    half, straight = more_s / 2, first_s - more_s / 2
    root = 2 * left_s / (straight + math.sqrt(straight * straight + 4 * half * left_s))
    steps = max(1, math.ceil(root))
    return steps - 1 if steps > 1 and (steps - 1) * (first_s + half * (steps - 2)) >= left_s else steps
