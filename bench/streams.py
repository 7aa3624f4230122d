"""Load "streams": what an event waits longer in 256 streams at 50 events/s each, and whether all arrive."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench import wire
from bench.processes import child, free_port, run_module, wait_until_ready
from bench.table import Result, Rounds, Row, Verdict, added_p50_ms, at_most
from bench.targets import Starter, Target, in_turns, started

STREAMS = 256
EVENTS_PER_S = 50
RAMP_S = 1
GRACE_S = 10
"""How long after its last event is due a stream may take to end."""

ADDED_P50_LIMIT_MS = 0.3
LAST_EVENT_LIMIT_MS = 200
"""A target that keeps up delivers the last event like any other, give or take a busy machine (10 periods);
one that falls behind is seconds late by then."""


@contextmanager
def stream_upstream(folder: Path) -> Iterator[int]:
    """The upstream that stamps its events; gives its port."""
    port, log = free_port(), folder / "stream_upstream.log"
    command = [sys.executable, "-m", "bench.upstream", str(port), str(EVENTS_PER_S)]
    with child(command, log) as process:
        wait_until_ready(process, port, wire.PATH, log)
        yield port


def load(target: Target, seconds: int) -> dict[str, Any]:
    """One round, in a process of its own."""
    give_up_s = RAMP_S + seconds + GRACE_S
    arguments = (target.port, STREAMS, EVENTS_PER_S * seconds, RAMP_S, give_up_s)
    before_s = target.cpu_s()
    found = run_module("bench.listeners", *arguments, timeout_s=give_up_s + 30)
    return {**found, "cpu_us": (target.cpu_s() - before_s) * 1e6 / max(found["received"], 1)}


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    with stream_upstream(folder) as port, started(starters, port, folder) as targets:
        found = in_turns(targets, rounds, lambda target: load(target, seconds))
    return Result(
        load="streams",
        title=f"{STREAMS} streams x {EVENTS_PER_S} events/s, delay, medians of {rounds} x {seconds} s",
        rows=[row_of(name, found) for name in found],
        verdicts=verdicts_of(found),
    )


def row_of(name: str, found: Rounds) -> Row:
    mine = found[name]
    return {
        "target": name,
        "p50 ms": median(round_["p50_ms"] for round_ in mine),
        "p99 ms": median(round_["p99_ms"] for round_ in mine),
        "added p50 ms": added_p50_ms(name, found),
        "CPU us an event": median(round_["cpu_us"] for round_ in mine) or None,
        "expected": sum(round_["expected"] for round_ in mine),
        "received": sum(round_["received"] for round_ in mine),
        "last event ms": max(round_["last_ms"] for round_ in mine),
    }


def verdicts_of(found: Rounds) -> list[Verdict]:
    if "payback" not in found:
        return []
    return [*added_verdict(found), *kept_up_verdicts(found["payback"])]


def added_verdict(found: Rounds) -> list[Verdict]:
    added_ms = added_p50_ms("payback", found)
    if added_ms is None:
        return []
    requirement = f"payback adds at most {ADDED_P50_LIMIT_MS} ms to an event at the median"
    return [at_most(requirement, added_ms, ADDED_P50_LIMIT_MS)]


def kept_up_verdicts(mine: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """No event missing, every stream ended properly, and none of them late."""
    missing = sum(round_["expected"] - round_["received"] for round_ in mine)
    cut = sum(round_["streams"] - round_["ended"] for round_ in mine)
    last_ms = max(round_["last_ms"] for round_ in mine)
    return [
        Verdict(requirement="payback's missing events", measured=missing, met=missing == 0),
        Verdict(requirement="payback's streams without a proper end", measured=cut, met=cut == 0),
        at_most(
            f"payback's latest last event, at most {LAST_EVENT_LIMIT_MS} ms", last_ms, LAST_EVENT_LIMIT_MS
        ),
    ]
