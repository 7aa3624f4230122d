"""Load "memory": resident memory, idle and while the streams run."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import streams
from bench.processes import resident_mb
from bench.table import Result, Row, Verdict, at_most
from bench.targets import Starter, Target, probe

SETTLE_S = 2
SAMPLE_EVERY_S = 0.05
IDLE_LIMIT_MB = 80
LOADED_LIMIT_MB = 160


def measure(starters: Sequence[Starter], folder: Path, rounds: int, seconds: int) -> Result:
    """Each target alone, started afresh; *rounds* of the streams, the highest sample counts."""
    with streams.stream_upstream(folder) as port:
        rows = []
        for start in starters:
            with start(port, folder) as target:
                rows += row_of(target, rounds, seconds)
    return Result(
        load="memory",
        title=f"resident MB (1e6 bytes), idle and under {rounds} x {seconds} s of {streams.STREAMS} streams",
        rows=rows,
        verdicts=[verdict for row in rows if row["target"] == "payback" for verdict in verdicts_of(row)],
    )


def row_of(target: Target, rounds: int, seconds: int) -> list[Row]:
    """Nothing for a target without a process of its own."""
    if target.process is None:
        return []
    pid = target.process.pid
    time.sleep(SETTLE_S)
    idle_mb = resident_mb(pid)
    probe(target)
    time.sleep(SETTLE_S)
    return [
        {
            "target": target.name,
            "idle": idle_mb,
            "idle after a call": resident_mb(pid),
            "peak under load": max(peak_under_load_mb(target, pid, seconds) for _ in range(rounds)),
            "after the load": resident_mb(pid),
        }
    ]


def peak_under_load_mb(target: Target, pid: int, seconds: int) -> float:
    """The highest of many samples while the streams run."""
    peak_mb = 0.0
    with ThreadPoolExecutor(1) as sidecar:
        running = sidecar.submit(streams.load, target, seconds)
        while not running.done():
            peak_mb = max(peak_mb, resident_mb(pid))
            time.sleep(SAMPLE_EVERY_S)
        running.result()
    return peak_mb


def verdicts_of(row: Row) -> list[Verdict]:
    idle_mb, peak_mb = float(row["idle after a call"] or 0), float(row["peak under load"] or 0)
    return [
        at_most(f"payback idle, at most {IDLE_LIMIT_MB} MB", idle_mb, IDLE_LIMIT_MB),
        at_most(f"payback under load, at most {LOADED_LIMIT_MB} MB", peak_mb, LOADED_LIMIT_MB),
    ]
