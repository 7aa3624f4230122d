"""The ledger's answers as JSON. Pure. Reports, rows and prices are those of ledger.as_json."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta

from ledger.as_json import Json, price_as_json, row_as_json
from ledger.asking import CallsPage, LedgerFacts, MonthSums, Quantiles, Series, SeriesLine, UpstreamHealth
from ledger.call import Call, Entry, Pricing
from ledger.exports.columns import render_time
from ledger.ids import CallId, render_call_id
from ledger.money import NanoUsd, render_usd
from ledger.period import time_of
from ledger.price import NoPrice, Price
from ledger.rating import Charge, rate
from ledger.rollup import COST_MEASURES, MEASURES, Rollup, amounts_of
from ledger.tally import MEASURE_NAMES, measures_of
from web.prices.answers import Answers
from web.report_settings import BudgetState, BudgetStates, Writing


def calls_as_json(page: CallsPage, total: Rollup | None) -> Json:
    """*total*: of all calls that pass the filter; None: rollups cannot tell."""
    return {
        "calls": [row_as_json(entry) for entry in page.entries],
        "next_before": _id(page.next_before),
        "newer_after": _id(page.newer_after),
        "looked_back_to": render_time(page.looked_back_to_us),
        "total": None if total is None else measures_of(total),
    }


def call_as_json(entry: Entry, attempts: Iterable[Entry]) -> Json:
    return {
        "call": row_as_json(entry),
        "charge": _charge_as_json(entry),
        "price": None if entry.price is None else price_as_json(entry.price),
        "attempts": [render_call_id(attempt.call.call_id) for attempt in attempts],
    }


def _charge_as_json(entry: Entry) -> Sequence[Json]:
    """The lines that add up to the list cost; none where there is none."""
    call = entry.call
    charge = None if entry.price is None or call.usage is None else rate(call.usage, entry.price, call.units)
    if not isinstance(charge, Charge):
        return []
    return [
        {"meter": line.meter.value, "quantity": line.quantity, "list_cost_usd": render_usd(line.list_cost)}
        for line in charge.lines
    ]


def series_as_json(series: Series) -> Json:
    return {
        "from": series.period.start.isoformat(),
        "to": (series.period.end - timedelta(days=1)).isoformat(),
        "by": series.by.value,
        "unit": series.unit.value,
        "starts": [f"{time_of(us):%Y-%m-%dT%H:%M:%SZ}" for us in series.starts_us],
        "lines": [_line_as_json(line) for line in series.lines],
        "total": measures_of(series.total),
    }


def _line_as_json(line: SeriesLine) -> Json:
    """A list for each measure: a quarter of what a list of objects would take."""
    columns = zip(MEASURES, zip(*map(amounts_of, line.sums), strict=True), strict=True)
    return {
        "value": line.value,
        "others": line.others,
        "total": measures_of(line.total),
        "sums": {
            MEASURE_NAMES[name]: list(map(render_usd, amounts)) if name in COST_MEASURES else amounts
            for name, amounts in columns
        },
    }


def months_as_json(months: Sequence[MonthSums]) -> Json:
    return {
        "months": [
            {"month": f"{found.month:%Y-%m}", **measures_of(found.sums)} for found in months
        ],
        "total": measures_of(sum((found.sums for found in months), Rollup())),
    }  # fmt: skip


def prices_as_json(answers: Answers, price_of: Callable[[Call], Price | NoPrice]) -> Json:
    return {
        "from": answers.period.start.isoformat(),
        "to": (answers.period.end - timedelta(days=1)).isoformat(),
        "models": [
            {"model": seen.name, **measures_of(seen.sums), "called_as": list(_ways(seen.latest, price_of))}
            for seen in answers.seen
        ],
        "others": answers.others,
    }


def _ways(latest: Iterable[Entry], price_of: Callable[[Call], Price | NoPrice]) -> Iterator[Json]:
    """Each provider, answering model and tier once, the latest first."""
    told = set()
    for entry in latest:
        call, is_own = entry.call, entry.pricing is Pricing.SELF_HOSTED
        way = (call.provider, call.response_model, call.service_tier, is_own)
        if way in told:
            continue
        told.add(way)
        price = None if is_own else price_of(call)
        yield {
            "provider": call.provider,
            "response_model": call.response_model,
            "service_tier": call.service_tier,
            "self_hosted": is_own,
            "price": price_as_json(price) if isinstance(price, Price) else None,
            "no_price_reason": price.reason if isinstance(price, NoPrice) else None,
        }


def health_as_json(
    name: str,
    facts: LedgerFacts,
    upstreams: Iterable[UpstreamHealth],
    writing: Writing | None,
    budgets: BudgetStates,
    notices: Iterable[str],
) -> Json:
    """*name* stands for the path, which is nobody's business who may see the report alone."""
    return {
        "ledger": {
            "name": name,
            "calls": facts.calls,
            "first_call_at": render_time(facts.first_us),
            "last_call_at": render_time(facts.last_us),
            "size_bytes": facts.size_bytes,
            "wal_bytes": facts.wal_bytes,
            "schema_version": facts.schema_version,
            "sqlite_version": facts.sqlite_version,
        },
        "writing": None if writing is None else asdict(writing),
        "upstreams": [_upstream_as_json(found) for found in upstreams],
        "budgets": [_budget_as_json(budget) for budget in budgets.shown],
        "more_budgets": budgets.more,
        "notices": list(notices),
    }


def _upstream_as_json(found: UpstreamHealth) -> Json:
    return {
        "upstream": found.upstream,
        "sums": measures_of(found.sums),
        "looked_at": found.looked_at,
        "outcomes": {outcome.value: calls for outcome, calls in found.outcomes.items()},
        "latency_s": _seconds(found.latency_us),
        "first_byte_s": _seconds(found.first_byte_us),
        "output_tokens_per_s": asdict(found.output_tokens_per_s),
    }


def _budget_as_json(budget: BudgetState) -> Json:
    return {
        "name": budget.name,
        "whose": budget.whose,
        "per": budget.per,
        "begins_anew_on": budget.ends,
        "refuses": budget.refuses,
        "limit_usd": render_usd(NanoUsd(budget.limit_nusd)),
        "spent_usd": render_usd(NanoUsd(budget.spent_nusd)),
        "reserved_usd": render_usd(NanoUsd(budget.reserved_nusd)),
        "unpriced_calls": budget.unpriced_calls,
    }


def _seconds(us: Quantiles) -> Json:
    return {name: None if value is None else value / 1e6 for name, value in asdict(us).items()}


def _id(call_id: CallId | None) -> str | None:
    return None if call_id is None else render_call_id(call_id)
