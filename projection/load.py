"""How busy the machines of a replay were: hours for the electricity bill, peaks for the eye."""

from typing import NamedTuple

import numpy as np

from projection.period import Floats
from projection.replay import Replayed
from projection.rig import room_tokens

WEEK_HOURS = 168
HOUR_S = 3600.0
NEARLY_FULL = 0.8


class Levels(NamedTuple):
    """A line of steps: the load of all copies together from each time up to the next; 1 is full."""

    from_s: Floats
    load: Floats

    @property
    def for_s(self) -> Floats:
        """The last step has no length: nothing is under way after it."""
        return np.diff(self.from_s, append=self.from_s[-1:])


def levels(replayed: Replayed) -> Levels:
    """Slots or room in the cache, whichever is the fuller."""
    served, rig = replayed.served, replayed.rig
    times = np.concatenate([replayed.start_s[served], replayed.end_s[served]])
    order = np.argsort(times, kind="stable")
    held = replayed.arrivals.held_tokens[served]
    requests = np.cumsum(np.repeat([1.0, -1.0], len(held))[order])
    tokens = np.cumsum(np.concatenate([held, -held])[order])
    full = replayed.copies * rig.engine.most_sequences, replayed.copies * max(1, int(room_tokens(rig)))
    return Levels(times[order], np.maximum(requests / full[0], tokens / full[1]))


def nearly_full_share(replayed: Replayed) -> float:
    """Of the time from the first start to the last end: how long more than 80 % was taken."""
    line = levels(replayed)
    whole_s = float(line.for_s.sum())
    return float(line.for_s[line.load > NEARLY_FULL].sum()) / whole_s if whole_s > 0 else 0.0


def busy_h(replayed: Replayed) -> float:
    """Hours in which a copy had work, those of all copies added up; the rest of the time it is idle."""
    busy_s = 0.0
    for copy in range(replayed.copies):
        mine = (replayed.copy == copy) & replayed.served
        start_s, end_s = replayed.start_s[mine], replayed.end_s[mine]
        # Starts are in order already; what an earlier request covers is not counted again.
        before_s = np.maximum.accumulate(np.concatenate([start_s[:1], end_s[:-1]]))
        busy_s += float(np.maximum(end_s - np.maximum(start_s, before_s), 0).sum())
    return busy_s / HOUR_S


def longest_queue(replayed: Replayed) -> int:
    """Most requests waiting at one moment, of those that were served."""
    served = replayed.served
    came_s, start_s = replayed.arrivals.at_s[served], replayed.start_s[served]
    # A start counts before an arrival at the same moment: who is let in at once never waited.
    before = np.searchsorted(np.sort(start_s), came_s, side="right")
    return int(np.max(np.arange(1, len(came_s) + 1) - before, initial=0))


def load_by_hour_of_week(replayed: Replayed) -> Floats:
    """The mean load of each of the 168 hours; NaN for those that the replay did not touch."""
    line = levels(replayed)
    if not len(line.from_s):
        return np.full(WEEK_HOURS, np.nan)
    hours = np.arange(np.floor(line.from_s[0] / HOUR_S), np.ceil(line.from_s[-1] / HOUR_S) + 1)
    so_far = np.concatenate([[0.0], np.cumsum((line.load * line.for_s)[:-1])])
    by_hour = np.diff(np.interp(hours * HOUR_S, line.from_s, so_far)) / HOUR_S
    of_week = (hours[:-1] % WEEK_HOURS).astype(np.intp)
    seen = np.bincount(of_week, minlength=WEEK_HOURS)
    sums = np.bincount(of_week, by_hour, minlength=WEEK_HOURS)
    means = np.full(WEEK_HOURS, np.nan)
    means[seen > 0] = sums[seen > 0] / seen[seen > 0]
    return means
