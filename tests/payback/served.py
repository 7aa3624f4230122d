"""payback serve in a process of its own, and everything that it says."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 20
END_SECONDS = 20


@dataclass(slots=True)
class Served:
    process: asyncio.subprocess.Process
    announced: str
    """All lines up to the report's address, which is the last."""
    ledger: Path

    @property
    def port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/-/report", self.announced)
        assert found is not None, self.announced
        return int(found[1])

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> tuple[int, str]:
        """Exit status, and what it wrote on stderr from start to end."""
        async with asyncio.timeout(END_SECONDS):
            _, errors = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, errors.decode()


async def start(folder: Path, *options: str, **environment: str) -> asyncio.subprocess.Process:
    """In *folder*, where it finds payback.toml if there is one."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payback", "serve", *options,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@asynccontextmanager
async def served(folder: Path, *options: str, **environment: str) -> AsyncIterator[Served]:
    """On a free port, its ledger payback.db in *folder*. It is dead when this ends."""
    ledger = folder / "payback.db"
    process = await start(folder, "--port", "0", "--ledger", str(ledger), *options, **environment)
    try:
        yield Served(process, await _announcement(process), ledger)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def refused(folder: Path, *options: str, **environment: str) -> str:
    """The one sentence of a start that is refused with status 2."""
    process = await start(folder, *options, **environment)
    async with asyncio.timeout(START_SECONDS):
        out, errors = await process.communicate()
    assert (process.returncode, out) == (2, b""), errors.decode()
    said = errors.decode()
    assert said.startswith("payback: ")
    assert said.count("\n") == 1, said
    return said.removeprefix("payback: ").removesuffix("\n")


async def _announcement(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(START_SECONDS):
        async for line in process.stdout:
            said += line
            if b"/-/report" in line:
                return said.decode()
    assert process.stderr is not None
    raise AssertionError(f"payback serve ended: {(await process.stderr.read()).decode()}")
