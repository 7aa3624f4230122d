"""Load "ledger": calls written in batches, and the report over all of them. No proxy takes part."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median

from bench.table import Result, Row, at_least, at_most
from bench.targets import Starter
from ledger.call import Attribution, Call, Entry, Outcome, State, UsageBasis
from ledger.ids import call_id_at
from ledger.judgement import judged
from ledger.period import US_PER_DAY, Period, us_of
from ledger.pricebook import PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore, open_store
from ledger.store import GroupBy
from ledger.usage import TokenUsage

CALLS = 1_000_000
BATCH = 1000
"""Calls in one transaction."""
DAYS = 90
FROM = date(2026, 8, 1)
WRITES_AT_LEAST = 50_000
REPORT_AT_MOST_MS = 300
MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-5-mini", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini", "o4-mini", "gpt-5")


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    """*rounds* reports of each kind; the targets and *seconds* have no part in this."""
    del starters, seconds
    path = folder / "bench.db"
    with closing(open_store(path)) as store:
        rates = list(write_all(store))
    rows: list[Row] = [
        {"what": f"calls/s written, batches of {BATCH}", "median": median(rates), "worst": min(rates)},
        {"what": "bytes a call", "median": path.stat().st_size / CALLS},
    ]
    rows += [report_row(path, by, rounds) for by in GroupBy]
    slowest = max(float(row["worst"] or 0) for row in rows[2:])
    return Result(
        load="ledger",
        title=f"{CALLS:,} calls over {DAYS} days, {len(MODELS)} models, 50 users; reports in ms",
        rows=rows,
        verdicts=[
            at_least(f"calls/s written, at least {WRITES_AT_LEAST:,}", median(rates), WRITES_AT_LEAST),
            at_most(
                f"slowest report over all calls, at most {REPORT_AT_MOST_MS} ms", slowest, REPORT_AT_MOST_MS
            ),
        ],
    )


def write_all(store: SqliteStore) -> Iterator[float]:
    """Calls a second of each 100 batches; making the calls is not counted."""
    book = PriceBook()
    for start in range(0, CALLS, 100 * BATCH):
        batches = [made_up(first, book) for first in range(start, start + 100 * BATCH, BATCH)]
        yield 100 * BATCH / timed_s(partial(write_batches, store, batches))


def write_batches(store: SqliteStore, batches: Sequence[Sequence[Entry]]) -> None:
    for batch in batches:
        store.write(batch)


def made_up(first: int, book: PriceBook) -> list[Entry]:
    return [entry_of(number, book) for number in range(first, first + BATCH)]


def entry_of(number: int, book: PriceBook) -> Entry:
    started_us = us_of(FROM) + number * (DAYS * US_PER_DAY // CALLS)
    call_id = call_id_at(started_us, number.to_bytes(8, "big"))
    call = Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=started_us,
        first_byte_us=started_us + 300_000,
        ended_us=started_us + 2_000_000,
        upstream="openai",
        provider="openai",
        operation="chat",
        request_model=MODELS[number % len(MODELS)],
        http_status=200,
        outcome=Outcome.OK,
        usage=TokenUsage(input_tokens=1000 + number % 777, cache_read_tokens=100, output_tokens=number % 999),
        usage_basis=UsageBasis.REPORTED,
        who=Attribution(
            workload=f"workload-{number % 5}", user=f"user-{number % 50}", key=f"key-{number % 20}"
        ),
    )
    return judged(call, State.ENDED, book)


def report_row(path: Path, by: GroupBy, rounds: int) -> Row:
    """As the command does it: open, ask, close."""
    times_ms = [1000 * timed_s(lambda: report(path, by)) for _ in range(rounds)]
    return {"what": f"report by {by}", "median": median(times_ms), "worst": max(times_ms)}


def report(path: Path, by: GroupBy) -> None:
    end = datetime.fromtimestamp((us_of(FROM) + DAYS * US_PER_DAY) / 1e6, UTC).date()
    with closing(open_sqlite_reader(path)) as reader:
        assert reader.report(Period(FROM, end), by).total.calls == CALLS


def timed_s(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
