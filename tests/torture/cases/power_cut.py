"""The power goes. Of the ledger's folder only that is left for certain which was synced; the rest is lost,
whole or in part. What had been answered by then is in the ledger, and what had reached the upstream too."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from ledger.errors import LedgerError
from tests.torture.case import Case, Findings, Trial
from tests.torture.disk import Disk, disk_of
from tests.torture.histories import NUMBERED, Asked, Histories, Kind
from tests.torture.load import make_call
from tests.torture.record import ANSWERED, ARRIVED, Loss, Marker, Platter, Step, steps_in
from tests.torture.seeds import JOURNALED, SYNCED_AT_TIMES, UNSYNCED, UNSYNCED_JOURNAL, UNSYNCED_SPOOL, Seed
from tests.torture.server import Server, locked
from tests.torture.stage import judge, staged

CALLERS = 4
CALLS, SPOOLED = 60, 30
"""Of each caller, while the ledger can be written, and while only the spool can."""
CUTS, FEW_CUTS = 300, 60
"""Beside those at the first syncs."""
_MEMORY = Path("/dev/shm")
"""What is left by then need not be safe from a real power cut."""


async def run(trial: Trial) -> Findings:
    """Of a payback that commits to its ledger, and of one that is in a hurry."""
    findings = Findings()
    for name, seed in (("calm", trial.seed), ("hurried", JOURNALED.and_(trial.seed))):
        await _cuts(trial.folder / name, seed, trial, findings)
    findings.figures["answers looked for"] = findings.figures.pop("answered")
    return findings


async def _cuts(folder: Path, seed: Seed | None, trial: Trial, findings: Findings) -> None:
    histories, disk = Histories(), disk_of(folder, is_recorded=True)
    assert disk.record is not None
    try:
        await _record(disk, seed, trial, histories)
        steps = list(steps_in(disk.record))
    finally:
        disk.close()
    chance = random.Random("power cut")
    cuts = 10 if trial.seed else FEW_CUTS if trial.is_small else CUTS
    for number, at in enumerate(_instants(steps, cuts // 2, chance)):
        loss = [*Loss][number % len(Loss)]
        _cut(steps[:at], disk.folder, loss, findings, histories, chance)


async def _record(disk: Disk, seed: Seed | None, trial: Trial, histories: Histories) -> None:
    """Calls with the ledger at hand, then with the spool alone, then with the ledger again."""
    assert disk.record is not None
    with closing(Marker(disk.record)) as marker:

        def arrived(request: bytes) -> None:
            if found := NUMBERED.search(request):
                marker.put(ARRIVED, int(found[1]))

        async with staged(disk.folder, histories, disk=disk, seed=seed, arrived=arrived) as server:
            calls = CALLS // 3 if trial.is_small else CALLS
            await _calls(calls, server, histories, marker)
            with locked(server.ledger):
                await _calls(SPOOLED // 2 if trial.is_small else SPOOLED, server, histories, marker)
            await asyncio.sleep(1.2)  # then the ledger takes the spool over
            await _calls(calls, server, histories, marker)


async def _calls(number: int, server: Server, histories: Histories, marker: Marker) -> None:
    kinds = [*Kind]

    async def one_after_the_other() -> None:
        for turn in range(number):
            asked = histories.next(kinds[turn % len(kinds)])
            await make_call(server.port, asked, at_last_byte=partial(marker.put, ANSWERED, asked.number))

    await asyncio.gather(*(one_after_the_other() for _ in range(CALLERS)))


def _instants(steps: Sequence[Step], number: int, chance: random.Random) -> list[int]:
    """When something had just been promised, which is when it is the latest news; when a sync was about to
    begin, the first one of each file above all; and at any other time."""
    promised = [at + 1 for at, step in enumerate(steps) if step.kind in (ANSWERED, ARRIVED)]
    syncs = [at for at, step in enumerate(steps) if step.kind == b"S"]
    first = {steps[at].path: at for at in reversed(syncs)}
    others = [chance.choice(chance.choice([promised, syncs, range(1, len(steps))])) for _ in range(number)]
    return [at for at in first.values() for _ in range(3 * len(Loss))] + others


def _cut(
    steps: Sequence[Step],
    folder: Path,
    loss: Loss,
    findings: Findings,
    histories: Histories,
    chance: random.Random,
) -> None:
    platter = Platter(folder)
    for step in steps:
        if step.kind not in (ANSWERED, ARRIVED):
            platter.take(step)
    findings.count("cuts")
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as left:
        platter.left(Path(left), loss, chance)
        _judge(Path(left), loss, _promised(steps, histories), findings)


def _promised(steps: Sequence[Step], histories: Histories) -> Histories:
    """What had been seen by then of the calls that were made."""
    answered = {step.offset for step in steps if step.kind == ANSWERED}
    return Histories(
        {n: asked if n in answered else Asked(n, asked.kind) for n, asked in histories.asked.items()},
        Counter(step.offset for step in steps if step.kind == ARRIVED),
    )


def _judge(left: Path, loss: Loss, promised: Histories, findings: Findings) -> None:
    """Starts on what is left, as payback does."""
    ledger = left / "payback.db"
    try:
        judge(findings, promised, ledger)
    except LedgerError as error:
        findings.faults.append(f"after a power cut ({loss}), payback does not start: {error}")


CASE = Case("power cut", run, (UNSYNCED, SYNCED_AT_TIMES, UNSYNCED_SPOOL, UNSYNCED_JOURNAL))
