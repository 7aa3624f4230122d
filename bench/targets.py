"""What is measured: the upstream itself, nginx, payback, any other proxy that a command line can start."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bench import nginx, wire
from bench.errors import BenchError
from bench.processes import child, cpu_s, free_port, run_for_output, status_of, wait_until_ready

Measured = TypeVar("Measured")

REPORT_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that answers chat completions on *port* of 127.0.0.1."""

    name: str
    port: int
    process: subprocess.Popen[bytes] | None = None
    """None: the upstream itself."""
    ledger: Path | None = None
    """Where it writes its calls; None: it does not meter."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{wire.PATH}"

    def cpu_s(self) -> float:
        """Processor time used so far, in seconds; 0 for the upstream, which is not what is measured."""
        return cpu_s(self.process.pid) if self.process else 0.0


Starter = Callable[[int, Path], AbstractContextManager[Target]]
"""Starts a target in front of the upstream at a port, with a folder for its files."""


@contextmanager
def direct(upstream_port: int, _folder: Path) -> Iterator[Target]:
    yield Target(name="direct", port=upstream_port)


@contextmanager
def yardstick(upstream_port: int, folder: Path, *, buffering: bool) -> Iterator[Target]:
    """nginx `proxy_pass`; without buffering where streams are measured, as one would set it up for them."""
    port = free_port()
    config = nginx.yardstick_config(folder, "nginx", port, upstream_port, buffering)
    with nginx.running(config, folder, "nginx", port) as process:
        yield Target(name="nginx", port=port, process=process)


_PAYBACK_CONFIG = """\
default_upstream = "bench"
[[upstream]]
name = "bench"
base_url = "http://127.0.0.1:{port}/v1"
provider = "openai"
"""


@contextmanager
def payback(upstream_port: int, folder: Path) -> Iterator[Target]:
    """payback as a user starts it, on a new ledger, with all defaults."""
    with _payback(upstream_port, folder, "payback", "payback") as target:
        yield target


@contextmanager
def unmetered(upstream_port: int, folder: Path) -> Iterator[Target]:
    """The same, but that it listens to nothing that it passes on."""
    with _payback(upstream_port, folder, "unmetered", "bench.unmetered") as target:
        yield target


@contextmanager
def _payback(upstream_port: int, folder: Path, name: str, module: str) -> Iterator[Target]:
    port, config, ledger = free_port(), folder / f"{name}.toml", folder / f"{name}.db"
    log = folder / f"{name}.log"
    config.write_text(_PAYBACK_CONFIG.format(port=upstream_port))
    command = [sys.executable, "-m", module, "serve", "--config", str(config)]
    command += ["--port", str(port), "--ledger", str(ledger)]
    with child(command, log) as process:
        wait_until_ready(process, port, "/-/healthz", log)
        yield Target(name=name, port=port, process=process, ledger=ledger)


@contextmanager
def other(upstream_port: int, folder: Path, *, name: str, command: str) -> Iterator[Target]:
    """Any proxy; {port} and {upstream} in *command* are its own port and upstream's."""
    port, log = free_port(), folder / f"{name}.log"
    words = [word.format(port=port, upstream=upstream_port) for word in shlex.split(command)]
    with child(words, log) as process:
        wait_until_ready(process, port, wire.PATH, log)
        yield Target(name=name, port=port, process=process)


def starters_of(names: Sequence[str], others: Sequence[str], *, buffering: bool = True) -> list[Starter]:
    """The built-in targets of *names*, then *others*, each written NAME=COMMAND."""
    built_in: dict[str, Starter] = {
        "direct": direct,
        "nginx": partial(yardstick, buffering=buffering),
        "payback": payback,
        "unmetered": unmetered,
    }
    if unknown := set(names) - set(built_in):
        raise BenchError(f"no such target: {', '.join(sorted(unknown))}; known are {', '.join(built_in)}")
    chosen = [built_in[name] for name in names]
    for pair in others:
        name, equals, command = pair.partition("=")
        if not equals:
            raise BenchError(f"--also wants NAME=COMMAND, not {pair!r}")
        chosen.append(partial(other, name=name, command=command))
    return chosen


@contextmanager
def started(starters: Sequence[Starter], upstream_port: int, folder: Path) -> Iterator[list[Target]]:
    """All targets running, each having answered one call with 200."""
    with ExitStack() as stack:
        targets = [stack.enter_context(start(upstream_port, folder)) for start in starters]
        for target in targets:
            probe(target)
        yield targets


def probe(target: Target) -> None:
    """One call; anything but 200 ends the run."""
    if (status := status_of(target.port, wire.PATH, wire.CHAT_BODY)) != 200:
        raise BenchError(f"{target.name} answers a call with status {status}, not 200")


def in_turns(
    targets: Sequence[Target], rounds: int, measure: Callable[[Target], Measured]
) -> dict[str, list[Measured]]:
    """Measure A B C, A B C, ...: what the machine does meanwhile hits all of them alike."""
    found: dict[str, list[Measured]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            found[target.name].append(measure(target))
    return found


def started_anew(
    starters: Sequence[Starter],
    upstream_port: int,
    folder: Path,
    rounds: int,
    measure: Callable[[Target], Measured],
) -> dict[str, list[Measured]]:
    """Likewise, with targets of its own for each round, the first one in turns another. Twice started, the
    same program differs by some 5 %, and keeps to it as long as it runs: as its code and data happen to lie
    in the memory. And who is measured first, right after the start of all, takes some 3 % more."""
    found: dict[str, list[Measured]] = {}
    for number in range(rounds):
        (own := folder / f"round-{number}").mkdir()
        with started(starters, upstream_port, own) as targets:
            turn = targets if number % 2 == 0 else targets[::-1]
            for name, measured in in_turns(turn, 1, measure).items():
                found.setdefault(name, []).extend(measured)
    return found


def ledger_totals(ledger: Path) -> dict[str, Any]:
    """`total` of `payback report`: what the ledger knows of all calls."""
    command = [sys.executable, "-m", "payback", "report", "--json", "--ledger", str(ledger)]
    totals: dict[str, Any] = json.loads(run_for_output(command, REPORT_TIMEOUT_S))["total"]
    return totals
