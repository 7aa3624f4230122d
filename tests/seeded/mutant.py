"""One planted bug."""

import ast
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.house import ROOT


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    breaks: str
    """What is no longer so, in a sentence."""
    file: str
    """Of the project."""
    old: str
    """Stands there exactly once."""
    new: str
    tests: tuple[str, ...]
    """As pytest names them, file::function; each of them must fail."""

    def text(self, root: Path = ROOT) -> str:
        """The file with the bug in it. Raises ValueError where it cannot be planted as it was meant."""
        text = (root / self.file).read_text("utf-8")
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.name}: {self.file} has {found} times, not once: {self.old}")
        planted = text.replace(self.old, self.new)
        if self.file.endswith(".py"):
            ast.parse(planted)
        return planted

    def missing_tests(self) -> list[str]:
        """Those that are not there; nobody would see the bug any more."""
        return [test for test in self.tests if not _is_there(*test.split("::"))]


def _is_there(file: str, function: str) -> bool:
    path = ROOT / file
    if not path.is_file():
        return False
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function for node in nodes
    )
