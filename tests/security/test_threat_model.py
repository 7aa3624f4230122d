"""docs/threat-model.md names a test for each threat: each is there, under that name, in that file."""

import ast
import re
from functools import cache

from tests.architecture.house import ROOT

TEXT = (ROOT / "docs/threat-model.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def rows() -> list[list[str]]:
    """Of all tables: threat, mitigation, test."""
    lines = (line for line in TEXT.splitlines() if line.startswith("| "))
    cells = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    return [row for row in cells if row[0] not in ("threat", "---")]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = NAMED.findall(TEXT)
    assert len(named) > 60
    assert [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).exists() or name not in functions_of(file)
    ] == []


def test_every_threat_has_a_mitigation_and_a_test() -> None:
    told = rows()
    assert len(told) > 40
    assert [row for row in told if len(row) != 3 or not all(row)] == []
    assert [row[0] for row in told if not NAMED.search(row[2])] == []


def test_every_test_of_an_attack_is_named() -> None:
    """Whoever reads what is guarded against finds all of it in one place."""
    files = sorted((ROOT / "tests/security").glob("test_*.py"))
    written = {
        (f"tests/security/{file.name}", name)
        for file in files
        for name in functions_of(f"tests/security/{file.name}")
    }
    unnamed = {
        f"{file}::{name}" for file, name in written - set(NAMED.findall(TEXT)) if name.startswith("test_")
    }
    assert sorted(name for name in unnamed if "test_threat_model.py" not in name) == []
