"""A copy of the project in which one bug after the other is planted and taken out again."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import cache_from_source
from pathlib import Path

from tests.architecture.house import PACKAGES, ROOT
from tests.seeded.mutant import Mutant

NEEDED = (*PACKAGES, "tests", "bench", "docs", "packaging")
_IGNORED = shutil.ignore_patterns("node_modules", ".hypothesis", "images")


def copied(to: Path) -> Path:
    """With what Python has compiled: its files keep their times, so it is as good there."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=_IGNORED)
    for file in ROOT.iterdir():
        if file.is_file() and not file.name.startswith("."):
            shutil.copy2(file, to / file.name)
    return to


@contextmanager
def planted(mutant: Mutant, tree: Path) -> Iterator[None]:
    """While this lasts, *tree* has the bug."""
    file = tree / mutant.file
    good, times = file.read_bytes(), file.stat()
    compiled = Path(cache_from_source(str(file)))
    file.write_text(mutant.text(tree), "utf-8")
    compiled.unlink(missing_ok=True)
    try:
        yield
    finally:
        file.write_bytes(good)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        compiled.unlink(missing_ok=True)
