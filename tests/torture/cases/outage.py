"""The ledger cannot be written for a while: the disk is full, read-only, broken, or somebody has the lock.
Calls are refused before the upstream hears of them, or wait in the spool; none is answered and not written
down; room ends it without a restart."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ledger.keeper import RESERVE_BYTES
from tests.proxy.client import call
from tests.proxy.running import eventually
from tests.torture.case import Case, Findings, Trial
from tests.torture.disk import ANY, FULL, INPUT_OUTPUT, NOT_WRITABLE, READ_ONLY, Access, Disk, disk_of
from tests.torture.histories import Histories, Kind
from tests.torture.load import Load, make_call
from tests.torture.mount import may_mount, mounted
from tests.torture.seeds import FORGETFUL, PASSING
from tests.torture.server import Server, locked
from tests.torture.stage import judge, staged

CALLERS = 4
RECOVERY_S = 3.0
PATIENCE_S = 30.0
MOST_ANSWERED = 500
"""Calls for which there may still be room on a full disk: those that fit into the log where it has been
written already, four times over."""
READY = b"GET /-/readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Scene:
    """A payback under load on a disk."""

    disk: Disk
    server: Server
    histories: Histories
    seconds: float
    """How long an outage is to last."""

    async def refuses(self) -> None:
        """Returns once a call was refused, or when it is clear that none will be: not after a time, as the
        log may have begun anew just before, and a slow machine takes long to fill it."""
        refused, most = len(self.histories.refused), len(self.histories.answered) + MOST_ANSWERED
        await eventually(
            lambda: len(self.histories.refused) > refused or len(self.histories.answered) > most, PATIENCE_S
        )


Outage = Callable[[Scene], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _fails(error: int, which: Access, only: str, scene: Scene) -> AsyncIterator[None]:
    scene.disk.fail(error, which, stays=True, only=only)
    await asyncio.sleep(scene.seconds)
    yield
    scene.disk.heal()


@asynccontextmanager
async def _is_full(scene: Scene) -> AsyncIterator[None]:
    """Twice: what payback has in reserve lets it go on for a while."""
    reserve = scene.server.ledger.with_name("payback.db.reserve")
    assert reserve.stat().st_size == RESERVE_BYTES
    scene.disk.is_full()
    await eventually(lambda: not reserve.exists(), PATIENCE_S)
    scene.disk.is_full()
    await scene.refuses()
    await asyncio.sleep(scene.seconds)
    yield
    scene.disk.heal()


@asynccontextmanager
async def _is_full_for_real(scene: Scene) -> AsyncIterator[None]:
    """A file system of some MiB, and a file that takes all of it."""
    reserve = scene.server.ledger.with_name("payback.db.reserve")
    ballast = scene.disk.folder / "ballast"
    _fill(ballast)
    await eventually(lambda: not reserve.exists(), PATIENCE_S)
    _fill(ballast)
    await scene.refuses()
    await asyncio.sleep(scene.seconds)
    yield
    ballast.unlink()


def _fill(ballast: Path) -> None:
    """To the last byte."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(os.urandom(size)) == size:
                    pass
            except OSError:
                continue


@asynccontextmanager
async def _is_locked(scene: Scene) -> AsyncIterator[None]:
    with locked(scene.server.ledger):
        await asyncio.sleep(scene.seconds)
        yield


async def _through(
    outage: Outage, trial: Trial, findings: Findings, folder: Path, *, seconds: float, is_refusing: bool
) -> None:
    """A load before, during and after *outage*, and what the ledger has of it in the end."""
    histories, chance = Histories(), random.Random("outage")
    spool = None if is_refusing else folder / "waiting"
    with closing(disk_of(folder)) as disk:
        async with staged(folder, histories, disk=disk, seed=trial.seed, spool=spool) as server:
            load, scene = Load(histories, chance), Scene(disk, server, histories, seconds)
            load.port = server.port
            async with load.of(CALLERS):
                await asyncio.sleep(0.3)
                async with outage(scene):
                    refused = len(histories.refused)
                findings.most("recovery s", await _recovery_s(scene))
                await asyncio.sleep(0.3)
    judge(findings, histories, server.ledger, spool)
    findings.demand("no call was refused", holds=refused > 0 or not is_refusing)
    findings.demand(
        f"{refused} calls were refused, though the spool could be written", holds=is_refusing or not refused
    )
    findings.demand("it took longer to recover", holds=findings.figures["recovery s"] <= RECOVERY_S)


async def _recovery_s(scene: Scene) -> float:
    """From the end of the outage until the ledger itself is written again, and a call is answered."""
    started_s = time.monotonic()
    while time.monotonic() - started_s < PATIENCE_S:
        asked = scene.histories.next(Kind.DOCUMENT)
        await make_call(scene.server.port, asked)
        if asked.is_answered and (await call(scene.server.port, READY)).status == 200:
            break
        await asyncio.sleep(0.02)
    return time.monotonic() - started_s


async def full(trial: Trial) -> Findings:
    findings = Findings()
    through = partial(_through, trial=trial, findings=findings, seconds=0.3, is_refusing=True)
    await through(_is_full, folder=trial.folder / "full")
    if may_mount():
        with mounted(trial.folder / "small", mib=24) as folder:
            await through(_is_full_for_real, folder=folder / "ledger")
            findings.count("real file systems")
    return findings


async def _one(outage: Outage, seconds: float, trial: Trial, *, is_refusing: bool = True) -> Findings:
    findings = Findings()
    lasting = min(seconds, 1.6) if trial.is_small else seconds
    await _through(outage, trial, findings, trial.folder / "outage", seconds=lasting, is_refusing=is_refusing)
    return findings


def _case(name: str, outage: Outage, seconds: float, *, is_refusing: bool = True) -> Case:
    run = partial(_one, outage, seconds, is_refusing=is_refusing)
    return Case(name, run, (PASSING,) if is_refusing else (FORGETFUL,))


CASES = (
    Case("disk full", full, (PASSING,)),
    _case("read-only", partial(_fails, NOT_WRITABLE, READ_ONLY, ""), 2),
    _case("disk broken", partial(_fails, INPUT_OUTPUT, ANY, ""), 2),
    _case("syncs fail", partial(_fails, INPUT_OUTPUT, Access.SYNCS, ""), 2),
    _case(
        "ledger broken, spool well", partial(_fails, INPUT_OUTPUT, ANY, "payback.db"), 3, is_refusing=False
    ),
    _case(
        "ledger full, spool well", partial(_fails, FULL, Access.WRITES, "payback.db"), 3, is_refusing=False
    ),
    _case("locked", _is_locked, 12, is_refusing=False),
)
