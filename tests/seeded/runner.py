"""The tests of a mutant, run on a copy that has its bug. Caught is what every one of them has seen."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.seeded.mutant import Mutant
from tests.seeded.tree import planted

LONGEST_S = 60
"""Of one mutant's tests. A bug that makes them wait for ever is caught by their own limits, or not at all."""
_TEST_LIMIT_S = 20
_PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    said: str

    @property
    def failed(self) -> frozenset[str]:
        """Tests, their parameters left out, of which at least one has failed."""
        return frozenset(_FAILED.findall(self.said))

    def blind(self, mutant: Mutant) -> list[str]:
        """The tests that have not seen the bug; all of them where they did not run."""
        if self.status not in (0, 1):
            return list(mutant.tests)
        return [test for test in mutant.tests if test not in self.failed]


def run_planted(mutant: Mutant, tree: Path) -> Ran:
    with planted(mutant, tree):
        return run_tests(mutant.tests, tree)


def run_tests(tests: Sequence[str], tree: Path, longest_s: float = LONGEST_S) -> Ran:
    options = [
        "-q",
        "-rfE",
        "--tb=no",
        "--no-header",
        "-p",
        "no:cacheprovider",
        *_PLUGINS,
        f"--timeout={_TEST_LIMIT_S}",
    ]
    once = ["-x"] if len(tests) == 1 else []  # its other parameters tell nothing more
    command = [sys.executable, "-m", "pytest", *options, *once, *tests]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they take three quarters of the time of a small test
        "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / ".hypothesis"),
        "COLUMNS": "400",
    }
    try:
        ran = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=longest_s,
        )
    except subprocess.TimeoutExpired:
        return Ran(-1, f"not within {longest_s:g} s")
    return Ran(ran.returncode, (ran.stdout + ran.stderr).decode("utf-8", "replace"))
