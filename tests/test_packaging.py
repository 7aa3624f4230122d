"""What is built is what was written: every file of the five packages, one version, a command that starts.

Built and run without the network; hatchling and pip are part of the test environment."""

import json
import os
import subprocess
import sys
import tomllib
from decimal import Decimal
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest

from payback.version import VERSION
from tests.architecture.house import PACKAGES, ROOT, project_files

BUILD_SECONDS = 100


def run(*command: str, cwd: Path, **environment: str) -> str:
    ran = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip_wheel = ("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index")
    run(*pip_wheel, "--wheel-dir", str(folder), str(ROOT), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip would lay it out; first on PYTHONPATH it goes before the checkout."""
    folder = tmp_path_factory.mktemp("unpacked")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    written = {
        file.relative_to(ROOT).as_posix() for package in PACKAGES for file in project_files(ROOT / package)
    }
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.startswith(f"payback-{VERSION}.dist-info/")}
    assert packed == written
    suffixes = {Path(name).suffix for name in packed}
    assert {".py", ".sql", ".html", ".css"} <= suffixes


def test_the_wheel_says_what_it_is(unpacked: Path) -> None:
    about = unpacked / f"payback-{VERSION}.dist-info"
    metadata = message_from_string((about / "METADATA").read_text("utf-8"))
    assert (metadata["Name"], metadata["Version"], metadata["Requires-Python"]) == (
        "payback",
        VERSION,
        ">=3.11",
    )
    assert metadata["License-Expression"] == "MIT"
    assert (about / "licenses" / "LICENSE").read_text("utf-8").startswith("MIT License")
    assert "payback = payback.cli:main" in (about / "entry_points.txt").read_text("utf-8")


def test_the_built_program_starts_from_any_folder(unpacked: Path, tmp_path: Path) -> None:
    where = run("-c", "import payback; print(payback.__file__)", cwd=tmp_path, PYTHONPATH=str(unpacked))
    assert where.strip() == str(unpacked / "payback" / "__init__.py")
    said = run("-m", "payback", "--version", cwd=tmp_path, PYTHONPATH=str(unpacked))
    assert said == f"payback {VERSION}\n"


def test_the_built_program_reads_its_own_sql_and_prices(unpacked: Path, tmp_path: Path) -> None:
    """374 input tokens at 2.50 USD and 44 output tokens at 10.00 USD a million: 0.000935 + 0.00044."""
    (tmp_path / "one.csv").write_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-11-16 18:17:03.97,374,44\n"
    )
    ledger = ("--ledger", str(tmp_path / "new.db"))
    importing = ("import", "one.csv", "--format", "azure-trace", "--model", "gpt-4o-2024-08-06", *ledger)
    reporting = ("report", "--month", "2024-11", "--json", *ledger)
    run("-m", "payback", *importing, cwd=tmp_path, PYTHONPATH=str(unpacked))
    total = json.loads(run("-m", "payback", *reporting, cwd=tmp_path, PYTHONPATH=str(unpacked)))["total"]
    assert (total["calls"], total["input_tokens"], total["output_tokens"]) == (1, 374, 44)
    assert Decimal(total["list_cost_usd"]) == Decimal("0.001375")


def test_version_is_the_same_wherever_it_is_written() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION
    assert f"\n## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
