"""What `make clients` and `make agents` install is pinned, and whoever installs it chooses from where."""

import json
import re
from pathlib import Path

import pytest

from tests.clients.agents import AGENTS
from tests.clients.programs import NODE, run_framework

CLIENTS = Path(__file__).parent
LISTING = """
from importlib.metadata import distributions
for one in distributions():
    print(f"{one.name}=={one.version}")
"""
EXACT = re.compile(r"[\w.-]+==[\w.]+")


def test_every_package_for_python_has_one_exact_version() -> None:
    pins = (CLIENTS / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in pins if not EXACT.fullmatch(line)] == []
    names = {line.partition("==")[0] for line in pins}
    assert set((CLIENTS / "requirements.txt").read_text("utf-8").splitlines()) <= names
    assert len(names) == len(pins)


async def test_what_is_installed_is_what_is_pinned() -> None:
    """After a change of constraints.txt: make clients."""
    installed = {_compared(line) for line in (await run_framework("litellm", LISTING)).splitlines()}
    pinned = {_compared(line) for line in (CLIENTS / "constraints.txt").read_text("utf-8").splitlines()}
    assert {name for name in installed - pinned if not name.startswith("pip==")} == set()


@pytest.mark.parametrize(
    ("file", "folder", "command"),
    [("package.json", NODE, "make clients"), ("agents.json", AGENTS, "make agents")],
)
def test_every_package_for_node_has_one_exact_version_and_no_address(
    file: str, folder: Path, command: str
) -> None:
    package = json.loads((CLIENTS / file).read_text("utf-8"))
    versions = package["dependencies"].values()
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    assert not (CLIENTS / "package-lock.json").exists()
    for name, version in package["dependencies"].items():
        installed = folder / "node_modules" / name / "package.json"
        if installed.exists():
            assert json.loads(installed.read_text("utf-8"))["version"] == version, command


def _compared(pin: str) -> str:
    """As package tools compare names."""
    name, _, version = pin.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"
