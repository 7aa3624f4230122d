"""What a workload asks for: how much, how large, when, how many at once, and how much of it is repeated.

Everything here was measured; what was not is None or counted apart. Nothing is scaled to a month."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ledger.period import US_PER_DAY
from projection.arrivals import (
    US_PER_MINUTE,
    Concurrency,
    Minutes,
    WeekProfile,
    concurrency_of,
    minutes_of,
    week_of,
)
from projection.columns import Calls, Ints
from projection.sizes import Cell, Contexts, contexts_of, sizes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """Sums of each whole UTC day of a period, without a gap: what a forecast reads. A day that the period
    holds in part only is left out: half a day is no quiet day."""

    first_day: int
    """Days since the epoch."""
    calls: Ints
    input_tokens: Ints
    output_tokens: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """*from_us* is part of the period, *to_us* is not. Tokens are those of calls whose usage is known."""

    from_us: int
    to_us: int
    calls: int
    """Attempts, failed ones too."""
    calls_without_usage: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cached_share: float | None
    """Of the input of calls that say how much of it was cached. None: no such input."""
    sizes: tuple[Cell, ...]
    contexts: Contexts
    minutes: Minutes
    week: WeekProfile
    concurrency: Concurrency
    daily: Daily

    @property
    def days(self) -> float:
        return (self.to_us - self.from_us) / US_PER_DAY

    @property
    def mean_input_tokens(self) -> float | None:
        return self.input_tokens / self.calls_with_usage if self.calls_with_usage else None

    @property
    def mean_output_tokens(self) -> float | None:
        return self.output_tokens / self.calls_with_usage if self.calls_with_usage else None

    @property
    def calls_with_usage(self) -> int:
        return self.calls - self.calls_without_usage


def demand_of(calls: Calls, *, from_us: int | None = None, to_us: int | None = None) -> Demand:
    """The demand of a period; left out, it is the minutes from the first call to the last.

    Raises ValueError for a period that does not hold all calls, and for one that ends before it begins."""
    from_us, to_us = _period_of(calls, from_us, to_us)
    known = calls.input_tokens >= 0
    return Demand(
        from_us=from_us,
        to_us=to_us,
        calls=len(calls),
        calls_without_usage=int(np.count_nonzero(~known)),
        input_tokens=int(calls.input_tokens[known].sum()),
        output_tokens=int(calls.output_tokens[known].sum()),
        cache_read_tokens=int(calls.cache_read_tokens[_says_cached(calls)].sum()),
        cached_share=cached_share_of(calls),
        sizes=sizes_of(calls),
        contexts=contexts_of(calls),
        minutes=minutes_of(calls, from_us, to_us),
        week=week_of(calls, from_us, to_us),
        concurrency=concurrency_of(calls, from_us, to_us),
        daily=_daily(calls, from_us, to_us),
    )


def _period_of(calls: Calls, from_us: int | None, to_us: int | None) -> tuple[int, int]:
    first = int(calls.started_us[0]) if len(calls) else (to_us or from_us or 0)
    last = int(calls.started_us[-1]) if len(calls) else first - 1
    start = first // US_PER_MINUTE * US_PER_MINUTE if from_us is None else from_us
    end = (last // US_PER_MINUTE + 1) * US_PER_MINUTE if to_us is None else to_us
    if end < start:
        raise ValueError("the period ends before it begins")
    if len(calls) and not start <= first <= last < end:
        raise ValueError("calls lie outside the period they are asked for")
    return start, end


def _says_cached(calls: Calls) -> npt.NDArray[np.bool_]:
    return (calls.cache_read_tokens >= 0) & (calls.input_tokens >= 0)


def cached_share_of(calls: Calls) -> float | None:
    """As in Demand."""
    says = _says_cached(calls)
    whole = int(calls.input_tokens[says].sum())
    return int(calls.cache_read_tokens[says].sum()) / whole if whole else None


def _daily(calls: Calls, from_us: int, to_us: int) -> Daily:
    days = calls.started_us // US_PER_DAY
    counted = np.maximum(calls.input_tokens, 0), np.maximum(calls.output_tokens, 0)
    input_tokens, output_tokens = (_sums_by_day(days, tokens, from_us, to_us) for tokens in counted)
    return Daily(
        first_day=-(-from_us // US_PER_DAY),
        calls=_sums_by_day(days, np.ones_like(days), from_us, to_us),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
    )


def _sums_by_day(days: Ints, amounts: Ints, from_us: int, to_us: int) -> Ints:
    first, end = -(-from_us // US_PER_DAY), to_us // US_PER_DAY
    sums = np.zeros(max(end - first, 0), dtype=np.int64)
    whole = (days >= first) & (days < end)
    np.add.at(sums, days[whole] - first, amounts[whole])
    return sums
