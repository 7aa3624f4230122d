"""Load "projection": a workload of a million calls, from the ledger to its answer. No proxy takes part."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.ledger import BATCH, CALLS, DAYS, FROM
from bench.processes import run_module
from bench.table import Result, at_most
from bench.targets import Starter
from ledger.call import Attribution, Call, Entry, Outcome, State, UsageBasis
from ledger.ids import call_id_at
from ledger.judgement import judged
from ledger.period import US_PER_DAY, us_of
from ledger.pricebook import PriceBook
from ledger.sqlite.store import SqliteStore, open_store
from ledger.usage import TokenUsage
from projection.columns import Ints
from projection.plan import HORIZON_MONTHS, PATHS

MODEL = "claude-sonnet-4-5"
"""Three open models may take its place, so that there is a choice of machines."""
FAILED_EVERY = 100
"""One call in so many has neither tokens nor a price, as in every ledger."""
INPUT_TOKENS, OUTPUT_TOKENS, LOG_SD = 1500, 250, 0.8
"""The median call's, and how far apart calls are."""
SEED = 8300
PROJECTION_AT_MOST_S = 2
PEAK_AT_MOST_MB = 500
TIMEOUT_S = 600


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    """Once from the ledger, then *rounds* times from the files of days that this has left, with the twelve
    courses that the requirement is about and with those that no plan names, each in a process of its own; the
    targets and *seconds* have no part in this."""
    del starters, seconds
    path = folder / "bench.db"
    with closing(open_store(path)) as store:
        write_all(store, CALLS)
    first = run_module("bench.projected", path, "twelve", timeout_s=TIMEOUT_S)
    pairs = [
        [run_module("bench.projected", path, plan, timeout_s=TIMEOUT_S) for plan in ("twelve", "open")]
        for _ in range(rounds)
    ]
    others, unplanned = zip(*pairs, strict=True)
    courses, more = f"{first['courses']} courses", f"{unplanned[0]['courses']} courses, without a plan"
    rows = [_row("first load, from the ledger, s", [first], "load_s")]
    rows += [_row("later load, from the files of days, s", others, "load_s")]
    rows += [_row(f"projection, {courses}, s", others, "project_s")]
    rows += [_row(f"projection, {more}, s", unplanned, "project_s")]
    rows += [_row("highest resident MB, first load and projection", [first], "peak_mb")]
    rows += [_row("highest resident MB, later", [*others, *unplanned], "peak_mb")]
    return Result(
        load="projection",
        title=f"{first['calls']:,} calls of {DAYS} days; {PATHS:,} paths, {HORIZON_MONTHS} months",
        rows=rows,
        verdicts=[
            at_most(
                f"projection of {courses}, at most {PROJECTION_AT_MOST_S} s",
                rows[2]["median"],
                PROJECTION_AT_MOST_S,
            ),
            at_most(f"resident, at most {PEAK_AT_MOST_MB} MB", rows[-1]["worst"], PEAK_AT_MOST_MB),
        ],
    )


def _row(what: str, found: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    values = [float(each[name]) for each in found]
    return {"what": what, "median": median(values), "worst": max(values)}


def write_all(store: SqliteStore, calls: int) -> None:
    book, columns = PriceBook(), made_up(calls)
    for start in range(0, calls, BATCH):
        store.write(list(_entries(range(start, min(start + BATCH, calls)), columns, book)))


def made_up(calls: int) -> tuple[Ints, Ints, Ints]:
    """Starts, input and output tokens. At noon of each day there are three times as many calls as at
    midnight."""
    rng = np.random.default_rng(SEED)
    day = rng.integers(0, DAYS, calls)
    noon = np.where(rng.random(calls) < 0.5, rng.random(calls), rng.triangular(0, 0.5, 1, calls))
    started_us = us_of(FROM) + np.sort(((day + noon) * US_PER_DAY).astype(np.int64))
    sizes = (rng.lognormal(np.log(middle), LOG_SD, calls) for middle in (INPUT_TOKENS, OUTPUT_TOKENS))
    input_tokens, output_tokens = (size.astype(np.int64) + 1 for size in sizes)
    return started_us, input_tokens, output_tokens


def _entries(numbers: range, columns: tuple[Ints, Ints, Ints], book: PriceBook) -> Iterator[Entry]:
    started, inputs, outputs = (column[numbers.start : numbers.stop].tolist() for column in columns)
    for number, started_us, input_tokens, output_tokens in zip(
        numbers, started, inputs, outputs, strict=True
    ):
        call_id, failed = call_id_at(started_us, number.to_bytes(8, "big")), number % FAILED_EVERY == 0
        usage = TokenUsage(input_tokens=input_tokens, cache_read_tokens=0, output_tokens=output_tokens)
        call = Call(
            call_id=call_id,
            logical_call_id=call_id,
            started_us=started_us,
            first_byte_us=started_us + 600_000,
            ended_us=started_us + 600_000 + 15_000 * output_tokens,
            upstream="anthropic",
            provider="anthropic",
            operation="chat",
            request_model=MODEL,
            response_model=None if failed else MODEL,
            http_status=529 if failed else 200,
            outcome=Outcome.UPSTREAM_ERROR if failed else Outcome.OK,
            usage=None if failed else usage,
            usage_basis=UsageBasis.NONE if failed else UsageBasis.REPORTED,
            who=Attribution(workload="bench"),
        )
        yield judged(call, State.ENDED, book)
