"""What payback is made of, and what must hold before it answers anybody."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from aiohttp import web

from tests.architecture.house import PACKAGES, ROOT, modules
from tests.web.sample import write_ledger
from tests.web.server import settings_for
from web.app import add_report

FLOOR = (3, 14, 3)
"""Of aiohttp: older ones have known faults in reading requests and following redirects.
Source: https://github.com/aio-libs/aiohttp/security/advisories, read 2026-11-22."""


def numbers_of(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def test_no_aiohttp_with_known_faults_can_be_installed_beside_payback() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (asked,) = (line for line in project["dependencies"] if line.startswith("aiohttp"))
    (tested,) = (
        line
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if line.startswith("aiohttp==")
    )
    assert asked.startswith("aiohttp>=")
    for told in (asked, tested, version("aiohttp")):
        assert numbers_of(told) >= FLOOR, told


def test_no_page_is_served_from_a_folder(tmp_path: Path) -> None:
    app = web.Application()
    add_report(app, settings_for(write_ledger(tmp_path / "l.db", [])))
    assert [one for one in app.router.resources() if isinstance(one, web.StaticResource)] == []


RUNS_WHAT_IT_IS_GIVEN = re.compile(
    r"(?<![\w.])(?:eval|exec|compile|__import__)\(|\bpickle\b|\bmarshal\b|\bshelve\b|yaml\.load|os\.system|shell=True"
    r"|import_module\("
)
REASONS = {
    "payback.cli": "imports the module of a command, by a name of its own table",
    "payback.desk": "talks with a process that it started itself, over a pipe that nobody else has",
    "payback.desk_messages": "what it says there",
    "payback.pages_process": "likewise",
    "proxy.decoding": "imports a decoder by a name of its own table",
}
"""Where it is done all the same, and why no request has a part in it."""


def test_nothing_evaluates_unpickles_or_runs_what_it_is_given() -> None:
    """LiteLLM's CVE-2026-42271: an endpoint for tests ran commands."""
    found = {
        name: [match[0] for match in RUNS_WHAT_IT_IS_GIVEN.finditer(_code_of(file))]
        for name, file in modules(*PACKAGES)
    }
    assert {name for name, what in found.items() if what} == set(REASONS)


def _code_of(file: Path) -> str:
    """Without comments and what stands in quotes."""
    text = re.sub(r'""".*?"""', "", file.read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"#.*|\"[^\"\n]*\"|re\.compile\(", "", text)


UNVERIFIED = re.compile(
    r"ssl\s*=\s*False|verify_ssl|CERT_NONE|check_hostname\s*=\s*False|_create_unverified|verify=False"
)


def test_nothing_can_switch_off_the_check_of_certificates() -> None:
    found = [name for name, file in modules(*PACKAGES) if UNVERIFIED.search(file.read_text("utf-8"))]
    assert found == []
    assert UNVERIFIED.search("TCPConnector(ssl=False)"), "it would be found"


def test_no_code_runs_at_installation_or_at_the_start_of_python() -> None:
    """LiteLLM 1.82.8 brought a .pth file, which Python runs at every start."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["build-system"]["build-backend"] == "hatchling.build"
    assert "hooks" not in str(project["tool"]["hatch"])
    assert [file for package in PACKAGES for file in (ROOT / package).rglob("*.pth")] == []
    assert not (ROOT / "setup.py").exists()


@pytest.mark.parametrize("name", ["payback", "proxy", "web"])
def test_no_word_of_the_packages_is_a_default_password_or_key(name: str) -> None:
    texts = [file.read_text("utf-8") for _, file in modules(name)]
    assert not re.search(r"sk-1234|\b(?:admin|root|changeme|123456)\b[\"']", "\n".join(texts))
