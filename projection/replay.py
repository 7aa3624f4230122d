"""The user's own requests, at the times they came, on machines not bought yet: how long each would wait.

The steps take what `roofline` says; of several copies of the model, each takes every n-th request. Plain
Python, because each event depends on the one before: two to three microseconds a request."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from projection.batching import NO_BAR, Bar, Copy, Pace, Work
from projection.period import Floats
from projection.rig import Rig, room_tokens
from projection.roofline import context_token_s, prefill_s, step_without_context_s

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrivals:
    """Requests in the order they came."""

    at_s: Floats
    """Since a Monday's midnight in the user's own time zone, if hours of the week are asked for."""
    input_tokens: NDArray[np.int64]
    output_tokens: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.at_s) == len(self.input_tokens) == len(self.output_tokens) > 0:
            raise ValueError("arrivals need as many times as token counts, and one at least")
        if not np.all(np.isfinite(self.at_s)) or np.any(np.diff(self.at_s) < 0):
            raise ValueError("arrivals have to be in the order they came")
        if np.any(self.input_tokens < 0) or np.any(self.output_tokens < 1):
            raise ValueError("a request has no negative input and at least one output token")

    @property
    def held_tokens(self) -> Floats:
        """Of a copy's room, for as long as the request is under way: the mean while its answer grows."""
        return self.input_tokens + self.output_tokens / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What users bear, and for what share of the requests it has to hold."""

    first_token_s: float
    per_token_s: float
    share: float = 0.99

    def __post_init__(self) -> None:
        if not (self.first_token_s > 0 and self.per_token_s > 0 and 0 < self.share <= 1):
            raise ValueError("limits have to be above 0 seconds, and their share above 0 and at most 1")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replayed:
    """What became of each request; NaN for those that went elsewhere: too large, or out of patience."""

    rig: Rig
    copies: int
    arrivals: Arrivals
    copy: NDArray[np.intp]
    """Which one it went to, were it served or not."""
    start_s: Floats
    """When its prefill began."""
    first_s: Floats
    end_s: Floats

    @property
    def units(self) -> int:
        return self.copies * self.rig.units

    @property
    def served(self) -> Flags:
        return ~np.isnan(self.end_s)

    @property
    def first_token_s(self) -> Floats:
        """From arrival to the first token."""
        return self.first_s - self.arrivals.at_s

    @property
    def per_token_s(self) -> Floats:
        """Between tokens after the first; 0 for an answer of one."""
        return (self.end_s - self.first_s) / np.maximum(self.arrivals.output_tokens - 1, 1)

    @property
    def longest_queue(self) -> int:
        """Most requests waiting at one moment, of those that were served."""
        came_s, start_s = self.arrivals.at_s[self.served], self.start_s[self.served]
        # A start counts before an arrival at the same moment: who is let in at once never waited.
        before = np.searchsorted(np.sort(start_s), came_s, side="right")
        return int(np.max(np.arange(1, len(came_s) + 1) - before, initial=0))

    def within(self, limits: Limits) -> Flags:
        """NaN compares as false: what went elsewhere was not served within any limits."""
        return (self.first_token_s <= limits.first_token_s) & (self.per_token_s <= limits.per_token_s)


@lru_cache(maxsize=8)
def pace_of(rig: Rig) -> Pace:
    """No more slots than the engine takes; the room bounds them request by request. Kept, because a rig is
    replayed at half a dozen volumes."""
    steps = [step_without_context_s(rig, batch) for batch in range(rig.engine.most_sequences + 1)]
    return Pace(steps, context_token_s(rig), int(room_tokens(rig)))


def fits(rig: Rig, arrivals: Arrivals) -> Flags:
    """Requests that the model takes and the cache holds, one by itself."""
    whole_tokens = arrivals.input_tokens + arrivals.output_tokens
    return (whole_tokens <= rig.model.context_tokens) & (arrivals.held_tokens <= int(room_tokens(rig)))


def replay(
    rig: Rig,
    arrivals: Arrivals,
    *,
    copies: int = 1,
    patience_s: float = math.inf,
    prefix_hit_rate: float = 0.0,
) -> Replayed:
    """*patience_s*: a request that would get its first token later than that goes elsewhere instead."""
    found = _replayed(rig, arrivals, copies, patience_s, prefix_hit_rate, NO_BAR)
    assert found is not None
    return found


def replay_in_time(
    rig: Rig, arrivals: Arrivals, limits: Limits, *, copies: int = 1, prefix_hit_rate: float = 0.0
) -> Replayed | None:
    """As replay; None: the limits do not hold, which is given up as soon as that many are late."""
    count = len(arrivals.at_s)
    most_late = int(count * (1 - limits.share)) + 1
    while most_late > 0 and (count - most_late) / count < limits.share:
        most_late -= 1
    bar = Bar(first_token_s=limits.first_token_s, per_token_s=limits.per_token_s, most_late=most_late)
    return _replayed(rig, arrivals, copies, math.inf, prefix_hit_rate, bar)


def _replayed(
    rig: Rig, arrivals: Arrivals, copies: int, patience_s: float, prefix_hit_rate: float, bar: Bar
) -> Replayed | None:
    """None: more are late than *bar* allows."""
    if copies < 1:
        raise ValueError(f"copies is {copies}, and has to be 1 or more")
    taken = np.flatnonzero(fits(rig, arrivals))
    may_be_late = bar.most_late - (len(arrivals.at_s) - len(taken))
    start_s, first_s, end_s = (np.full(len(arrivals.at_s), np.nan) for _ in range(3))
    pace, copy_of = pace_of(rig), np.zeros(len(arrivals.at_s), dtype=np.intp)
    for turn in range(copies):
        chosen = taken[turn::copies]
        copy_of[chosen] = turn
        work = _work_of(rig, arrivals, chosen, prefix_hit_rate)
        copy = Copy(pace, work, patience_s, replace(bar, most_late=may_be_late))
        copy.run()
        may_be_late -= copy.late
        if may_be_late < 0:
            return None
        start_s[chosen], first_s[chosen], end_s[chosen] = copy.start_s, copy.first_s, copy.end_s
    return Replayed(
        rig=rig,
        copies=copies,
        arrivals=arrivals,
        copy=copy_of,
        start_s=start_s,
        first_s=first_s,
        end_s=end_s,
    )


def alone(rig: Rig, arrivals: Arrivals, *, prefix_hit_rate: float = 0.0) -> Replayed:
    """Each request on a copy of its own: the best that more copies can come to."""
    prefills = prefill_s(rig, arrivals.input_tokens.astype(float), prefix_hit_rate)
    steps = arrivals.output_tokens - 1
    mean_context = arrivals.input_tokens + 1 + (steps - 1) / 2
    first_s = np.where(fits(rig, arrivals), arrivals.at_s + prefills, np.nan)
    decode_s = steps * (step_without_context_s(rig, 1) + context_token_s(rig) * mean_context)
    return Replayed(
        rig=rig,
        copies=len(arrivals.at_s),
        arrivals=arrivals,
        copy=np.arange(len(arrivals.at_s)),
        start_s=np.where(np.isnan(first_s), np.nan, arrivals.at_s),
        first_s=first_s,
        end_s=first_s + decode_s,
    )


def _work_of(rig: Rig, arrivals: Arrivals, chosen: NDArray[np.intp], prefix_hit_rate: float) -> Work:
    """Lists, because reading one number of an array takes ten times as long."""
    inputs = arrivals.input_tokens[chosen]
    return Work(
        at_s=arrivals.at_s[chosen].tolist(),
        prefill_s=prefill_s(rig, inputs.astype(float), prefix_hit_rate).tolist(),
        input_tokens=inputs.tolist(),
        output_tokens=arrivals.output_tokens[chosen].tolist(),
        held_tokens=arrivals.held_tokens[chosen].tolist(),
    )
