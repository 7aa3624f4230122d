"""The cases at payback and at nginx, and where one is not right. Ends with 0 when payback is right in all."""

import argparse
import asyncio
import sys

from bench.errors import MissingProgramError
from bench.nginx import program
from payback.app import _loop_factory
from tests.conformance.cases import ALL
from tests.conformance.table import lines_of, rendered


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("words", nargs="?", default="", help="only cases with these words in their titles")
    parser.add_argument("--all", action="store_true", help="show also the cases in which both are right")
    asked = parser.parse_args()
    if not any(asked.words in case.title for case in ALL):
        parser.error(f"no case has these words in its title: {asked.words}")
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        lines = runner.run(lines_of(only=asked.words, with_nginx=_has_nginx()))
    sys.stdout.write(rendered(lines, is_everything_shown=asked.all) + "\n")
    return 0 if all(line.is_payback_right for line in lines) else 1


def _has_nginx() -> bool:
    try:
        program()
    except MissingProgramError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
