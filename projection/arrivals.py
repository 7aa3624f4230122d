"""When calls come and how many are under way at once: what decides how much hardware stands idle."""

from dataclasses import dataclass

import numpy as np

from ledger.period import US_PER_HOUR
from projection.columns import Calls, Ints
from projection.period import Floats

US_PER_MINUTE = US_PER_HOUR // 60
HOURS_PER_WEEK = 168
_EPOCH_HOUR_OF_WEEK = 3 * 24
"""1970-01-01 was a Thursday; hour 0 of a week is Monday's first, UTC."""
MOST_MINUTES = 20 * 366 * 24 * 60
"""Twenty years: a longer span is a wrong clock, and would be held in memory minute by minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """Calls that began in each minute, from *first_minute* after the epoch, quiet minutes included."""

    first_minute: int
    calls: Ints

    @property
    def peak_calls(self) -> int:
        return int(self.calls.max(initial=0))

    @property
    def peak_factor(self) -> float | None:
        """The busiest minute over the mean of all. None: no call came."""
        total = int(self.calls.sum())
        return self.peak_calls * len(self.calls) / total if total else None

    def calls_at(self, quantile: float) -> float:
        """So many calls or fewer came in that share of the minutes: calls_at(0.99) is a busy minute's."""
        return float(np.quantile(self.calls, quantile)) if len(self.calls) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekProfile:
    """Sums by hour of the week, Monday 0:00 UTC first; 168 of each."""

    observed_h: Floats
    """For how many hours each was watched; 0: that hour of the week has not been seen."""
    calls: Ints
    input_tokens: Ints
    output_tokens: Ints

    def calls_per_h(self) -> Floats:
        """NaN where that hour of the week has not been seen: nothing is known, which is not nothing."""
        return _per_h(self.calls, self.observed_h)

    def output_tokens_per_h(self) -> Floats:
        return _per_h(self.output_tokens, self.observed_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """Calls under way at once, of those whose end is known."""

    us_at: Ints
    """How long exactly 0, 1, 2 ... calls were under way, in microseconds; together the whole period."""
    calls_without_end: int
    """Left out: nobody saw them end, or the clock was set back meanwhile."""

    @property
    def most(self) -> int:
        return len(self.us_at) - 1

    @property
    def mean(self) -> float:
        whole = int(self.us_at.sum())
        return float(self.us_at @ np.arange(len(self.us_at), dtype=np.float64)) / whole if whole else 0.0

    @property
    def idle_share(self) -> float:
        """Share of the period in which no call was under way."""
        whole = int(self.us_at.sum())
        return int(self.us_at[0]) / whole if whole else 1.0

    def at(self, quantile: float) -> int:
        """For that share of the period, so many calls or fewer were under way."""
        until = np.cumsum(self.us_at)
        return int(np.searchsorted(until, quantile * int(until[-1]), side="left"))


def minutes_of(calls: Calls, from_us: int, to_us: int) -> Minutes:
    """Minutes that the period touches. Raises ValueError for a period longer than 20 years."""
    first, end = from_us // US_PER_MINUTE, -(-to_us // US_PER_MINUTE)
    if end - first > MOST_MINUTES:
        raise ValueError("the period is longer than 20 years; is a clock wrong?")
    begun = calls.started_us // US_PER_MINUTE - first
    return Minutes(first_minute=first, calls=np.bincount(begun, minlength=end - first).astype(np.int64))


def week_of(calls: Calls, from_us: int, to_us: int) -> WeekProfile:
    known = np.where(calls.input_tokens >= 0, 1, 0)
    return week_of_hours(
        hours=calls.started_us // US_PER_HOUR,
        calls=np.ones(len(calls), dtype=np.int64),
        input_tokens=calls.input_tokens * known,
        output_tokens=calls.output_tokens * known,
        from_us=from_us,
        to_us=to_us,
    )


def week_of_hours(
    *, hours: Ints, calls: Ints, input_tokens: Ints, output_tokens: Ints, from_us: int, to_us: int
) -> WeekProfile:
    """From sums by hour since the epoch, as rollups have them; an hour may come twice."""
    place = hours_of_week(hours)
    return WeekProfile(
        observed_h=_observed_h(from_us, to_us),
        calls=_sums_at(place, calls),
        input_tokens=_sums_at(place, input_tokens),
        output_tokens=_sums_at(place, output_tokens),
    )


def concurrency_of(calls: Calls, from_us: int, to_us: int) -> Concurrency:
    """A call that ends in the microsecond in which another begins is not under way beside it."""
    seen = calls.ended_us >= calls.started_us
    starts, ends = calls.started_us[seen], np.minimum(calls.ended_us[seen], to_us)
    times = np.concatenate([[from_us], starts, ends, [to_us]]).astype(np.int64)
    none, one = np.zeros(1, dtype=np.int8), np.ones(len(starts), dtype=np.int8)
    changes = np.concatenate([none, one, -one, none])
    order = np.argsort(times, kind="stable")
    under_way, lasted = np.cumsum(changes[order], dtype=np.int64)[:-1], np.diff(times[order])
    us_at = np.zeros(int(under_way.max(initial=0)) + 1, dtype=np.int64)
    np.add.at(us_at, under_way, lasted)
    # What lasted no microsecond was never under way at once.
    most = int(np.flatnonzero(us_at).max(initial=0))
    return Concurrency(us_at=us_at[: most + 1], calls_without_end=int(np.count_nonzero(~seen)))


def hours_of_week(hours: Ints) -> Ints:
    """0 to 167, of hours since the epoch."""
    return (hours + _EPOCH_HOUR_OF_WEEK) % HOURS_PER_WEEK


def _sums_at(place: Ints, amounts: Ints) -> Ints:
    sums = np.zeros(HOURS_PER_WEEK, dtype=np.int64)
    np.add.at(sums, place, amounts)
    return sums


def _observed_h(from_us: int, to_us: int) -> Floats:
    """A period that begins within an hour has watched a part of it."""
    hours = np.arange(from_us // US_PER_HOUR, -(-to_us // US_PER_HOUR), dtype=np.int64)
    watched = np.minimum((hours + 1) * US_PER_HOUR, to_us) - np.maximum(hours * US_PER_HOUR, from_us)
    return _sums_at(hours_of_week(hours), watched) / US_PER_HOUR


def _per_h(amounts: Ints, observed_h: Floats) -> Floats:
    per_h = np.full(HOURS_PER_WEEK, np.nan)
    np.divide(amounts, observed_h, out=per_h, where=observed_h > 0)
    return per_h
