"""Examples of answers: what the API makes of one made-up call. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache

import msgspec

from ledger.as_json import Json, report_as_json
from ledger.asking import (
    CallsPage,
    LedgerFacts,
    MonthSums,
    Quantiles,
    Series,
    SeriesLine,
    Unit,
    UpstreamHealth,
)
from ledger.call import Attribution, Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import call_id_at
from ledger.meter import Meter
from ledger.period import Period, us_of
from ledger.price import Price, Rate
from ledger.rating import Charge, rate
from ledger.rollup import Dimension, sum_of, sums_of
from ledger.store import Group, GroupBy, Report
from ledger.usage import TokenUsage
from web.api.shapes import (
    call_as_json,
    calls_as_json,
    health_as_json,
    months_as_json,
    prices_as_json,
    series_as_json,
)
from web.prices.answers import Answers, Seen
from web.report_settings import BudgetState, BudgetStates, Writing

_DAY = date(2026, 10, 5)
_STARTED_US = us_of(_DAY) + 34_200_000_000
_PRICE = Price(
    provider="openai",
    model="gpt-4o-mini",
    rates=(
        Rate(Meter.INPUT, Decimal("0.15"), 1_000_000),
        Rate(Meter.CACHE_READ, Decimal("0.075"), 1_000_000),
        Rate(Meter.OUTPUT, Decimal("0.60"), 1_000_000),
    ),
    source="genai-prices 0.2.3",
)

_WRITING = Writing(
    problem=None, spool_problem=None, spooled=0, disk_free_bytes=80_000_000_000, disk_bytes=120_000_000_000
)

_BUDGET = BudgetState(
    name="developers",
    whose="project apps",
    per="month",
    ends="2026-11-01",
    refuses=True,
    limit_nusd=200_000_000_000,
    spent_nusd=41_270_115_000,
    reserved_nusd=35_000_000,
    unpriced_calls=0,
)


@cache
def examples() -> Mapping[str, Json]:
    """By the name of the answer's schema."""
    entry, days = _entry(), Period(_DAY, date(2026, 10, 6))
    sums = sum_of([sums_of(entry)])
    call, model = entry.call, "gpt-4o-mini"
    report = Report(days, GroupBy.MODEL, (Group(model, sums),), sums)
    line = SeriesLine(model, 0, (sums,), sums)
    series = Series(days, Dimension.MODEL, Unit.DAY, (days.from_us,), (line,), sums)
    prices = Answers(period=days, seen=(Seen(model, sums, [entry]),), others=0)
    found: dict[str, Json] = {
        "Report": report_as_json(report),
        "Calls": calls_as_json(CallsPage((entry,), call.call_id, call.call_id, None), sums),
        "Call": call_as_json(entry, [entry]),
        "Series": series_as_json(series),
        "Months": months_as_json([MonthSums(date(2026, 10, 1), sums)]),
        "Prices": prices_as_json(prices, lambda _: _PRICE),
        "Health": health_as_json(
            "payback.db", _facts(), [_upstream(entry)], _WRITING, BudgetStates((_BUDGET,)), []
        ),
        "Projected": _projected(),
        "UnderWay": {"status": "under way", "again_after_s": 3},
    }
    return {name: msgspec.json.decode(msgspec.json.encode(told)) for name, told in found.items()}


def _entry() -> Entry:
    call_id = call_id_at(_STARTED_US, bytes(8))
    usage = TokenUsage(input_tokens=1900, cache_read_tokens=1100, output_tokens=240)
    call = Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=_STARTED_US,
        first_byte_us=_STARTED_US + 410_000,
        ended_us=_STARTED_US + 2_900_000,
        upstream="openai",
        provider="openai",
        operation="chat",
        request_model="gpt-4o-mini",
        response_model="gpt-4o-mini",
        stream=True,
        http_status=200,
        outcome=Outcome.OK,
        usage=usage,
        usage_basis=UsageBasis.REPORTED,
        who=Attribution(workload="support-bot", project="customer-care", key="key-7c1fa93b20de"),
    )
    charge = rate(usage, _PRICE)
    assert isinstance(charge, Charge)
    return Entry(
        call=call, state=State.ENDED, pricing=Pricing.PRICED, price=_PRICE, list_cost=charge.list_cost
    )


def _facts() -> LedgerFacts:
    return LedgerFacts(
        path="payback.db",
        size_bytes=4_096_000,
        wal_bytes=0,
        schema_version=6,
        sqlite_version="3.46.1",
        first_us=_STARTED_US,
        last_us=_STARTED_US,
        calls=1,
    )


def _upstream(entry: Entry) -> UpstreamHealth:
    return UpstreamHealth(
        upstream="openai",
        sums=sum_of([sums_of(entry)]),
        looked_at=1,
        outcomes={Outcome.OK: 1},
        latency_us=Quantiles(2_900_000.0, 2_900_000.0, 2_900_000.0),
        first_byte_us=Quantiles(410_000.0, 410_000.0, 410_000.0),
        output_tokens_per_s=Quantiles(96.4, 96.4, 96.4),
    )


def _projected() -> Json:
    return {
        "from": "2026-08-24",
        "to": "2026-11-21",
        "projections": [],
        "not_projected": ["new-idea: 2 days of calls are too few"],
        "smaller": {"workloads": ["tiny"], "usd": 1.5},
        "made_up": False,
    }
