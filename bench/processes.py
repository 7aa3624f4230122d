"""Child processes: started, watched, ended by their own handle. They die with the harness."""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from bench.errors import BenchError

ROOT = Path(__file__).resolve().parent.parent
"""Where `python -m bench` and `python -m payback` are found."""

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _die_with_parent() -> None:
    """In the child: be killed when the harness is, however it ended."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def child(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """*command* runs inside the block; what it says goes to *log*."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=_die_with_parent
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask, wait, then insist."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status_of(port: int, path: str, body: bytes | None = None) -> int:
    """HTTP status of one GET, or POST of *body*; 0 when nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request("POST" if body else "GET", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    """Return when a GET of *path* gives 200; say what *log* says when the process ends or stays silent."""
    give_up = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < give_up:
        if status_of(port, path) == 200:
            return
        time.sleep(0.05)
    why = "took too long to start" if process.poll() is None else f"ended with status {process.returncode}"
    raise BenchError(f"{log.stem} {why}; its last words:\n{log.read_text(errors='replace')[-2000:]}")


def run_for_output(command: Sequence[str], timeout_s: float, env: dict[str, str] | None = None) -> str:
    """What *command* printed; it is killed after *timeout_s*."""
    said = " ".join([Path(command[0]).name, *command[1:4]])
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            preexec_fn=_die_with_parent,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{said} took more than {timeout_s:.0f} s") from error
    if done.returncode:
        raise BenchError(f"{said} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def run_module(module: str, *arguments: object, timeout_s: float) -> dict[str, Any]:
    """The JSON object that `python -m module` prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    found: dict[str, Any] = json.loads(run_for_output(command, timeout_s))
    return found


def _proc_text(pid: int, file: str) -> str:
    """A file of /proc/PID; empty when the process has gone."""
    try:
        return Path(f"/proc/{pid}/{file}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def family_of(pid: int) -> list[int]:
    """*pid* and all its descendants."""
    family = [pid]
    for member in family:
        for task in Path(f"/proc/{member}/task").glob("*"):
            family += map(int, _proc_text(member, f"task/{task.name}/children").split())
    return family


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its descendants, in MB (1e6 bytes). What several of them have of one
    file, such as the interpreter, is in memory once, and counted once."""
    own_kib, of_files = 0, dict[str, int]()
    for member in family_of(pid):
        for name, resident_kib, anonymous_kib in _mappings(_proc_text(member, "smaps")):
            own_kib += anonymous_kib
            of_files[name] = max(of_files.get(name, 0), resident_kib - anonymous_kib)
    return (own_kib + sum(of_files.values())) * 1024 / 1e6


def _mappings(smaps: str) -> Iterator[tuple[str, int, int]]:
    """Of each: what is mapped, how much of it is resident, and how much of that no file has. KiB.

    https://docs.kernel.org/filesystems/proc.html has the format."""
    for mapping in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", smaps, flags=re.MULTILINE)[1:]:
        first, _, rest = mapping.partition("\n")
        _, _, *what = first.split()  # addresses, permissions; then offset, device, inode, path
        sizes = dict(re.findall(r"^(Rss|Anonymous): +(\d+) kB$", rest, re.MULTILINE))
        yield " ".join(what), int(sizes["Rss"]), int(sizes["Anonymous"])


def cpu_s(pid: int) -> float:
    """Processor time that a process and its living descendants have used, user and system, in seconds."""
    ticks = 0
    for member in family_of(pid):
        fields = _proc_text(member, "stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:13]))
    return ticks / _TICKS_PER_S
