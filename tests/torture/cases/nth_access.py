"""One call, and of all that payback does to the disk for it the first access fails; then the same with the
second, the third, and so on until none is left. No error is swallowed: what was answered is written down."""

import asyncio
from contextlib import closing
from functools import partial
from pathlib import Path

from ledger.journal import Journal, journal_path
from ledger.spool import Spool
from tests.proxy.client import call
from tests.torture.case import Case, Findings, Trial
from tests.torture.cases.outage import READY
from tests.torture.disk import ANY, BUSY, FULL, INPUT_OUTPUT, Access, Disk, disk_of
from tests.torture.histories import Histories, Kind
from tests.torture.load import make_call
from tests.torture.seeds import EMPTIED, HURRIED, JOURNALED, SWALLOWING, Seed
from tests.torture.server import Server, rows_now
from tests.torture.stage import judge, staged

MOST = 200
"""A call that does so much to the disk is no call."""
FEW_KINDS, ALL_KINDS = (Kind.STREAM,), (Kind.STREAM, Kind.DOCUMENT)
WAYS = {
    "full": (FULL, Access.WRITES, False),
    "full from there on": (FULL, Access.WRITES, True),
    "broken": (INPUT_OUTPUT, ANY, False),
    "broken from there on": (INPUT_OUTPUT, ANY, True),
    "busy": (BUSY, Access.LOCKS, False),
}


async def run(error: int, which: Access, stays: bool, trial: Trial, *, first: Seed | None = None) -> Findings:
    findings, histories = Findings(), Histories()
    seed = HURRIED.and_(first).and_(trial.seed)
    with closing(disk_of(trial.folder / "nth")) as disk:
        async with staged(disk.folder, histories, disk=disk, seed=seed) as server:
            for kind in FEW_KINDS if trial.is_small else ALL_KINDS:
                for after in range(MOST):
                    disk.fail(error, which, after=after, stays=stays)
                    await _one_call(kind, server, disk, histories, findings)
                    if not disk.fired:
                        break
                findings.demand(f"access {after} was the last one", holds=0 < after < MOST - 1)
                findings.count("accesses that failed in turn", after)
    judge(findings, histories, server.ledger)
    return findings


async def _one_call(kind: Kind, server: Server, disk: Disk, histories: Histories, findings: Findings) -> None:
    asked = histories.next(kind)
    await make_call(server.port, asked)
    kept = _kept(server.ledger) if asked.is_answered else set()
    findings.demand(
        f"call {asked.number} ({kind}) was answered, and was in neither of ledger, journal and spool",
        holds=not asked.is_answered or asked.number in kept,
    )
    disk.heal()
    for _ in range(200):
        if (await call(server.port, READY)).status == 200:
            break
        await asyncio.sleep(0.02)
    else:
        findings.faults.append("the ledger did not recover")


def _kept(ledger: Path) -> set[int]:
    """Numbers of the calls that another process finds at this moment."""
    journaled = Journal(journal_path(ledger), None).left()
    spooled = Spool(ledger.with_name(f"{ledger.name}.spool")).entries()
    return {int(entry.call.who.user or 0) for entry in (*journaled, *rows_now(ledger), *spooled)}


CASES = tuple(
    Case(f"the n-th access: {name}", partial(run, *way), (SWALLOWING,) if "from" in name else ())
    for name, way in WAYS.items()
) + tuple(
    Case(f"the n-th access in a hurry: {name}", partial(run, *WAYS[name], first=JOURNALED), (EMPTIED,))
    for name in ("full from there on", "broken", "broken from there on")
)
