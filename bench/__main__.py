"""The command line: `python -m bench LOAD`. Exit 0: all requirements met; 1: one is not; 2: could not run."""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import latency, ledger, memory, metering, pages, projection, streams, throughput
from bench.errors import BenchError
from bench.table import Result, render_result
from bench.targets import Starter, starters_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load and how it is run unless the command line says otherwise."""

    measure: Callable[[Sequence[Starter], Path, int, int], Result]
    """Of starters, folder for files, rounds, seconds a round."""
    targets: tuple[str, ...]
    rounds: int
    seconds: int
    buffering: bool = True
    """Whether nginx collects an answer before it passes it on."""
    can_keep: bool = False
    """Whether there is something in its folder that takes long to make, and can be used again."""


LOADS = {
    "proxy": Load(measure=throughput.measure, targets=("direct", "nginx", "payback"), rounds=5, seconds=4),
    "latency": Load(measure=latency.measure, targets=("direct", "nginx", "payback"), rounds=3, seconds=8),
    "streams": Load(
        measure=streams.measure, targets=("direct", "nginx", "payback"), rounds=3, seconds=8, buffering=False
    ),
    "metering": Load(measure=metering.measure, targets=("payback", "unmetered"), rounds=12, seconds=3),
    "ledger": Load(measure=ledger.measure, targets=(), rounds=5, seconds=0),
    "projection": Load(measure=projection.measure, targets=(), rounds=5, seconds=0),
    "pages": Load(
        measure=pages.measure, targets=("direct",), rounds=3, seconds=8, buffering=False, can_keep=True
    ),
    "memory": Load(measure=memory.measure, targets=("payback",), rounds=1, seconds=8),
}


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m bench", description="Measure what payback costs.")
    found.add_argument("load", choices=["all", *LOADS])
    found.add_argument("--rounds", type=int, help="rounds per target, in turns")
    found.add_argument("--seconds", type=int, help="seconds a round")
    found.add_argument("--targets", help="comma-separated, of direct, nginx, payback, unmetered")
    found.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="another proxy; {port} and {upstream} in the command are its own port and upstream's",
    )
    found.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="where load pages keeps its ledger of 2 GB for the next time",
    )
    found.add_argument("--json", type=Path, metavar="FILE", help="also write the results to FILE")
    return found


def run(load: Load, options: argparse.Namespace) -> Result:
    names = options.targets.split(",") if options.targets else load.targets
    starters = starters_of(names, options.also, buffering=load.buffering)
    with _folder(options.keep if load.can_keep else None) as folder:
        return load.measure(starters, folder, options.rounds or load.rounds, options.seconds or load.seconds)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """*kept*, or one that is gone afterwards."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="payback-bench-") as folder:
        yield Path(folder)


def machine() -> dict[str, object]:
    """What the figures depend on; a busy machine shows in its load."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def write_json(file: Path, about: dict[str, object], results: Sequence[Result]) -> None:
    found = {"machine": about, "results": [{**asdict(result), "met": result.met} for result in results]}
    file.write_text(json.dumps(found, indent=2) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that what was started is ended, and folders go
    options = parser().parse_args(arguments)
    about = machine()
    print(", ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    results = []
    try:
        for name in LOADS if options.load == "all" else [options.load]:
            results.append(run(LOADS[name], options))
            print("\n" + render_result(results[-1]), flush=True)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    if options.json:
        write_json(options.json, about, results)
    return 0 if all(result.met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
