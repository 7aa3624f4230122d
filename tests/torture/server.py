"""A payback that can be killed, and its parts: the server, and the process that writes the ledger."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ledger.after_kill import take_over_left
from ledger.call import Entry
from ledger.journal import Journal, journal_path
from ledger.keeper import start_ledger
from ledger.lock import is_held
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import open_store
from tests.architecture.house import ROOT
from tests.proxy.running import eventually
from tests.torture.disk import Disk
from tests.torture.seeds import Seed

START_S = 60.0
_ALL_ROWS = 10_000_000
_PROGRAM = "exec({seed!r}, {{}})\nimport sys\nfrom payback.cli import main\nsys.exit(main())\n"


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int
    ledger: Path

    def scribes(self) -> list[int]:
        """The processes that it has started: one writes the ledger."""
        try:
            return [
                int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            ]
        except OSError:
            return []

    def kill(self, *pids: int) -> None:
        for pid in pids or (self.pid, *self.scribes()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def is_alive(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    async def gone(self) -> None:
        """No process of it holds the ledger any more."""
        await eventually(lambda: not self.is_alive and not is_held(self.ledger), START_S)


def rows_of(ledger: Path) -> list[Entry]:
    """All of them, the oldest first; as a command reads them."""
    take_over_left(ledger)
    return rows_now(ledger)


def rows_now(ledger: Path) -> list[Entry]:
    """Those in the ledger itself, whatever is in the journal of a payback that lives."""
    reader = open_sqlite_reader(ledger)
    try:
        return reader.last_calls(_ALL_ROWS)[::-1]
    finally:
        reader.close()


def take_over(ledger: Path, spool: Path | None = None) -> None:
    """What a start does before the first call. Raises LedgerError."""
    with closing(open_store(ledger)) as store:
        identity = store.identity()
        waiting = Spool(spool or ledger.with_name(f"{ledger.name}.spool"), identity)
        start_ledger(store, waiting, Journal(journal_path(ledger), identity))


@contextmanager
def locked(ledger: Path) -> Iterator[None]:
    """By a SQL prompt that was left in a transaction."""
    prompt = sqlite3.connect(ledger, isolation_level=None, timeout=10)
    prompt.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        prompt.close()


def sums_that_are_wrong(ledger: Path) -> int:
    reader = open_sqlite_reader(ledger)
    try:
        return len(reader.disagreements())
    finally:
        reader.close()


@dataclass(slots=True)
class Nursery:
    """Starts paybacks in a tenth of the time that a program takes."""

    _process: asyncio.subprocess.Process
    _numbers: Iterator[int] = field(default_factory=count)
    _waiting: dict[int, "asyncio.Future[tuple[int, int]]"] = field(default_factory=dict)

    async def start(self, ledger: Path, table: dict[str, Any], seed: Seed | None = None) -> Server:
        number = next(self._numbers)
        told = self._waiting[number] = asyncio.get_running_loop().create_future()
        says = ledger.with_name("said")
        source = seed.source if seed else ""
        order = {"number": number, "ledger": str(ledger), "table": table, "seed": source, "says": str(says)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        async with asyncio.timeout(START_S):
            pid, port = await told
        assert port, f"payback does not start: {says.read_text()}"
        return Server(pid, port, ledger)

    async def listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            number, pid, port = map(int, line.split())
            self._waiting.pop(number).set_result((pid, port))


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "tests.torture.nursery"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=pipe, stdout=pipe, start_new_session=True
    )
    started = Nursery(process)
    listening = asyncio.ensure_future(started.listen())
    try:
        yield started
    finally:
        listening.cancel()
        os.killpg(process.pid, signal.SIGKILL)  # what it has started too
        await process.communicate()


@asynccontextmanager
async def program(
    folder: Path, toml: str, *options: str, disk: Disk | None = None, seed: Seed | None = None
) -> AsyncIterator[Server]:
    """payback serve as a program, its ledger in *folder*, on *disk*. All of it is dead when this ends."""
    ledger = folder / "payback.db"
    process = await _started(folder, toml, *options, disk=disk, seed=seed)
    server = Server(process.pid, 0, ledger)
    try:
        yield Server(process.pid, await _port_of(process, folder), ledger)
    finally:
        server.kill()
        await process.communicate()
        await server.gone()


async def refusal(folder: Path, toml: str, disk: Disk | None = None, seed: Seed | None = None) -> str:
    """What is said by a payback that does not start; "" by one that does."""
    process = await _started(folder, toml, disk=disk, seed=seed)
    try:
        await _port_of(process, folder)
    except AssertionError:
        return said_in(folder)
    else:
        return ""
    finally:
        server = Server(process.pid, 0, folder / "payback.db")
        server.kill()
        await process.communicate()
        await server.gone()


def said_in(folder: Path) -> str:
    """What payback said on standard error when it was started there last."""
    return _said_file(folder).read_text()


async def _started(
    folder: Path, toml: str, *options: str, disk: Disk | None = None, seed: Seed | None = None
) -> asyncio.subprocess.Process:
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder.with_name(f"{folder.name}.toml")
    configuration.write_text(toml)
    source = _PROGRAM.format(seed=seed.source if seed else "")
    files = ["--config", str(configuration), "--ledger", str(folder / "payback.db")]
    with _said_file(folder).open("wb") as said:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", source, "serve", "--port", "0", *files, *options,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(disk.environment if disk else {})},
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
        )  # fmt: skip


async def _port_of(process: asyncio.subprocess.Process, folder: Path) -> int:
    assert process.stdout is not None
    async with asyncio.timeout(START_S):
        async for line in process.stdout:
            if found := re.search(rb":(\d+)/-/report", line):
                return int(found[1])
    raise AssertionError(f"payback does not start: {said_in(folder)}")


def _said_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.said")
