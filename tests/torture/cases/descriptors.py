"""The server may open no more files. Whoever cannot be served is told so or sent away, and goes on later;
no call is answered and not written down; nothing has to be started again."""

import asyncio
import random
import resource
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from tests.proxy.client import connected
from tests.torture.case import Case, Findings, Trial
from tests.torture.cases.outage import RECOVERY_S
from tests.torture.histories import Histories, Kind
from tests.torture.load import Load, make_call
from tests.torture.seeds import LATE
from tests.torture.server import Server
from tests.torture.stage import judge, staged

CALLERS = 60
ROOM = 80
"""Files more than are open when the limit comes; each call needs two."""


async def run(trial: Trial) -> Findings:
    findings, histories = Findings(), Histories()
    load, folder = Load(histories, random.Random("descriptors")), trial.folder / "descriptors"
    async with staged(folder, histories, seed=trial.seed) as server:
        await make_call(server.port, histories.next(Kind.DOCUMENT))
        before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        limit = len([*Path(f"/proc/{server.pid}/fd").iterdir()]) + ROOM
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, before[1]))
        load.port = server.port
        async with load.of(CALLERS):
            await asyncio.sleep(1 if trial.is_small else 5)
        at_limit = len(histories.answered)
        async with AsyncExitStack() as stack:
            for _ in range(2 * ROOM):
                await stack.enter_async_context(connected(server.port))
            server.kill(*server.scribes())
            await asyncio.sleep(0.5)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        findings.most("recovery s", await _recovery_s(server, histories))
    judge(findings, histories, server.ledger)
    by_status = Counter(asked.status for asked in histories.asked.values())
    findings.count("sent away", by_status[None])
    others = {status: n for status, n in by_status.items() if status not in (200, 503, None)}
    findings.demand("nobody was told that there is no room", holds=by_status[503] > 0)
    findings.demand(f"calls were answered with {others}", holds=not others)
    findings.demand("nobody was served at the limit", holds=at_limit > 1)
    findings.demand("it took longer to recover", holds=findings.figures["recovery s"] <= RECOVERY_S)
    return findings


async def _recovery_s(server: Server, histories: Histories) -> float:
    started_s = time.monotonic()
    while time.monotonic() - started_s < 2 * RECOVERY_S:
        asked = histories.next(Kind.DOCUMENT)
        await make_call(server.port, asked)
        if asked.is_answered:
            break
        await asyncio.sleep(0.02)
    return time.monotonic() - started_s


CASE = Case("no more descriptors", run, (LATE,))
