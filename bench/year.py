"""A ledger of a year of calls, for load "pages": made once, and kept where it is wanted again."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from ledger.call import Attribution, Call, Entry, Outcome, State, UsageBasis
from ledger.ids import call_id_at
from ledger.judgement import judged
from ledger.period import US_PER_DAY, US_PER_HOUR, us_at
from ledger.pricebook import PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.usage import TokenUsage

CALLS = 10_000_000
DAYS = 365
BATCH = 4000
"""Calls in one transaction."""
USERS, KEYS, PROJECTS, WORKLOADS, CLIENTS = 200, 20, 30, 12, 6
SELF_HOSTED = "lab"
MODELS = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-5-mini"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-2.5-flash"),
    ("mistral", "mistral-large-latest"),
    ("mistral", "mistral-small-latest"),
    (SELF_HOSTED, "llama-3.3-70b"),
    (SELF_HOSTED, "qwen3-8b"),
)
"""Upstream, which is the provider too, and model."""
FAILED_EVERY, ESTIMATED_EVERY = 64, 100
SEED = 8300
OLDEST = timedelta(days=3)
"""Of the last call. The report's first page is of the running month; of an older ledger it says little."""
Draws = Iterator[tuple[int, ...]]


def year_in(folder: Path, now: datetime, calls: int = CALLS) -> Path:
    """The ledger in *folder*, as it is there or made now: then its calls end at *now*."""
    path = folder / "payback.db"
    if not _is_of(path, now, calls):
        for old in (*folder.glob("payback.db*"), *folder.glob("making.db*")):
            old.unlink()
        making = folder / "making.db"
        write_year(making, now, calls)
        making.rename(path)
    return path


def _is_of(path: Path, now: datetime, calls: int) -> bool:
    if not path.exists():
        return False
    open_store(path).close()  # brings an older schema up to date
    with closing(open_sqlite_reader(path)) as reader:
        facts = reader.ledger_facts()
    return facts.calls >= calls and facts.last_us is not None and facts.last_us > us_at(now - OLDEST)


def write_year(path: Path, now: datetime, calls: int) -> None:
    end_us = us_at(now) // US_PER_HOUR * US_PER_HOUR
    step_us = DAYS * US_PER_DAY // calls
    book, draws = PriceBook(), np.random.default_rng(SEED)
    with closing(open_store(path)) as store:
        for first in range(0, calls, BATCH):
            count = min(BATCH, calls - first)
            start_us = end_us - (calls - first) * step_us
            drawn = zip(range(first, first + count), _drawn(draws, count), strict=True)
            entries = (entry_of(n, start_us + (n - first) * step_us, facts, book) for n, facts in drawn)
            store.write(list(entries))


def _drawn(draws: np.random.Generator, count: int) -> Draws:
    """Of each call: model, user, key, project, workload, client, input and output tokens."""
    names = (len(MODELS), USERS, KEYS, PROJECTS, WORKLOADS, CLIENTS)
    columns = [draws.integers(0, many, count).tolist() for many in names]
    sizes = [(draws.lognormal(np.log(middle), 0.8, count) + 1).astype(int).tolist() for middle in (1500, 250)]
    return zip(*columns, *sizes, strict=True)


def entry_of(number: int, started_us: int, facts: tuple[int, ...], book: PriceBook) -> Entry:
    model, user, key, project, workload, client, input_tokens, output_tokens = facts
    (upstream, name), call_id = MODELS[model], call_id_at(started_us, number.to_bytes(8, "big"))
    failed = number % FAILED_EVERY == 0
    basis = UsageBasis.ESTIMATED if number % ESTIMATED_EVERY == 1 else UsageBasis.REPORTED
    call = Call(
        call_id=call_id,
        logical_call_id=call_id,
        started_us=started_us,
        first_byte_us=started_us + 400_000,
        ended_us=started_us + 400_000 + 15_000 * output_tokens,
        upstream=upstream,
        provider=None if upstream == SELF_HOSTED else upstream,
        operation="chat",
        request_model=name,
        response_model=None if failed else name,
        stream=number % 2 == 0,
        http_status=529 if failed else 200,
        outcome=Outcome.UPSTREAM_ERROR if failed else Outcome.OK,
        usage=None
        if failed
        else TokenUsage(
            input_tokens=input_tokens, cache_read_tokens=input_tokens // 3, output_tokens=output_tokens
        ),
        usage_basis=UsageBasis.NONE if failed else basis,
        who=Attribution(
            workload=f"workload-{workload}",
            project=f"project-{project}",
            user=f"user-{user}",
            key=f"key-{key}",
            client=f"client-{client}",
        ),
    )
    return judged(call, State.ENDED, book, self_hosted=upstream == SELF_HOSTED)
