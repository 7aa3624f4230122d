"""kill -9 at the instant in which a client reads the last byte of an answer, and at any other: of the server,
of the process that writes the ledger, of both."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proxy.running import configuration, eventually
from tests.torture.case import Case, Findings, Trial
from tests.torture.histories import Histories, Kind, compared
from tests.torture.load import Load, make_call, upstream_for
from tests.torture.seeds import BESIDE, EMPTIED, JOURNALED, LATE, TWICE, UNOPENED, Seed
from tests.torture.server import Nursery, Server, nursery, rows_of, sums_that_are_wrong

LANES = 2
"""Ledgers that are tortured side by side."""
CALLERS = 3
RANDOM_EVERY = 5
LATEST_S = 0.05
"""Other callers have the server for themselves so long; every fifth kill comes then, whatever goes on."""
VICTIMS = ("server", "scribe", "both")


@dataclass(slots=True)
class Lane:
    """One ledger, and the servers that are killed over it one after the other."""

    number: int
    ledger: Path
    table: dict[str, Any]
    nursery: Nursery
    trial: Trial
    histories: Histories
    findings: Findings
    server: Server | None = None
    chance: random.Random = field(default_factory=random.Random)

    async def run(self, kills: int) -> None:
        self.chance.seed(f"kill {self.number}")
        load = Load(self.histories, self.chance)
        async with load.of(CALLERS):
            for _ in range(kills):
                if time.monotonic() > self.trial.until_s:
                    break
                server = await self._running(load)
                await self._kill(server, load)
        await self._end()

    @property
    def _seed(self) -> Seed | None:
        """Of every other lane all entries go through the journal."""
        return JOURNALED.and_(self.trial.seed) if self.number % 2 else self.trial.seed

    async def _running(self, load: Load) -> Server:
        """With its scribe: the one that was killed last is replaced at its leisure."""
        if self.server is None:
            self.server = await self.nursery.start(self.ledger, self.table, self._seed)
        server = self.server
        await eventually(lambda: bool(server.scribes()))
        load.port = server.port
        return server

    async def _kill(self, server: Server, load: Load) -> None:
        victim = self.chance.choice(VICTIMS)
        pids = {"server": [server.pid], "scribe": server.scribes(), "both": [server.pid, *server.scribes()]}[
            victim
        ]
        await self._strike(server.port, lambda: server.kill(*pids))
        self.findings.count("kills")
        if victim != "scribe":
            load.port = 0
            await server.gone()
            self.server = None

    async def _strike(self, port: int, strike: Callable[[], None]) -> None:
        await asyncio.sleep(self.chance.uniform(0, LATEST_S))
        if self.chance.randrange(RANDOM_EVERY) == 0:
            strike()
            return
        asked = self.histories.next(self.chance.choice([*Kind]))
        await make_call(port, asked, at_last_byte=strike)
        if asked.is_answered:
            self.findings.count("at the last byte")
        else:
            strike()

    async def _end(self) -> None:
        """The ledger as it is found after the last kill, and as the next start leaves it. What came while a
        scribe was killed before it had begun is in the spool, which only a start takes over."""
        if self.server is not None:
            self.server.kill()
            await self.server.gone()
        found, spool = rows_of(self.ledger), self.ledger.with_name(f"{self.ledger.name}.spool")
        is_spooled = spool.exists() and spool.stat().st_size > 0
        server = await self.nursery.start(self.ledger, self.table)
        rows = rows_of(self.ledger)
        server.kill()
        await server.gone()
        self.findings.demand("the next start changed what a report says", holds=is_spooled or rows == found)
        self.findings.count("wrong sums", sums_that_are_wrong(self.ledger))
        self.findings.add(compared(self.histories, rows), self.histories)
        self.findings.most("longest call s", self.findings.figures.pop("slowest s"))


async def run(trial: Trial) -> Findings:
    findings = Findings()
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(nursery())
        lanes = []
        for number in range(LANES):
            folder, histories = trial.folder / f"kill-{number}", Histories()
            folder.mkdir()
            upstream = await stack.enter_async_context(upstream_for(histories))
            table = configuration(upstream)
            lanes.append(Lane(number, folder / "payback.db", table, started, trial, histories, findings))
        await asyncio.gather(*(lane.run((trial.kills + lane.number) // LANES) for lane in lanes))
    findings.demand("sums differ from their calls", holds=not findings.figures["wrong sums"])
    return findings


CASE = Case("kill", run, (LATE, BESIDE, TWICE, UNOPENED, EMPTIED))
