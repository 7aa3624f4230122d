"""Every case, and with it the planted faults that it must see. Ends with 1 where a call was lost, counted
twice or not traced, where something took too long, or where a planted fault was not seen."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.torture.case import Case, Findings, Trial
from tests.torture.cases import ALL
from tests.torture.disk import has_compiler
from tests.torture.seeds import Seed
from tests.torture.table import Line, rendered, summary

KILLS, SECONDS = 1000, 545
"""With what a case takes to end after it was told to, all of it takes less than 10 minutes."""
MOST_SHARE = 0.55
"""Of the time that is left, for one case: on a slow machine there are fewer kills, and not fewer cases."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how many; {KILLS} unless given")
    parser.add_argument("--case", default="", help="only cases with these words in their names")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="nothing new begins after these")
    asked = parser.parse_args()
    cases = [case for case in ALL if asked.case in case.name]
    if not cases:
        parser.error(f"no case has these words in its name: {asked.case}")
    if not has_compiler():
        parser.error("a C compiler is missing; on Debian: apt-get install gcc libc6-dev")
    logging.disable(logging.ERROR)
    lines, unrun = _lines(cases, asked.kills, time.monotonic() + asked.seconds)
    sys.stdout.write(f"{summary(lines)}\n")
    made = sum(int(line.findings.figures.get("kills", 0)) for line in lines if line.seed is None)
    if 0 < made < asked.kills:
        sys.stdout.write(f"the time was over after {made:,} of {asked.kills:,} kills\n")
    if unrun:
        sys.stdout.write(f"not run, as the time was over: {', '.join(unrun)}\n")
    return 0 if all(line.is_right and not line.is_slow for line in lines) and not unrun else 1


def _lines(cases: Sequence[Case], kills: int, until_s: float) -> tuple[list[Line], list[str]]:
    lines, unrun = [], []
    for case, seed in _runs(cases):
        if time.monotonic() > until_s:
            unrun.append(f"{case.name}, a payback that {seed.name}" if seed else case.name)
            continue
        left_s = until_s - time.monotonic()
        lines.append(_line(case, seed, kills, until_s - left_s * (1 - MOST_SHARE)))
        sys.stdout.write(f"{rendered(lines[-1])}\n")
        sys.stdout.flush()
    return lines, unrun


def _runs(cases: Sequence[Case]) -> Iterator[tuple[Case, Seed | None]]:
    """The planted faults first: a case that sees none says nothing."""
    for case in cases:
        yield from ((case, seed) for seed in case.seeds)
        yield case, None


def _line(case: Case, seed: Seed | None, kills: int, until_s: float) -> Line:
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="payback-torture-") as folder:
        is_small = seed is not None
        trial = Trial(Path(folder), 20 if is_small else kills, is_small, seed, until_s)
        findings = asyncio.run(_found(case, trial))
    return Line(case, seed, findings, time.monotonic() - started_s)


async def _found(case: Case, trial: Trial) -> Findings:
    try:
        return await case.run(trial)
    except Exception as error:  # noqa: BLE001  # the other cases are to run
        return Findings(faults=[f"the case failed: {type(error).__name__}: {error}"])


if __name__ == "__main__":
    sys.exit(main())
