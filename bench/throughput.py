"""Load "proxy": how many calls a second pass at 32 connections, as a share of what nginx passes."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import nginx, wire
from bench.errors import BenchError, MissingProgramError
from bench.processes import run_for_output
from bench.table import Result, Row, Verdict, at_least
from bench.targets import Starter, Target, in_turns, ledger_totals, started

CONNECTIONS = 32
WARM_UP_S = 1
REQUIRED_SHARE_OF_NGINX = 0.12
"""A careful aiohttp proxy that logs to SQLite reaches 0.136, the one that everybody writes 0.094."""

_SCRIPT = Path(__file__).with_name("chat.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What wrk counted in one round."""

    requests: int
    duration_us: int
    failed: int
    """Not answered, or answered with a status above 399."""
    p50_us: int
    p99_us: int
    cpu_s: float
    """That the target itself used meanwhile."""

    @property
    def calls_per_s(self) -> float:
        return self.requests / self.duration_us * 1e6

    @property
    def cpu_us_per_call(self) -> float:
        return self.cpu_s * 1e6 / max(self.requests, 1)


def wrk_program() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise MissingProgramError("wrk", "wrk")
    return found


def read_summary(output: str) -> dict[str, int]:
    """The line that chat.lua prints at the end."""
    for line in output.splitlines():
        if line.startswith("BENCH "):
            summary: dict[str, int] = json.loads(line.removeprefix("BENCH "))
            return summary
    raise BenchError(f"wrk printed no summary:\n{output[-2000:]}")


def load(target: Target, seconds: int) -> Round:
    """One round of wrk."""
    command = [wrk_program(), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"]
    env = {"BENCH_BODY": wire.CHAT_BODY.decode(), "BENCH_AUTHORIZATION": wire.AUTHORIZATION}
    before_s = target.cpu_s()
    output = run_for_output([*command, "-s", str(_SCRIPT), target.url], seconds + 30, env)
    return Round(**read_summary(output), cpu_s=target.cpu_s() - before_s)


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    """Warm every target up, then measure them in turns, then look into the ledgers."""
    wrk_program()
    with nginx.fixed_upstream(folder) as port, started(starters, port, folder) as targets:
        warm = in_turns(targets, 1, lambda target: load(target, WARM_UP_S))
        found = in_turns(targets, rounds, lambda target: load(target, seconds))
        sent = {name: sum(round_.requests for round_ in warm[name] + found[name]) for name in found}
        booked = [
            booked_verdict(target.name, sent[target.name], ledger_totals(target.ledger))
            for target in targets
            if target.ledger
        ]
    return Result(
        load="proxy",
        title=f"{CONNECTIONS} connections, not streamed, medians of {rounds} x {seconds} s",
        rows=[row_of(name, found) for name in found],
        verdicts=[*share_verdicts(found), *booked, answered_verdict(found)],
    )


def row_of(name: str, found: dict[str, list[Round]]) -> Row:
    mine = found[name]
    shares = shares_of_nginx(name, found)
    cpu_us = median(round_.cpu_us_per_call for round_ in mine)
    return {
        "target": name,
        "calls/s": median(round_.calls_per_s for round_ in mine),
        "x nginx": median(shares) if shares else None,
        "from-to": f"{min(shares):.3f}-{max(shares):.3f}" if shares else None,
        "p50 ms": median(round_.p50_us for round_ in mine) / 1e3,
        "p99 ms": median(round_.p99_us for round_ in mine) / 1e3,
        "CPU us a call": cpu_us or None,
        "calls": sum(round_.requests for round_ in mine),
    }


def shares_of_nginx(name: str, found: dict[str, list[Round]]) -> list[float]:
    """Round by round: what slows a whole round down cancels out. Empty when nginx was not measured."""
    return [
        our.calls_per_s / its.calls_per_s
        for our, its in zip(found[name], found.get("nginx", []), strict="nginx" in found)
    ]


def share_verdicts(found: dict[str, list[Round]]) -> list[Verdict]:
    shares = shares_of_nginx("payback", found) if "payback" in found else []
    if not shares:
        return []
    requirement = f"payback passes at least {REQUIRED_SHARE_OF_NGINX} x nginx"
    return [at_least(requirement, median(shares), REQUIRED_SHARE_OF_NGINX)]


def answered_verdict(found: dict[str, list[Round]]) -> Verdict:
    failed = sum(round_.failed for mine in found.values() for round_ in mine)
    return Verdict(requirement="calls failed, all targets", measured=failed, met=failed == 0)


def booked_verdict(name: str, sent: int, totals: Mapping[str, Any]) -> Verdict:
    """Every call that wrk saw answered is a row, with its tokens.

    There may be more rows: the probe, and calls under way when wrk left."""
    with_tokens = int(totals["input_tokens"]) // wire.PROMPT_TOKENS
    booked = min(int(totals["calls"]), with_tokens)
    requirement = f"{name}'s ledger holds all {sent:,} calls, with their tokens"
    return Verdict(requirement=requirement, measured=booked, met=booked >= sent)
