"""What is counted as calls end: the right sums, a bounded number of them, at next to no cost."""

import time
from typing import Any

import pytest

from ledger.call import Entry, Outcome, Pricing, UsageBasis
from ledger.usage import TokenUsage
from payback.metrics import OTHER, Histogram, Metrics, Series
from proxy.watch import Watch
from tests.payback.books import SOME_USAGE, at, entry_at

START = "2026-11-22T11:00:00"
US = 1_000_000
TIMES: dict[str, Any] = {"first_byte_us": at(START) + US // 2, "ended_us": at(START) + 3 * US}
"""The first byte after half a second, the last after three."""


def the_only(metrics: Metrics) -> Series:
    ((_, series),) = metrics.series()
    return series


def counted(*entries: Entry) -> Metrics:
    metrics = Metrics()
    for entry in entries:
        metrics.ended(entry)
    return metrics


def test_a_call_is_counted_once_with_all_its_tokens_and_its_cost() -> None:
    """1000 in (600 of them read from a cache), 100 out: 400 * 3.00 + 600 * 0.30 + 100 * 15.00 = 2880."""
    usage = TokenUsage(input_tokens=1000, output_tokens=100, cache_read_tokens=600, reasoning_tokens=40)
    metrics = counted(entry_at(START, usage=usage), entry_at(START, 1, usage=usage))
    ((key, series),) = metrics.series()
    assert key == ("acme", "chat", "small-model")
    assert (series.input_tokens, series.output_tokens) == (2000, 200)
    assert (series.cache_read_tokens, series.reasoning_tokens) == (1200, 80)
    assert series.list_cost_nusd == 2 * 2_880_000
    assert series.ended[Outcome.OK].calls == 2
    assert series.unpriced_calls == series.estimated_calls == 0


def test_what_is_unpriced_estimated_or_interrupted_is_counted_apart() -> None:
    series = the_only(
        counted(
            entry_at(START, provider="nobody"),
            entry_at(START, 1, usage_basis=UsageBasis.ESTIMATED),
            entry_at(START, 2, outcome=Outcome.INTERRUPTED, usage=None),
        )
    )
    assert (series.unpriced_calls, series.estimated_calls) == (2, 1)
    assert series.ended[Outcome.INTERRUPTED].calls == 1
    assert series.list_cost_nusd == 4_500_000


def test_self_hosted_calls_have_no_cost_and_are_not_unpriced() -> None:
    entry = entry_at(START, self_hosted=True)
    assert entry.pricing is Pricing.SELF_HOSTED
    series = the_only(counted(entry))
    assert (series.list_cost_nusd, series.unpriced_calls) == (0, 0)


def test_records_may_tell_it_what_they_write() -> None:
    watch: Watch = (metrics := Metrics())
    watch.ended(entry_at(START))
    watch.committed(0.003)
    assert the_only(metrics).ended[Outcome.OK].calls == 1
    assert (sum(metrics.commits.counts), metrics.commits.total) == (1, 0.003)


def test_durations_fall_into_their_bounds_and_a_bound_belongs_to_what_is_below() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.2, 5.0):
        histogram.add(value)
    assert (histogram.counts, round(histogram.total, 9)) == ([2, 1, 1], 5.35)


def test_only_streams_that_were_answered_have_a_time_to_their_first_chunk() -> None:
    series = the_only(
        counted(
            entry_at(START, stream=True, **TIMES),
            entry_at(START, 1, **TIMES),
            entry_at(START, 2, stream=True, http_status=429, outcome=Outcome.UPSTREAM_ERROR, **TIMES),
        )
    )
    assert (sum(series.first_chunk.counts), series.first_chunk.total) == (1, 0.5)
    assert sum(series.ended[Outcome.OK].seconds.counts) == 2
    assert series.ended[Outcome.OK].seconds.total == 6.0


def test_a_call_that_another_ones_answer_tells_of_has_no_duration_of_its_own() -> None:
    series = the_only(counted(entry_at(START, ended_us=at(START), first_byte_us=at(START), stream=True)))
    assert series.ended[Outcome.OK].calls == 1
    assert sum(series.ended[Outcome.OK].seconds.counts) == sum(series.first_chunk.counts) == 0


def test_names_beyond_the_bound_are_one_and_lose_no_call() -> None:
    metrics = Metrics(most_series=2)
    for number in range(1000):
        metrics.ended(entry_at(START, number, request_model=f"model-{number}"))
    assert [model for (_, _, model), _ in metrics.series()] == ["model-0", "model-1", OTHER]
    assert sum(series.ended[Outcome.OK].calls for _, series in metrics.series()) == 1000


def test_names_that_no_upstream_took_leave_the_room_to_those_that_one_did() -> None:
    metrics = Metrics(most_series=2)
    for number in range(100):
        refused = entry_at(
            START,
            number,
            request_model=f"made-up-{number}",
            http_status=404,
            outcome=Outcome.UPSTREAM_ERROR,
            usage=None,
        )
        metrics.ended(refused)
    metrics.ended(entry_at(START, 100))
    assert {model for (_, _, model), _ in metrics.series()} == {OTHER, "small-model"}


def test_a_fault_in_counting_is_logged_and_harms_no_call(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    metrics.ended("no entry")  # type: ignore[arg-type]
    assert "could not be counted" in caplog.text
    assert metrics.series() == []


def test_counting_a_call_takes_microseconds() -> None:
    """Measured: 0.8 us with usage, cost and both times. The bound leaves room for a busy machine; the
    best of several runs is taken."""
    metrics = Metrics()
    entry = entry_at(START, stream=True, usage=SOME_USAGE, **TIMES)
    assert min(seconds_of(metrics, entry) for _ in range(20)) < 4e-6


def seconds_of(metrics: Metrics, entry: Entry, number: int = 1000) -> float:
    started_s = time.perf_counter()
    for _ in range(number):
        metrics.ended(entry)
    return (time.perf_counter() - started_s) / number
