"""Load "pages": every page of the report and every answer of the API over ten million calls; and what an
event of 256 streams waits longer while somebody opens them all the time."""

import gzip
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from subprocess import Popen
from time import monotonic, perf_counter, sleep
from typing import Any

from bench import streams, year
from bench.errors import BenchError
from bench.processes import child
from bench.table import Result, Rounds, Row, Verdict, at_most, percentile
from bench.targets import Starter, Target, in_turns, payback, started
from bench.visitor import OPENED
from bench.visits import addresses_of
from ledger.sqlite.reader import open_sqlite_reader
from payback.clock import utc_now

TIMES = 100
"""That each page is opened after the first time: its P99 is the worst but one."""
P50_AT_MOST_MS, P99_AT_MOST_MS = 30, 150
WIRE_AT_MOST_KB, SCRIPT_AT_MOST_KB = 100, 30
ADDED_AT_MOST_MS = 5
READ = "payback, read"
"""The target while somebody opens its pages."""
TIMEOUT_S = 60
_SCRIPT = re.compile(rb'<script src="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Opened:
    ms: float
    wire_bytes: int
    """Of the answer: its head, and its body packed as it came."""
    body: bytes


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    """Each page by itself; then *rounds* times the streams for *seconds* each, with and without a reader of
    all of them. A folder that is kept has the ledger for the next time."""
    path = year.year_in(folder, utc_now())
    with closing(open_sqlite_reader(path)) as reader:
        addresses = addresses_of(reader, utc_now())
    (folder / "addresses.json").write_text(json.dumps(list(addresses.values())))
    with streams.stream_upstream(folder) as port, started([*starters, payback], port, folder) as targets:
        server = targets[-1]
        pages = {name: times_of(server.port, address) for name, address in addresses.items()}
        scripts = [scripts_bytes(server.port, found[0].body) for found in pages.values()]
        asked = [*targets, replace(server, name=READ)]
        found = in_turns(asked, rounds, lambda target: under_streams(target, folder, seconds))
    return Result(
        load="pages",
        title=f"{year.CALLS:,} calls over {year.DAYS} days, each page {TIMES} times, in ms and KB; then"
        f" {streams.STREAMS} streams x {streams.EVENTS_PER_S} events/s, medians of {rounds} x {seconds} s",
        rows=[*(row_of(name, times) for name, times in pages.items()), *streams_rows(found)],
        verdicts=[*verdicts_of(pages, max(scripts)), *streams_verdicts(found)],
    )


def times_of(port: int, address: str, times: int = TIMES) -> list[Opened]:
    """The first opening, and so many after it, one after the other on one connection, as a browser does."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)) as connection:
        return [opened(connection, address) for _ in range(1 + times)]


def opened(connection: HTTPConnection, address: str) -> Opened:
    start = perf_counter()
    connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    ms = 1000 * (perf_counter() - start)
    if answer.status != 200:
        raise BenchError(f"{address} answers {answer.status}, not 200")
    head_bytes = sum(len(f"{name}: {text}\r\n") for name, text in answer.getheaders()) + len(
        b"HTTP/1.1 200 OK\r\n\r\n"
    )
    is_packed = answer.getheader("Content-Encoding") == "gzip"
    return Opened(ms, head_bytes + len(body), gzip.decompress(body) if is_packed else body)


def scripts_bytes(port: int, page: bytes) -> int:
    """What the scripts of *page* take over the wire."""
    addresses = [address.decode() for address in _SCRIPT.findall(page)]
    return sum(times_of(port, address, 0)[0].wire_bytes for address in addresses)


def under_streams(target: Target, folder: Path, seconds: int) -> dict[str, Any]:
    if target.name != READ:
        return {**streams.load(target, seconds), "pages_a_s": None}
    log = folder / "visitor.log"
    command = [sys.executable, "-m", "bench.visitor", str(target.port), str(folder / "addresses.json")]
    with child(command, log) as visitor:
        wait_for_the_first_page(visitor, log)
        before, start = pages_in(log), perf_counter()
        found = streams.load(target, seconds)
        return {**found, "pages_a_s": (pages_in(log) - before) / (perf_counter() - start)}


def wait_for_the_first_page(visitor: Popen[bytes], log: Path) -> None:
    deadline = monotonic() + TIMEOUT_S
    while not log.read_text() and visitor.poll() is None and monotonic() < deadline:
        sleep(0.01)


def pages_in(log: Path) -> int:
    """That a visitor has opened; anything else that it has said is why it could not."""
    said = log.read_text()
    if not said or said.strip(OPENED):
        raise BenchError(f"the pages could not be opened under the streams:\n{said[-2000:]}")
    return len(said)


def row_of(name: str, times: Sequence[Opened]) -> Row:
    later = sorted(each.ms for each in times[1:])
    return {
        "what": name,
        "p50": percentile(later, 0.5),
        "p99": percentile(later, 0.99),
        "first": times[0].ms,
        "KB": max(each.wire_bytes for each in times) / 1000,
    }


def verdicts_of(pages: Mapping[str, Sequence[Opened]], scripts: int) -> Iterator[Verdict]:
    """Each names the worst page."""
    rows = [row_of(name, times) for name, times in pages.items()]
    limits = {"p50": (P50_AT_MOST_MS, "ms"), "p99": (P99_AT_MOST_MS, "ms"), "KB": (WIRE_AT_MOST_KB, "KB")}
    for head, (limit, unit) in limits.items():
        worst = max(rows, key=lambda row: float(row[head] or 0))
        measured = float(worst[head] or 0)
        told = "over the wire" if head == "KB" else head
        yield at_most(f"{told} at most {limit} {unit}; most has: {worst['what']}", measured, limit)
    requirement = f"scripts of a page at most {SCRIPT_AT_MOST_KB} KB"
    yield at_most(requirement, scripts / 1000, SCRIPT_AT_MOST_KB)


def streams_rows(found: Rounds) -> Iterator[Row]:
    for name, mine in found.items():
        yield {
            "what": f"an event: {name}",
            "p50": median(each["p50_ms"] for each in mine),
            "p99": median(each["p99_ms"] for each in mine),
            "pages/s": None if name != READ else median(each["pages_a_s"] for each in mine),
        }


def streams_verdicts(found: Rounds) -> list[Verdict]:
    """Against the same streams while nobody reads; what slows a whole round down cancels out."""
    pairs = zip(found[READ], found["payback"], strict=True)
    added_ms = median(read["p99_ms"] - alone["p99_ms"] for read, alone in pairs)
    requirement = f"pages add at most {ADDED_AT_MOST_MS} ms to an event at the P99"
    return [at_most(requirement, added_ms, ADDED_AT_MOST_MS), *streams.kept_up_verdicts(found[READ])]
