"""What was counted since the start: plain numbers, added to as calls end; payback.metrics_page shows them.

Adding takes less than 2 us a call, which tests/payback/test_metrics.py holds it to. Names that clients
choose are bounded: a hostile one must not make the page grow."""

import logging
from bisect import bisect_left
from typing import get_args

from ledger.call import Call, Entry, Outcome, Pricing, UsageBasis
from ledger.usage import TokenUsage
from proxy.refusal import Reason

log = logging.getLogger(__name__)

MOST_SERIES = 100
"""Upstream, operation and model together. Each is some sixty lines of the page, more where calls fail."""
OTHER = "other"
"""A model that there is no more room for, or that no upstream has answered to yet."""
DURATION_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
FIRST_CHUNK_SECONDS = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
"""Both as OpenTelemetry has them: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics, read
2026-11-22; its time to first token is that of a server, whose bounds fit the time to first chunk."""
COMMIT_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_ESTIMATED = frozenset({UsageBasis.ESTIMATED, UsageBasis.PARTIAL})
_US_PER_S = 1_000_000

Key = tuple[str, str, str | None]
"""Upstream, operation, model."""


class Histogram:
    """How many values were at most each of *bounds*, and beyond the last; and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Ended:
    """Calls of one series with one outcome."""

    __slots__ = ("calls", "seconds")

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = Histogram(DURATION_SECONDS)


class Series:
    """Sums over the calls of one upstream, operation and model."""

    __slots__ = (
        "cache_read_tokens", "cache_write_tokens", "ended", "estimated_calls", "first_chunk", "input_tokens",
        "list_cost_nusd", "output_tokens", "reasoning_tokens", "unpriced_calls",
    )  # fmt: skip

    def __init__(self) -> None:
        self.ended: dict[Outcome, Ended] = {}
        self.first_chunk = Histogram(FIRST_CHUNK_SECONDS)
        self.input_tokens = self.output_tokens = 0
        self.cache_read_tokens = self.cache_write_tokens = self.reasoning_tokens = 0
        self.list_cost_nusd = 0
        self.unpriced_calls = self.estimated_calls = 0

    def add(self, entry: Entry) -> None:
        call = entry.call
        self._add_times(call)
        if call.usage is not None:
            self._add_tokens(call.usage)
            if call.usage_basis in _ESTIMATED:
                self.estimated_calls += 1
        if entry.list_cost is not None:
            self.list_cost_nusd += entry.list_cost
        elif entry.pricing is Pricing.UNPRICED:
            self.unpriced_calls += 1

    def _add_times(self, call: Call) -> None:
        assert call.outcome is not None
        ended = self.ended.get(call.outcome)
        if ended is None:
            ended = self.ended[call.outcome] = Ended()
        ended.calls += 1
        if call.ended_us is None or call.ended_us <= call.started_us:
            return  # told by another call's answer, which alone has a duration
        ended.seconds.add((call.ended_us - call.started_us) / _US_PER_S)
        if call.stream and call.first_byte_us is not None and _is_answered(call):
            self.first_chunk.add((call.first_byte_us - call.started_us) / _US_PER_S)

    def _add_tokens(self, usage: TokenUsage) -> None:
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        if usage.cache_read_tokens:
            self.cache_read_tokens += usage.cache_read_tokens
        if usage.cache_write_tokens:
            self.cache_write_tokens += usage.cache_write_tokens
        if usage.reasoning_tokens:
            self.reasoning_tokens += usage.reasoning_tokens


class Metrics:
    """A proxy.watch.Watch. The loop's thread adds; others may look at any time."""

    def __init__(self, most_series: int = MOST_SERIES) -> None:
        self.commits = Histogram(COMMIT_SECONDS)
        self.committed = self.commits.add
        self.refusals = dict.fromkeys(get_args(Reason), 0)
        self._series: dict[Key, Series] = {}
        self._room = most_series

    def ended(self, entry: Entry) -> None:
        try:
            call = entry.call
            key = (call.upstream, call.operation, call.request_model or call.response_model)
            (self._series.get(key) or self._series_of(key, call)).add(entry)
        except Exception as error:  # counting is never worth a call
            log.error("a call could not be counted for the metrics", exc_info=error)

    def refused(self, reason: Reason) -> None:
        self.refusals[reason] += 1

    def series(self) -> list[tuple[Key, Series]]:
        return list(self._series.items())

    def _series_of(self, key: Key, call: Call) -> Series:
        upstream, operation, model = key
        if model is not None:
            if not self._room or not _is_answered(call):
                key = (upstream, operation, OTHER)
            else:
                self._room -= 1
        return self._series.setdefault(key, Series())


def _is_answered(call: Call) -> bool:
    """Upstream has taken the request: whoever makes up names is refused, and gets no place for them."""
    return call.http_status is not None and call.http_status < 400
