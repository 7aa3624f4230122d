"""What calls ask of a machine, whichever it is: the mean request, sums by minute, the busiest stretch.

Read off the calls once, and held against a dozen machines."""

from dataclasses import dataclass

import numpy as np

from projection.arrivals import MOST_MINUTES, US_PER_MINUTE, WeekProfile, week_of_hours
from projection.columns import Calls, Ints
from projection.demand import cached_share_of
from projection.period import Floats
from projection.replay import Arrivals
from projection.rig import Shape
from projection.traffic import Traffic

STRETCH_CALLS = 3000
"""Replayed in 5 to 10 ms; of so many, 30 may be late where 99 % have to be in time."""
_SHORTEST_S = 1e-6
MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """Of calls whose tokens are known, one at least. The columns are of the minutes in which any began."""

    first_minute: int
    """Of the period, since the epoch."""
    span_minutes: int
    """That the period touches, quiet ones too."""
    shape: Shape
    """An answer without a token counts as one token: it is under way all the same. The share of the input
    that the API found in its cache is taken to be found by an engine too: each keeps prefixes, but for how
    long depends on the room that is left, and each copy of several sees a part of the calls only."""
    minutes: Ints
    """Since the epoch, rising."""
    calls: Ints
    input_tokens: Floats
    input_pairs: Floats
    """Each call's input squared: what attention costs on the way to the first token."""
    output_tokens: Floats
    read_tokens: Floats
    """Each call's output times what it has in the cache meanwhile."""
    most_held_tokens: float
    """By the call that keeps most in the cache."""
    week: WeekProfile
    stretch: Arrivals

    @property
    def span_s(self) -> float:
        return self.span_minutes * 60.0

    @property
    def tokens_per_s(self) -> float:
        """Input and output, on the mean of the whole period."""
        return float(self.input_tokens.sum() + self.output_tokens.sum()) / self.span_s

    @property
    def calls_per_s(self) -> float:
        return int(self.calls.sum()) / self.span_s

    @property
    def peak_calls_per_s(self) -> float:
        """In the busiest hour by the clock; of a period that is shorter, in all of it."""
        hours, sums = summed(self.minutes // MINUTES_PER_HOUR, self.calls)
        return float(sums.max()) / (60.0 * min(self.span_minutes, MINUTES_PER_HOUR)) if len(hours) else 0.0


def asked_of(traffic: Traffic) -> Asked:
    """Raises ValueError where no call's tokens are known, and for a period of more than 20 years."""
    calls = traffic.calls
    if not len(calls) or np.any(calls.input_tokens < 0):
        raise ValueError("what is asked for can be told of calls whose tokens are known, and one at least")
    inputs, outputs = calls.input_tokens.astype(float), np.maximum(calls.output_tokens, 1).astype(float)
    first, end = traffic.from_us // US_PER_MINUTE, max(traffic.to_us, int(calls.started_us[-1]) + 1)
    span_minutes = max(1, -(-end // US_PER_MINUTE) - first)
    if span_minutes > MOST_MINUTES:
        raise ValueError("the period is longer than 20 years; is a clock wrong?")
    begun, starts = _runs_of(calls.started_us // US_PER_MINUTE)
    input_sums, output_sums = np.add.reduceat(inputs, starts), np.add.reduceat(outputs, starts)
    counts = np.diff(starts, append=len(calls)).astype(np.int64)
    return Asked(
        first_minute=first,
        span_minutes=span_minutes,
        shape=Shape(
            input_tokens=float(inputs.mean()),
            output_tokens=float(outputs.mean()),
            prefix_hit_rate=cached_share_of(calls) or 0.0,
        ),
        minutes=begun,
        calls=counts,
        input_tokens=input_sums,
        input_pairs=np.add.reduceat(inputs * inputs, starts),
        output_tokens=output_sums,
        read_tokens=np.add.reduceat(outputs * (inputs + outputs / 2), starts),
        most_held_tokens=float((inputs + outputs / 2).max()),
        week=week_of_hours(
            hours=begun // MINUTES_PER_HOUR,
            calls=counts,
            input_tokens=input_sums.astype(np.int64),
            output_tokens=output_sums.astype(np.int64),
            from_us=traffic.from_us,
            to_us=max(end, traffic.from_us),
        ),
        stretch=_busiest(calls),
    )


def summed(places: Ints, amounts: Ints | Floats) -> tuple[Ints, Floats]:
    """Sums of the amounts at each place; places rise, and each comes out once."""
    distinct, starts = _runs_of(places)
    return distinct, np.add.reduceat(amounts.astype(float), starts)


def _runs_of(rising: Ints) -> tuple[Ints, Ints]:
    """Each number once, and where it begins."""
    starts = np.flatnonzero(np.concatenate([[True], rising[1:] != rising[:-1]]))
    return rising[starts], starts


def _busiest(calls: Calls) -> Arrivals:
    """The calls in a row, no more than STRETCH_CALLS, that ask for most tokens in their time."""
    first, count = 0, len(calls)
    if count > STRETCH_CALLS:
        tokens = calls.input_tokens + calls.output_tokens
        until = np.concatenate([[0], np.cumsum(tokens)])
        spans_us = calls.started_us[STRETCH_CALLS - 1 :] - calls.started_us[: count - STRETCH_CALLS + 1]
        rates = (until[STRETCH_CALLS:] - until[:-STRETCH_CALLS]) / np.maximum(spans_us / 1e6, _SHORTEST_S)
        first, count = int(np.argmax(rates)), STRETCH_CALLS
    row = slice(first, first + count)
    return Arrivals(
        at_s=(calls.started_us[row] - calls.started_us[first]) / 1e6,
        input_tokens=calls.input_tokens[row],
        output_tokens=np.maximum(calls.output_tokens[row], 1),
    )
