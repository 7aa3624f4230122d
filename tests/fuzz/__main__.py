"""Feeds every target spoilt examples for a while. Ends with 1 where one breaks its promise, and shows how."""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.campaign import campaign
from tests.fuzz.targets import TARGETS

SECONDS = 180.0


def main() -> int:
    asked = _asked()
    chosen = [target for target in TARGETS if asked.target in (None, target.name)]
    sys.stdout.write(f"seed {asked.seed}\n")
    findings = 0
    for target in chosen:
        started_s = time.monotonic()
        runs = None if asked.run is None else [asked.run]
        with TemporaryDirectory() as folder:
            found = campaign(target, asked.seed, Path(folder), runs=runs, seconds=asked.seconds / len(chosen))
        taken_s = time.monotonic() - started_s
        told = f"{target.name:<22} {found.runs:>8,} runs {taken_s:6.1f} s  {len(found.findings)} findings"
        sys.stdout.write(f"{told}\n")
        for finding in found.findings:
            sys.stdout.write(f"\n{finding.told(target, asked.seed)}\n\n")
        sys.stdout.flush()
        findings += len(found.findings)
    return 1 if findings else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    names = [target.name for target in TARGETS]
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, metavar="N", help="of all targets (default: 180)"
    )
    parser.add_argument(
        "--target", choices=names, metavar="NAME", help=f"only this one, of {', '.join(names)}"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of what is random (default: another each time)"
    )
    parser.add_argument(
        "--run", type=int, metavar="N", help="only this run of the target, as a finding names it"
    )
    asked = parser.parse_args()
    if asked.run is not None and (asked.target is None or asked.seed is None):
        parser.error("--run needs the --target and the --seed of the finding")
    if asked.seed is None:
        asked.seed = time.time_ns() % 1_000_000
    return asked


if __name__ == "__main__":
    sys.exit(main())
