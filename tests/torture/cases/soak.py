"""A load for a while: no call fails, and payback does not grow."""

import asyncio
import random
from pathlib import Path

from tests.torture.case import Case, Findings, Trial
from tests.torture.histories import Histories, Kind
from tests.torture.load import Load, make_call
from tests.torture.seeds import GROWING
from tests.torture.server import Server
from tests.torture.stage import judge, staged

CALLERS = 6
SECONDS, FEW_SECONDS = 30, 3
WARM_SHARE = 1 / 3
"""Of the time: caches fill, and the write-ahead log gets as long as it will be."""
MOST_GROWTH_KIB = 6 << 10
MOST_NEW_FILES = 4


async def run(trial: Trial) -> Findings:
    findings, histories = Findings(), Histories()
    load, folder = Load(histories, random.Random("soak")), trial.folder / "soak"
    seconds = FEW_SECONDS if trial.is_small else SECONDS
    async with staged(folder, histories, seed=trial.seed) as server:
        load.port = server.port
        async with load.of(CALLERS):
            await asyncio.sleep(seconds * WARM_SHARE)
            before = _files(server.pid), _kib(server)
            await asyncio.sleep(seconds * (1 - WARM_SHARE))
            after_kib = _kib(server)
        await make_call(server.port, histories.next(Kind.DOCUMENT))
        await asyncio.sleep(0.2)  # those whose callers left are closed by then
        files = _files(server.pid)
    judge(findings, histories, server.ledger)
    failed = [asked for asked in histories.asked.values() if asked.status not in (None, 200)]
    findings.count("failed", len(failed))
    findings.most("grown KiB", after_kib - before[1])
    findings.most("new files", files - before[0])
    findings.demand(f"{len(failed)} calls failed", holds=not failed)
    findings.demand("memory grows", holds=after_kib - before[1] <= MOST_GROWTH_KIB)
    findings.demand("open files grow", holds=files - before[0] <= MOST_NEW_FILES)
    return findings


def _kib(server: Server) -> int:
    """Of both processes."""
    return sum(_rss_kib(pid) for pid in (server.pid, *server.scribes()))


def _rss_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def _files(pid: int) -> int:
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


CASE = Case("soak", run, (GROWING,))
