"""Traffic for those who have measured none: calls made up so that they add up to what was stated.

What is stated is exact: tokens, and how many hours of a day are busy. What is not is as in a public trace:
the size of a call, how far sizes spread, and arrivals that do not know of each other. Nothing repeats by the
week, and no call is cached."""

import numpy as np

from ledger.period import US_PER_DAY
from projection.columns import UNKNOWN, Calls, Ints
from projection.period import DAYS_PER_MONTH, Floats
from projection.plan import Volume
from projection.traffic import Billed, Needs, Traffic

MOST_CALLS = 200_000
"""More would tell nothing more of the sizes or of the peak; then a shorter time is made up."""
FROM_US = 19_723 * US_PER_DAY
"""Monday, 2024-01-01: a day as good as any, of no meaning."""
BEGINS_H = 9
"""Of a day that is not busy at all hours."""
INPUT_TOKENS_PER_CALL, OUTPUT_TOKENS_PER_CALL = 1155, 211
"""Means of the 19,366 requests of the conversation trace in Azure's public LLM inference traces, 2023."""
INPUT_LOG_SD, OUTPUT_LOG_SD = 0.64, 0.50
"""Of a lognormal that puts one call in a hundred where that trace does, at 3.6 and 2.8 times the mean: long
calls are the ones that are late."""
LONGEST_INPUT, LONGEST_OUTPUT = 12.0, 5.0
"""Times the mean: the longest of that trace, so that no call is made up that nobody would send."""
_MOST_USD = 9e9
"""Of the time that is made up: in nano-USD more is not counted in 64 bits."""


def traffic_of(volume: Volume, rng: np.random.Generator, days: int = 28) -> Traffic:
    """Calls of *days* days, of fewer where there would be too many: the period says which. Per month they are
    what *volume* states. Costs are unknown where no prices are stated.

    Raises ValueError for a cost beyond counting."""
    if days < 1:
        raise ValueError(f"days is {days}; write 1 or more")
    stretches, stretch_us = _stretches(calls_per_month(volume) / DAYS_PER_MONTH, days)
    months = stretches * stretch_us / US_PER_DAY / DAYS_PER_MONTH
    count = max(1, round(calls_per_month(volume) * months))
    input_tokens = _sizes(volume.input_tokens_per_month * months, count, INPUT_LOG_SD, LONGEST_INPUT, rng)
    output_tokens = _sizes(volume.output_tokens_per_month * months, count, OUTPUT_LOG_SD, LONGEST_OUTPUT, rng)
    started_us = _arrivals(volume.hours_per_day, count, stretches, stretch_us, rng)
    return _traffic(volume, started_us, input_tokens, output_tokens, stretches * stretch_us)


def calls_per_month(volume: Volume) -> float:
    """As stated, or of calls that have as many tokens as those of the trace, shared out as the volume is.

    >>> calls_per_month(Volume(input_tokens_per_month=911e6, output_tokens_per_month=455e6, model="m"))
    1000000.0
    """
    if volume.calls_per_month is not None:
        return volume.calls_per_month
    tokens = volume.input_tokens_per_month + volume.output_tokens_per_month
    return tokens / (INPUT_TOKENS_PER_CALL + OUTPUT_TOKENS_PER_CALL)


def _stretches(calls_per_day: float, days: int) -> tuple[int, int]:
    """How many, and how long each is: days, but for who has more calls a day than are made up. Then it is one
    that is as much shorter, busy and idle for the same shares of it as a day."""
    if calls_per_day <= MOST_CALLS:
        return max(1, min(days, int(MOST_CALLS / max(calls_per_day, 1)))), US_PER_DAY
    return 1, max(1, round(US_PER_DAY * MOST_CALLS / calls_per_day))


def _sizes(tokens: float, count: int, log_sd: float, longest: float, rng: np.random.Generator) -> Ints:
    """Whole tokens of *count* calls that add up to *tokens*, rounded; one each where there are enough.

    The sum up to each call is rounded, not the call: so nothing is lost on the way."""
    weights = np.minimum(rng.lognormal(-(log_sd**2) / 2, log_sd, count), longest)
    total = round(tokens)
    least = 1 if total >= count else 0
    until: Floats = np.rint(np.cumsum(weights) / weights.sum() * (total - least * count))
    until[-1] = total - least * count
    return np.diff(until, prepend=0).astype(np.int64) + least


def _arrivals(hours: float, count: int, stretches: int, stretch_us: int, rng: np.random.Generator) -> Ints:
    """A Poisson process of a known number is that number of uniform times: over the busy hours."""
    busy_us = stretch_us * hours / 24
    begins_us = stretch_us * min(BEGINS_H, 24 - hours) / 24
    stretch = rng.integers(0, stretches, count)
    within = np.minimum((begins_us + rng.random(count) * busy_us).astype(np.int64), stretch_us - 1)
    return np.sort(FROM_US + stretch * stretch_us + within)


def _traffic(
    volume: Volume, started_us: Ints, input_tokens: Ints, output_tokens: Ints, span_us: int
) -> Traffic:
    unknown = np.full(len(started_us), UNKNOWN, dtype=np.int64)
    nothing = np.zeros_like(unknown)
    calls = Calls(
        started_us=started_us,
        ended_us=unknown,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=unknown,
        failed=nothing,
        estimated=nothing,
        retry_number=nothing,
    )
    return Traffic(
        workload=None,
        from_us=FROM_US,
        to_us=FROM_US + span_us,
        calls=calls,
        cache_write_tokens=unknown,
        cache_write_1h_tokens=unknown,
        reasoning_tokens=unknown,
        list_cost_nusd=_costs(volume, input_tokens, output_tokens),
        billed=nothing,
        billings=(Billed(provider=volume.provider, models=(volume.model,)),),
        needs=np.full_like(unknown, Needs.NOTHING),
    )


def _costs(volume: Volume, input_tokens: Ints, output_tokens: Ints) -> Ints:
    """usd/Mtok * tokens / 1e6 * 1e9 nano/usd  ==  usd/Mtok * tokens * 1e3, rounded call by call."""
    if volume.input_usd_per_mtok is None or volume.output_usd_per_mtok is None:
        return np.full(len(input_tokens), UNKNOWN, dtype=np.int64)
    nusd: Floats = 1e3 * (
        volume.input_usd_per_mtok * input_tokens + volume.output_usd_per_mtok * output_tokens
    )
    if nusd.sum() > _MOST_USD * 1e9:
        raise ValueError(f"the volume costs {nusd.sum() / 1e9:.0f} USD; is an amount or a price wrong?")
    return np.rint(nusd).astype(np.int64)
