"""The page of metrics for Prometheus: numbers of payback.metrics under names, with what is true just now.

Names are OpenTelemetry's for generative AI where it has one, spelled as its rules for Prometheus want:
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics, read 2026-11-22."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from ledger.call import Outcome
from ledger.money import NANO_PER_USD
from ledger.writer import Writer
from payback.current import Current
from payback.metrics import Histogram, Key, Metrics, Series
from payback.under_way import UnderWay
from payback.version import VERSION
from proxy.budget import Budget, Purse

LABELS = ("upstream", "operation", "model")
_COUNTS = {
    "payback_list_cost_usd": ("Cost at list prices of the calls that have a price.", "list_cost_nusd"),
    "payback_unpriced_calls": ("Calls whose cost is not known; it is in no sum.", "unpriced_calls"),
    "payback_estimated_calls": ("Calls whose tokens are an estimate.", "estimated_calls"),
}
_TOKENS = {"input": "input_tokens", "output": "output_tokens"}
_PARTS = {
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}
Rows = list[tuple[Key, Series]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """Where the page finds what is true at the moment."""

    metrics: Metrics
    writer: Writer
    calls: UnderWay
    current: Current
    budgets: Callable[[], Sequence[tuple[Budget, Purse]]] = tuple


class MetricsPage:
    def __init__(self, now: Now) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Payback(now))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def render(self, accept: str) -> tuple[bytes, str]:
        """The page, and its type: OpenMetrics where *accept*, a header, asks for that."""
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # it does not take every header that a client can think of
            encode, content_type = choose_encoder("")
        return encode(self._registry), content_type


class _Payback(Collector):
    def __init__(self, now: Now) -> None:
        self._now = now

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        rows = self._now.metrics.series()
        yield from _of_calls(rows)
        yield from _of_tokens(rows)
        yield from _of_times(rows)
        yield _histogram(
            "payback_ledger_commit_duration_seconds",
            "How long a call waited until a record of it was on the disk.",
            [((), self._now.metrics.commits)],
        )
        yield _of_refusals(self._now.metrics)
        yield from _of_budgets(self._now.budgets())
        yield from self._of_the_moment()

    def _of_the_moment(self) -> Iterator[Metric]:
        writer = self._now.writer
        gauges = {
            "payback_in_flight_calls": ("Calls under way.", len(self._now.calls)),
            "payback_ledger_problem": (
                "1 while the ledger cannot be written, and records go to the spool.",
                writer.problem is not None,
            ),
            "payback_spool_problem": (
                "1 while the spool cannot be written either.",
                writer.spool_problem is not None,
            ),
            "payback_spool_records": ("Records that wait in the spool for the ledger.", writer.spooled),
            "payback_config_last_reload_successful": (
                "0 where the configuration was read again, and refused.",
                self._now.current.is_last_reading_taken,
            ),
        }
        for name, (help_text, value) in gauges.items():
            yield GaugeMetricFamily(name, help_text, float(value))
        yield InfoMetricFamily("payback_build", "Which payback this is.", {"version": VERSION})


def _of_calls(rows: Rows) -> Iterator[Metric]:
    calls = CounterMetricFamily("payback_calls", "Attempts that have ended.", labels=(*LABELS, "outcome"))
    broken_off = CounterMetricFamily(
        "payback_interrupted_calls", "Calls that payback itself cut at its end.", labels=LABELS
    )
    for key, series in rows:
        for outcome, ended in list(series.ended.items()):
            calls.add_metric((*_values(key), outcome), ended.calls)
        interrupted = series.ended.get(Outcome.INTERRUPTED)
        broken_off.add_metric(_values(key), interrupted.calls if interrupted else 0)
    yield calls
    yield broken_off
    for name, (help_text, field) in _COUNTS.items():
        counter = CounterMetricFamily(name, help_text, labels=LABELS)
        divisor = NANO_PER_USD if field.endswith("_nusd") else 1
        for key, series in rows:
            counter.add_metric(_values(key), getattr(series, field) / divisor)
        yield counter


def _of_refusals(metrics: Metrics) -> Metric:
    refused = CounterMetricFamily(
        "payback_refused_calls",
        "Calls that were refused and are no rows, by what was wrong.",
        labels=("reason",),
    )
    for reason, number in metrics.refusals.items():
        refused.add_metric((reason,), number)
    return refused


def _of_budgets(budgets: Sequence[tuple[Budget, Purse]]) -> Iterator[Metric]:
    """None where there are none."""
    told = {
        "payback_budget_limit_usd": ("How much may be spent in a day or a month.", _limit_usd),
        "payback_budget_spent_usd": ("Cost at list prices, in this day or month.", _spent_usd),
        "payback_budget_reserved_usd": ("What is kept for calls under way.", _reserved_usd),
        "payback_budget_unpriced_calls": ("Calls without a known cost: they are not in it.", _unpriced),
    }
    for name, (help_text, value_of) in told.items() if budgets else ():
        gauge = GaugeMetricFamily(name, help_text, labels=("budget",))
        for budget, purse in budgets:
            gauge.add_metric((budget.name,), value_of(budget, purse))
        yield gauge


def _limit_usd(budget: Budget, _: Purse) -> float:
    return budget.limit / NANO_PER_USD


def _spent_usd(_: Budget, purse: Purse) -> float:
    return purse.spent / NANO_PER_USD


def _reserved_usd(_: Budget, purse: Purse) -> float:
    return purse.reserved / NANO_PER_USD


def _unpriced(_: Budget, purse: Purse) -> float:
    return purse.unpriced_calls


def _of_tokens(rows: Rows) -> Iterator[Metric]:
    yield _tokens("gen_ai_client_token_usage", "Tokens, all of them.", "gen_ai_token_type", _TOKENS, rows)
    yield _tokens(
        "payback_token_parts", "Tokens that gen_ai_client_token_usage includes.", "part", _PARTS, rows
    )


def _tokens(name: str, help_text: str, label: str, fields: dict[str, str], rows: Rows) -> Metric:
    counter = CounterMetricFamily(name, help_text, labels=(*LABELS, label))
    for key, series in rows:
        for value, field in fields.items():
            counter.add_metric((*_values(key), value), getattr(series, field))
    return counter


def _of_times(rows: Rows) -> Iterator[Metric]:
    yield _histogram(
        "gen_ai_client_operation_duration_seconds",
        "From a request's arrival to the end of its answer.",
        [
            ((*_values(key), outcome), ended.seconds)
            for key, series in rows
            for outcome, ended in list(series.ended.items())
        ],
        (*LABELS, "outcome"),
    )
    yield _histogram(
        "gen_ai_client_operation_time_to_first_chunk_seconds",
        "From a request's arrival to the first byte of its streamed answer.",
        [(_values(key), series.first_chunk) for key, series in rows],
        LABELS,
    )


def _histogram(
    name: str,
    help_text: str,
    rows: Iterable[tuple[tuple[str, ...], Histogram]],
    labels: tuple[str, ...] = (),
) -> Metric:
    family = HistogramMetricFamily(name, help_text, labels=labels)
    for values, histogram in rows:
        sums = accumulate(list(histogram.counts))
        bounds = (*map(str, histogram.bounds), "+Inf")
        family.add_metric(values, list(zip(bounds, map(float, sums), strict=True)), histogram.total)
    return family


def _values(key: Key) -> tuple[str, str, str]:
    upstream, operation, model = key
    return upstream, operation, model or ""
