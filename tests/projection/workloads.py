"""Traffic for tests: calls in columns, all on one cloud model unless it is said otherwise."""

import csv
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ledger.period import US_PER_DAY, us_at
from projection.columns import UNKNOWN, columns_of
from projection.traffic import Billed, Traffic

MONDAY_US = 4 * US_PER_DAY
"""1970-01-05"""
AZURE = Path(os.environ.get("PAYBACK_AZURE_TRACE", "not given"))
"""AzureLLMInferenceTrace_conv.csv of https://github.com/Azure/AzurePublicDataset (CC BY 4.0)."""


def workload(
    at_s: ArrayLike,
    input_tokens: ArrayLike = 500,
    output_tokens: ArrayLike = 100,
    *,
    span_s: float = 86_400,
    models: Sequence[str] = ("gpt-4o-mini",),
    billed: ArrayLike = 0,
    cached_tokens: ArrayLike = UNKNOWN,
    failed: ArrayLike = 0,
    needs: ArrayLike = 0,
    usd: ArrayLike = 0.01,
) -> Traffic:
    """From a Monday's midnight on; one number stands for all calls. An input of -1 is not known."""
    start_us = MONDAY_US + np.rint(np.asarray(at_s, dtype=float) * 1e6).astype(np.int64)

    def column(values: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.broadcast_to(np.asarray(values), (len(start_us),)).astype(np.int64)

    inputs = column(input_tokens)
    calls = columns_of(
        started_us=start_us,
        input_tokens=inputs,
        output_tokens=np.where(inputs < 0, UNKNOWN, column(output_tokens)),
        cache_read_tokens=column(cached_tokens),
        failed=column(failed),
    )
    return Traffic(
        workload="test",
        from_us=MONDAY_US,
        to_us=MONDAY_US + round(span_s * 1e6),
        calls=calls,
        cache_write_tokens=column(UNKNOWN),
        cache_write_1h_tokens=column(UNKNOWN),
        reasoning_tokens=column(UNKNOWN),
        list_cost_nusd=column(np.rint(np.asarray(usd) * 1e9)),
        billed=column(billed),
        billings=tuple(Billed(provider=None, models=(model,)) for model in models),
        needs=column(needs),
    )


def steady(calls_per_s: float, count: int, *, seed: int = 1, span_s: float | None = None) -> Traffic:
    """Poisson arrivals of 500 tokens in and 100 out, the same ones each time."""
    at_s = np.cumsum(np.random.default_rng(seed).exponential(1 / calls_per_s, count))
    return workload(at_s, span_s=span_s or float(at_s[-1]) + 1)


def real_hour() -> Traffic:
    with AZURE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = [us_at(datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC)) for row in rows]
    return workload(
        (np.array(times) - times[0]) / 1e6,
        [int(row["ContextTokens"]) for row in rows],
        [int(row["GeneratedTokens"]) for row in rows],
        span_s=(times[-1] - times[0]) / 1e6 + 1,
    )
