"""payback on loopback: in this process, or in one of its own that can be killed. And what its ledger says."""

import asyncio
import os
import re
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ledger.call import Entry, State
from ledger.keeper import RESERVE_BYTES
from ledger.lock import is_held
from ledger.sqlite.reader import open_sqlite_reader
from payback.app import Place, serving
from payback.settings import read_settings

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 5.0
PRICE = {
    "provider": "lab",
    "model": "small-model",
    "input_usd_per_mtok": "1.00",
    "cache_read_usd_per_mtok": "0.10",
    "output_usd_per_mtok": "10.00",
}


@dataclass(frozen=True, slots=True)
class Payback:
    port: int
    ledger: Path

    def rows(self) -> list[Entry]:
        """What another process sees in the ledger now, the oldest first."""
        reader = open_sqlite_reader(self.ledger)
        try:
            return reader.last_calls(1000)[::-1]
        finally:
            reader.close()

    async def ended(self, number: int = 1) -> list[Entry]:
        """All rows, once *number* of calls have ended; more or fewer are a failure."""

        def are_there() -> bool:
            return sum(entry.state is State.ENDED for entry in self.rows()) >= number

        await eventually(are_there)
        rows = self.rows()
        assert len(rows) == number, rows
        return rows

    async def row(self) -> Entry:
        """The only row, once its call has ended."""
        return (await self.ended())[0]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing can be written while this lasts. After half a second the writer goes to its spool."""
        connection = sqlite3.connect(self.ledger, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
        finally:
            connection.close()


async def eventually(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {within_s} s: {condition.__qualname__}"
        await asyncio.sleep(0.005)


class Server(Protocol):
    """What can be an upstream."""

    @property
    def base_url(self) -> str: ...


def configuration(upstream: Server, **tables: Any) -> dict[str, Any]:
    """One upstream, lab, the default, with a price. *tables* go over it, `lab` over the upstream."""
    lab = {"name": "lab", "base_url": upstream.base_url, "provider": "lab", **tables.pop("lab", {})}
    more = tables.pop("others", [])
    server = {"drain_s": 0.2, **tables.pop("server", {})}
    return {
        "default_upstream": "lab",
        "upstream": [lab, *more],
        "price": [PRICE],
        "server": server,
        **tables,
    }


@asynccontextmanager
async def running(folder: Path, table: dict[str, Any]) -> AsyncIterator[Payback]:
    """On this test's loop, with production's own flags."""
    place = Place(
        settings=read_settings(table, "test"), ledger=folder / "payback.db", host="127.0.0.1", port=0
    )
    with place.ledger.with_name("payback.db.reserve").open("wb") as reserve:
        reserve.truncate(RESERVE_BYTES)  # a hole will do: hundreds of tests need not write it to the disk
    async with serving(place) as started:
        yield Payback(started.port, place.ledger)


@dataclass(slots=True)
class Process:
    """payback serve."""

    payback: Payback
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """SIGKILL: nothing that is still to be done is done."""
        self.process.kill()
        await self.process.wait()
        await eventually(lambda: not is_held(self.payback.ledger))  # its scribe has a commit to end

    def peak_rss_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0])


@asynccontextmanager
async def process(
    folder: Path, toml: str, *options: str, stderr: Path | None = None
) -> AsyncIterator[Process]:
    """payback serve in a process of its own, dead when this ends. What it complains of goes to *stderr*."""
    configuration_file = folder / "payback.toml"
    configuration_file.write_text(toml)
    command = [sys.executable, "-m", "payback", "serve", "--port", "0"]
    files = ["--config", str(configuration_file), "--ledger", str(folder / "payback.db")]
    with stderr.open("wb") if stderr else nullcontext() as complaints:
        started = await asyncio.create_subprocess_exec(
            *command,
            *files,
            *options,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
        )
    try:
        payback = Payback(await _port_announced(started), folder / "payback.db")
        yield Process(payback, started)
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


def toml_of(upstream: Server) -> str:
    """The same upstream and price as configuration's."""
    price = "\n".join(f'{name} = "{value}"' for name, value in PRICE.items())
    lab = f'name = "lab"\nbase_url = "{upstream.base_url}"\nprovider = "lab"'
    return f'default_upstream = "lab"\n[[upstream]]\n{lab}\n[[price]]\n{price}\n'


async def _port_announced(started: asyncio.subprocess.Process) -> int:
    assert started.stdout is not None
    async with asyncio.timeout(20):
        async for line in started.stdout:
            if found := re.search(rb":(\d+)/-/report", line):
                return int(found[1])
    raise AssertionError("payback serve has ended without saying where it listens")
