"""Plants each bug and runs the tests that are to see it. Ends with 1 when one was not seen or not planted."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.seeded.mutant import Mutant
from tests.seeded.mutants import MUTANTS
from tests.seeded.runner import run_planted, run_tests
from tests.seeded.tree import copied

AT_ONCE = min(4, os.cpu_count() or 1)
SOUND_S = 480
"""For the tests of all mutants on a copy without a bug: a test that fails there sees nothing."""


def main() -> int:
    chosen = _chosen()
    with _trees(AT_ONCE) as trees:
        started_s = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sound = pool.submit(_sound, chosen, trees)
            caught = list(pool.map(lambda mutant: _caught(mutant, trees), chosen))
        taken_s = time.monotonic() - started_s
    sys.stdout.write(f"{sum(caught)} of {len(chosen)} caught, {taken_s:.0f} s\n")
    return 0 if sound.result() and all(caught) else 1


def _chosen() -> Sequence[Mutant]:
    parser = argparse.ArgumentParser(prog="python -m tests.seeded", description=__doc__)
    parser.add_argument("words", nargs="?", default="", help="only mutants with these words in their names")
    words = parser.parse_args().words
    chosen = [mutant for mutant in MUTANTS if words in mutant.name]
    if not chosen:
        parser.error(f"no mutant has these words in its name: {words}")
    return chosen


@contextmanager
def _trees(number: int) -> Iterator["SimpleQueue[Path]"]:
    """Copies that nobody uses at the moment."""
    with TemporaryDirectory(prefix="seeded-") as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for place in range(number):
            tree = Path(folder) / str(place)
            tree.mkdir()
            free.put(copied(tree))
        yield free


def _sound(chosen: Sequence[Mutant], trees: "SimpleQueue[Path]") -> bool:
    tree = trees.get()
    try:
        ran = run_tests(sorted({test for mutant in chosen for test in mutant.tests}), tree, SOUND_S)
    finally:
        trees.put(tree)
    if ran.status != 0:
        sys.stdout.write(f"without a bug the tests do not pass:\n{ran.said[-3000:]}\n")
    return ran.status == 0


def _caught(mutant: Mutant, trees: "SimpleQueue[Path]") -> bool:
    tree = trees.get()
    started_s = time.monotonic()
    try:
        ran = run_planted(mutant, tree)
        blind = ran.blind(mutant)
        told = "caught" if not blind else f"NOT CAUGHT by {', '.join(blind)}\n{ran.said[-1500:]}"
    except (ValueError, SyntaxError) as error:
        blind, told = ["all"], f"NOT PLANTED: {error}"
    finally:
        trees.put(tree)
    sys.stdout.write(f"{mutant.name:<40} {time.monotonic() - started_s:5.1f} s  {told}\n")
    sys.stdout.flush()
    return not blind


if __name__ == "__main__":
    sys.exit(main())
