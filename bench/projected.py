"""The process of load "projection": loads the ledger's calls, projects them once, and says what it took."""

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bench.ledger import DAYS, FROM
from ledger.period import Period, us_at
from ledger.pricebook import PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from payback.projecting import prices_on
from payback.traffic_store import traffics
from projection.catalogue import catalogue
from projection.plan import Kind, Plan, Wanted
from projection.project import project
from projection.traffic import Traffic

AnswerT = TypeVar("AnswerT")
BOTH = (Kind.RENT, Kind.BUY)
TWELVE = Plan(
    wanted=(
        Wanted(model="Qwen3 235B-A22B", hardware="H100 SXM 80GB", kinds=BOTH),
        Wanted(model="Qwen3 235B-A22B", hardware="A100 80GB SXM", kinds=BOTH),
        Wanted(model="Qwen3 235B-A22B", hardware="RTX PRO 6000", kinds=(*BOTH, Kind.RENT_BUSY_HOURS)),
        Wanted(model="Llama 3.3 70B", hardware="H100 SXM 80GB", kinds=BOTH),
    )
)
"""Twelve courses: to stay, two open models by API, and nine that run a machine."""
PLANS = {"twelve": TWELVE, "open": Plan()}
"""*open*: whatever the catalogue offers, as without a plan."""
NOW = datetime(FROM.year, FROM.month, FROM.day, tzinfo=UTC) + timedelta(days=DAYS)


def measured(path: Path, plan: Plan) -> dict[str, float]:
    """Of the ledger's one workload. The catalogue is there before it begins."""
    known, prices = catalogue(), prices_on(PriceBook(), NOW)
    load_s, traffic = timed(lambda: loaded(path))
    project_s, found = timed(lambda: project(traffic, plan, known, prices, NOW.date()))
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "calls": found.today.calls,
        "courses": len(found.courses),
        "load_s": load_s,
        "project_s": project_s,
        "peak_mb": peak_kib * 1024 / 1e6,
    }


def loaded(path: Path) -> Traffic:
    with closing(open_sqlite_reader(path)) as reader:
        found = traffics(reader, path, Period(FROM, NOW.date()), now_us=us_at(NOW))
    return found.of(found.workloads[0])


def timed(work: Callable[[], AnswerT]) -> tuple[float, AnswerT]:
    """Seconds, and the answer."""
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]), PLANS[sys.argv[2]])))
