"""The clock jumps while calls are under way: a day ahead, two days back, a year ahead, and home again.
Durations stay what they were, hours of the report what their calls say, and ids in the order of time."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import closing

from ledger.call import Entry, Outcome
from ledger.ids import us_of_call_id
from tests.torture.case import Case, Findings, Trial
from tests.torture.disk import disk_of
from tests.torture.histories import Histories, Kind
from tests.torture.load import Load, make_call
from tests.torture.seeds import BY_THE_CLOCK
from tests.torture.stage import judge, staged

DAY_S = 86_400
JUMPS_S = (0, DAY_S, -2 * DAY_S, 366 * DAY_S, 0)
LONGEST_S = 5.0
"""No call here takes as long."""
NEAR_S = 600


async def run(trial: Trial) -> Findings:
    findings, histories = Findings(), Histories()
    load, eras = Load(histories, random.Random("clock")), list[tuple[int, int]]()
    with closing(disk_of(trial.folder / "clock")) as disk:
        async with staged(disk.folder, histories, disk=disk, seed=trial.seed) as server:
            load.port = server.port
            async with load.of(4):
                for jump_s in JUMPS_S:
                    disk.set_clock(jump_s)
                    first = histories.next(Kind.DOCUMENT)
                    await make_call(server.port, first)
                    await asyncio.sleep(0.3 if trial.is_small else 2)
                    last = histories.next(Kind.DOCUMENT)
                    await make_call(server.port, last)
                    eras.append((first.number, last.number))
    rows = judge(findings, histories, server.ledger)
    findings.count("jumps", len(JUMPS_S) - 1)
    _judge(rows, eras, findings)
    return findings


def _judge(rows: Sequence[Entry], eras: Sequence[tuple[int, int]], findings: Findings) -> None:
    by_number = {int(row.call.who.user or 0): row.call for row in rows}
    for row in rows:
        call = row.call
        if call.outcome is not Outcome.OK:
            continue
        took_s = ((call.ended_us or 0) - call.started_us) / 1_000_000
        findings.most("longest call s", took_s)
        findings.demand(f"a call took {took_s} s", holds=0 <= took_s <= LONGEST_S)
        strays = abs(us_of_call_id(call.call_id) - call.started_us)
        findings.demand("an id is not of its call's time", holds=strays <= 1)
    at_home_s = by_number[eras[0][0]].started_us / 1_000_000
    for jump_s, (first, last) in zip(JUMPS_S, eras, strict=True):
        start_s = by_number[first].started_us / 1_000_000
        findings.demand(
            f"a call after a jump by {jump_s} s is not there",
            holds=abs(start_s - at_home_s - jump_s) < NEAR_S,
        )
        findings.demand(
            "two calls of one clock are not in their order",
            holds=by_number[first].call_id < by_number[last].call_id,
        )


CASE = Case("clock jumps", run, (BY_THE_CLOCK,))
