"""Feeds one target for a while. The same seed and number of a run make the same input on every machine."""

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Check, Fed, Seed, Target

SLOWEST_CPU_S = 3.0
"""Of one input; they are short. What takes longer takes a time that grows faster than its input."""
MOST_FINDINGS = 10
"""Different ones of one target; then it has had enough."""
LONGEST_SHOWN = 4000


class TooSlow(AssertionError):
    pass


@dataclass(frozen=True, slots=True)
class Finding:
    run: int | None
    """None: at the target's end, of all runs together."""
    fed: Fed | None
    what: str
    place: str
    """Two findings at one place are one."""

    def told(self, target: Target, seed: int) -> str:
        if self.run is None or self.fed is None:
            return f"{target.name}: at the end: {self.what}"
        again = f"python -m tests.fuzz --target {target.name} --seed {seed} --run {self.run}"
        data = repr(self.fed.data)
        shown = (
            data if len(data) <= LONGEST_SHOWN else f"{data[:LONGEST_SHOWN]}... ({len(self.fed.data)} bytes)"
        )
        return (
            f"{target.name}: run {self.run}, {self.fed.name}\n{self.what}\n  again: {again}\n  input: {shown}"
        )


@dataclass(slots=True)
class Campaign:
    runs: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        if finding.place not in {known.place for known in self.findings}:
            self.findings.append(finding)

    @property
    def has_had_enough(self) -> bool:
        return len(self.findings) >= MOST_FINDINGS


def fed_at(target: Target, seeds: Sequence[Seed], seed: int, run: int) -> Fed:
    chance = Random(f"{seed} {target.name} {run}")
    good = chance.choice(seeds)
    mutator = Mutator(chance, [other.data for other in seeds], target.words)
    return Fed(good.name, mutator.of(good.data), chance)


def campaign(
    target: Target, seed: int, folder: Path, *, runs: Sequence[int] | None = None, seconds: float = 0
) -> Campaign:
    """All of *runs*; or, with None, one after the other for so many *seconds*."""
    found, seeds = Campaign(), target.seeds()
    try:
        with target.open(folder) as check:
            for run in _numbers(runs, seconds):
                _feed(target, check, run, fed_at(target, seeds, seed, run), found)
                if found.has_had_enough:
                    break
    except Exception as error:  # noqa: BLE001  # it is what is looked for
        found.add(_finding(error, None, None))
    return found


def _feed(target: Target, check: Check, run: int, fed: Fed, found: Campaign) -> None:
    started_s = time.process_time()
    try:
        check(fed)
        taken_s = time.process_time() - started_s
        if taken_s > SLOWEST_CPU_S:
            raise TooSlow(f"it took {taken_s:.1f} s")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  # a panic in a library is no Exception
        found.add(_finding(error, run, fed))
    found.runs += 1


def _numbers(runs: Sequence[int] | None, seconds: float) -> Iterator[int]:
    if runs is not None:
        yield from runs
        return
    deadline_s = time.monotonic() + seconds
    for run in count():
        if time.monotonic() > deadline_s:
            return
        yield run


def _finding(error: BaseException, run: int | None, fed: Fed | None) -> Finding:
    trace = traceback.format_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{type(error).__name__} {frames[-1].filename}:{frames[-1].lineno}" if frames else repr(error)
    shown = [line[:1000] for line in trace[-4:]]
    return Finding(run, fed, "".join(shown).rstrip(), place)
