"""Load "latency": what a call waits longer at 2,000 calls/s, sent on schedule whatever comes back."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench import nginx
from bench.processes import run_module
from bench.table import Result, Rounds, Row, Verdict, added_p50_ms, at_most
from bench.targets import Starter, Target, in_turns, started

CALLS_PER_S = 2000
CONNECTIONS = 64
WARM_UP_S = 1
ADDED_P50_LIMIT_MS = 1.0


def load(target: Target, seconds: int) -> dict[str, Any]:
    """One round, in a process of its own."""
    arguments = (target.port, CALLS_PER_S, seconds, CONNECTIONS)
    before_s = target.cpu_s()
    found = run_module("bench.openloop", *arguments, timeout_s=seconds + 30)
    return {**found, "cpu_us": (target.cpu_s() - before_s) * 1e6 / max(found["answered"], 1)}


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    with nginx.fixed_upstream(folder) as port, started(starters, port, folder) as targets:
        in_turns(targets, 1, lambda target: load(target, WARM_UP_S))
        found = in_turns(targets, rounds, lambda target: load(target, seconds))
    return Result(
        load="latency",
        title=f"open loop at {CALLS_PER_S:,} calls/s, delay since due, medians of {rounds} x {seconds} s",
        rows=[row_of(name, found) for name in found],
        verdicts=verdicts_of(found),
    )


def row_of(name: str, found: Rounds) -> Row:
    mine = found[name]
    return {
        "target": name,
        "p50 ms": median(round_["p50_ms"] for round_ in mine),
        "p99 ms": median(round_["p99_ms"] for round_ in mine),
        "max ms": max(round_["max_ms"] for round_ in mine),
        "added p50 ms": added_p50_ms(name, found),
        "CPU us a call": median(round_["cpu_us"] for round_ in mine) or None,
        "answered": sum(round_["answered"] for round_ in mine),
        "failed": sum(round_["failed"] for round_ in mine),
    }


def verdicts_of(found: Rounds) -> list[Verdict]:
    failed = sum(round_["failed"] for mine in found.values() for round_ in mine)
    verdicts = [Verdict(requirement="calls failed, all targets", measured=failed, met=failed == 0)]
    if "payback" in found and (added_ms := added_p50_ms("payback", found)) is not None:
        requirement = f"payback adds at most {ADDED_P50_LIMIT_MS} ms at the median"
        verdicts.insert(0, at_most(requirement, added_ms, ADDED_P50_LIMIT_MS))
    return verdicts
