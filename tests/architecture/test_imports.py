"""The contracts of pyproject.toml hold; and each would notice a line that breaks it."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.house import PACKAGES, ROOT, imported_by, modules

LINT_IMPORTS = (
    "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
)

PLANTED = {
    "ledger/money.py": ("import proxy.sse", "dependencies point down"),
    "projection/__init__.py": ("import web.filters", "dependencies point down"),
    "web/filters.py": ("import proxy.sse", "dependencies point down"),
    "proxy/sse.py": ("import asyncio", "pure modules do no I/O"),
    "web/spend/page.py": ("import sqlite3", "SQLite is spoken in one package"),
    "ledger/usage.py": ("import ledger.call", "no module waits for a sibling"),
}
"""A line that must not be in the file, and the contract that says so. ledger.call imports ledger.usage."""


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", LINT_IMPORTS, "--no-cache", "--no-logo"]
    return subprocess.run(
        command,
        cwd=root,
        env={"PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_imports_point_down() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("file", PLANTED)
def test_an_import_that_points_up_is_caught(file: str, tmp_path: Path) -> None:
    line, contract = PLANTED[file]
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a") as planted:
        planted.write(f"\n{line}\n")
    found = lint_imports(tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert re.search(rf"^{re.escape(contract)}.* BROKEN$", found.stdout, re.MULTILINE), found.stdout


def test_everything_that_is_imported_is_declared() -> None:
    """aiohttp brings yarl along today; a program that imports yarl says so itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    installed = {
        _name_of(line) for line in project["dependencies"] + project["optional-dependencies"]["fast"]
    }
    tested = installed | {_name_of(line) for line in project["optional-dependencies"]["test"]}
    tested |= {_name_of(line) for line in project["optional-dependencies"]["check"]}
    assert _undeclared(PACKAGES, installed) == []
    assert _undeclared(("tests", "bench"), tested) == []


def _undeclared(packages: tuple[str, ...], declared: set[str]) -> list[str]:
    own = {*PACKAGES, "tests", "bench", *sys.stdlib_module_names}
    distributions = packages_distributions()
    missing = []
    for module, file in modules(*packages):
        for top in {name.partition(".")[0] for name in imported_by(file)} - own:
            if not {_name_of(name) for name in distributions.get(top, [top])} & declared:
                missing.append(f"{module} imports {top}")
    return missing


def _name_of(requirement: str) -> str:
    """The distribution of a line such as "uvloop>=0.21; ...", as package tools compare names."""
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()
