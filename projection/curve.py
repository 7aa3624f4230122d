"""What becomes of a fleet at other volumes: work as a fluid, window by window of the measured demand.

A replay tells what one volume comes to; paths need thousands of them. So each window has the seconds of work
that its calls are for a copy which has as many requests under way as the limits leave room for; what exceeds
the seconds that all copies have overflows. It knows nothing of bursts within a window, which replays look at:
what it says of overflow is the least."""

from dataclasses import dataclass

import numpy as np

from projection.arrivals import HOURS_PER_WEEK, hours_of_week
from projection.asked import MINUTES_PER_HOUR, Asked, summed
from projection.fitting import batch_within
from projection.period import HOURS_PER_MONTH, Floats
from projection.replay import Limits
from projection.rig import Rig
from projection.roofline import context_token_s, prefill_rates, step_without_context_s

REQUESTS_PER_WINDOW = 10
"""A window is a minute, or as long as so many requests one after the other: work is in the window in which
its call began, though it goes on after that."""
NEARLY_FULL = 0.8
_LEAST_FACTOR = 1e-12
_GROUPS, _FACTORS, _LEVELS = 512, 193, 97
"""Loads, volumes and levels at which busy hours are worked out; between them lines are drawn. Against finer
ones, busy hours differ by less than 0.5 %."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FluidCurve:
    """Implements projection.fleet.Curve."""

    copies: int
    windows: int
    """Of the whole period, quiet ones too."""
    loads: Floats
    """Of the windows with work, the largest first: how many copies it takes."""
    elsewhere_share: float
    """Of the tokens, those of calls that no copy can take: they overflow whatever the volume."""
    by_hour: Floats
    """Mean load by hour of the week: how many copies it takes; NaN where nothing was seen."""
    _until: Floats
    _falling: Floats
    """The loads, negated: rising, as a search wants them."""
    _factors: Floats
    _busy_h: Floats

    def overflow_share(self, factor: Floats) -> Floats:
        beyond = self._beyond(np.asarray(factor, dtype=float))
        return self.elsewhere_share + (1 - self.elsewhere_share) * beyond

    def busy_h_per_month(self, factor: Floats) -> Floats:
        """From requests that come independently of each other, each taking its part of a batch: a copy is
        busy while any is under way, which at low load is as long as each by itself takes."""
        volume, least = np.asarray(factor, dtype=float), self._factors[0]
        logs = np.log(np.maximum(volume, least))
        hours = np.interp(logs, np.log(self._factors), self._busy_h)
        return np.asarray(np.where(volume < least, hours * np.maximum(volume, 0) / least, hours))

    def bears(self, share: float) -> float:
        """The largest factor at which no more than 1 - *share* of what fits overflows."""
        low = self.copies / float(self.loads[0])
        high = 2 * low
        while self._beyond(np.array(high)) <= 1 - share and high < 1e12 * low:
            high *= 2
        for _ in range(60):
            middle = (low + high) / 2
            fits = self._beyond(np.array(middle)) <= 1 - share
            low, high = (middle, high) if fits else (low, middle)
        return low

    def load_by_hour(self) -> Floats:
        """Share of all copies; what exceeds them waits, or goes elsewhere."""
        return np.minimum(self.by_hour / self.copies, 1.0)

    def nearly_full_share(self) -> float:
        return int(np.count_nonzero(self.loads > NEARLY_FULL * self.copies)) / self.windows

    def _beyond(self, factor: Floats) -> Floats:
        """Where there is room for the busiest window, none; that is most of the paths, and need not be
        searched."""
        room = np.asarray(self.copies / np.maximum(factor, _LEAST_FACTOR))
        share: Floats = np.zeros_like(room)
        is_short = room < self.loads[0]
        less = room[is_short]
        full = np.searchsorted(self._falling, -less, side="left")
        share[is_short] = np.clip((self._until[full] - less * full) / self._until[-1], 0.0, 1.0)
        return share


def curve_of(
    rig: Rig, asked: Asked, limits: Limits, *, copies: int, elsewhere_share: float = 0.0
) -> FluidCurve:
    """Where the limits leave room for no request at all, one is under way at a time."""
    work = _Work(rig, asked)
    batch = max(1, batch_within(rig, asked.shape, limits))
    full_s = work.seconds(batch)
    alone_s = float(work.seconds(1).sum()) / int(asked.calls.sum())
    windows = _windows(asked, alone_s)
    length_s = asked.span_s / windows
    _, sums_s = summed((asked.minutes - asked.first_minute) * windows // asked.span_minutes, full_s)
    loads = np.sort(sums_s / length_s)[::-1]
    levels, busy = _busy_by_level(work, batch)
    factors, busy_h = _busy_by_factor(loads / copies, levels, busy)
    return FluidCurve(
        copies=copies,
        windows=windows,
        loads=loads,
        elsewhere_share=elsewhere_share,
        by_hour=_by_hour(asked, full_s),
        _until=np.concatenate([[0.0], np.cumsum(loads)]),
        _falling=-loads,
        _factors=factors,
        _busy_h=np.minimum(busy_h / windows, 1.0) * copies * HOURS_PER_MONTH,
    )


class _Work:
    """Seconds that calls are for a copy, by the requests under way."""

    def __init__(self, rig: Rig, asked: Asked) -> None:
        token_s, pair_s = prefill_rates(rig)
        missed = 1 - asked.shape.prefix_hit_rate
        self._rig, self._output_tokens = rig, asked.output_tokens
        self._fixed_s = (asked.input_tokens * token_s + asked.input_pairs * pair_s) * missed
        self._fixed_s += asked.read_tokens * context_token_s(rig)
        self._fixed_sum_s, self._output_sum = float(self._fixed_s.sum()), float(asked.output_tokens.sum())

    def seconds(self, batch: float) -> Floats:
        """Minute by minute."""
        return self._fixed_s + self._output_tokens * (step_without_context_s(self._rig, batch) / batch)

    def sum_s(self, batch: float) -> float:
        return self._fixed_sum_s + self._output_sum * step_without_context_s(self._rig, batch) / batch


def _windows(asked: Asked, alone_s: float) -> int:
    """No longer than an hour, no shorter than a minute."""
    minutes = min(max(REQUESTS_PER_WINDOW * alone_s / 60, 1), MINUTES_PER_HOUR, asked.span_minutes)
    return max(1, round(asked.span_minutes / minutes))


def _busy_by_level(work: _Work, batch: int) -> tuple[Floats, Floats]:
    """For a copy at so much of its load, the share of time in which it has work.

    With a mean of n requests under way, which came independently, none is under way for exp(-n) of the time,
    and n / (1 - exp(-n)) while any is: that batch says how long the work takes."""
    under_way = np.geomspace(1e-3, 40.0 * batch, _LEVELS - 1)
    busy = -np.expm1(-under_way)
    sums_s = np.array([work.sum_s(min(each, batch)) for each in under_way / busy])
    levels = busy * work.sum_s(batch) / sums_s if work.sum_s(batch) > 0 else busy
    return np.concatenate([[0.0], levels]), np.concatenate([[0.0], busy])


def _busy_by_factor(loads: Floats, levels: Floats, busy: Floats) -> tuple[Floats, Floats]:
    """Windows' worth of busy time of one copy, for factors from where all is a line to where all is full."""
    starts = np.unique(np.linspace(0, len(loads), min(_GROUPS, len(loads)), endpoint=False).astype(int))
    counts = np.diff(starts, append=len(loads))
    means = np.add.reduceat(loads, starts) / counts
    factors = np.geomspace(levels[1] / means[0], max(2.0, levels[-1]) / means[-1], _FACTORS)
    shares = np.interp(np.outer(factors, means), levels, busy)
    return factors, shares @ counts


def _by_hour(asked: Asked, work_s: Floats) -> Floats:
    place = hours_of_week(asked.minutes // MINUTES_PER_HOUR)
    sums_s = np.bincount(place, work_s, minlength=HOURS_PER_WEEK)
    observed_s = asked.week.observed_h * 3600
    means = np.full(HOURS_PER_WEEK, np.nan)
    np.divide(sums_s, observed_s, out=means, where=observed_s > 0)
    return means
