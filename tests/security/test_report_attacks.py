"""What comes in a question, or stands in a name, is data: never SQL, never markup, never a formula."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest

from ledger.call import Attribution
from tests.architecture.house import ROOT
from tests.web.sample import entry_at, hostile_entries, write_ledger
from tests.web.server import Answer, asked, serving, settings_for
from web.api.openapi import ADDRESSES
from web.assets import read_sheets
from web.security import HEADERS

SQL = (
    "' OR 1=1 --", '" OR ""="', "x'; DROP TABLE call; --", "1 UNION SELECT * FROM setting", "\\'; VACUUM",
    "%", "_", "a%", "__proto__", "(SELECT 1)", "0x27", "x\x00y", "*", "[a-z]",
)  # fmt: skip
WORDY = ("model", "workload", "project", "user", "key", "client", "upstream", "session", "tag")
SHEETS = re.compile(r"; style-src(?: 'sha256-[\w+/]{43}=')+$")
"""What only a page adds to the policy."""
PAGES = ("/-/report", "/-/report/calls", "/-/report/prices", "/-/report/months", "/-/report/health")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two calls of this month, and those with hostile names."""
    plain = [
        entry_at(1_795_000_000_000_000 + number, number, who=Attribution(workload="ab"), request_model="ab")
        for number in range(2)
    ]
    return write_ledger(tmp_path_factory.mktemp("attacks") / "l.db", [*plain, *hostile_entries()])


@pytest.mark.parametrize("place", ["/-/report/calls", "/-/api/calls"])
async def test_sql_in_a_question_is_a_name_that_no_call_has(ledger: Path, place: str) -> None:
    """LiteLLM's CVE-2026-42208: a key became part of a query. %, _ and * match nothing but themselves either:
    new-api's CVE-2026-25591."""
    before = ledger.read_bytes()
    async with serving(settings_for(ledger)) as address:
        for name in WORDY:
            for text in SQL:
                answer = await asked(f"{address}{place}?{name}={quote(text)}")
                assert answer.status in (200, 400), (name, text, answer.text)
                assert '"workload":"ab"' not in answer.text.replace(" ", ""), (name, text)
    assert ledger.read_bytes() == before


async def test_sql_in_the_place_of_a_number_a_day_or_a_choice_is_refused(ledger: Path) -> None:
    chosen = {"report": ("by", "month", "from"), "series": ("by", "unit", "most"), "health": ("hours",),
              "calls": ("limit", "before", "outcome", "status", "least_cost", "operation\x00")}  # fmt: skip
    async with serving(settings_for(ledger)) as address:
        for path, names in chosen.items():
            for name in names:
                answer = await asked(f"{address}/-/api/{path}?{quote(name)}={quote(SQL[2])}")
                assert answer.status == 400, (path, name, answer.text)


def test_no_query_has_a_like_that_what_clients_write_could_widen() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in (*(ROOT / "ledger").rglob("*.sql"), *(ROOT / "ledger").rglob("*.py"))
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"\b(?:LIKE|GLOB|REGEXP)\b\s+[:?]", line.partition("--")[0])
    ]
    assert found == []


async def test_every_page_error_and_file_forbids_what_is_not_its_own(ledger: Path) -> None:
    told = [*PAGES, "/-/nothing", "/-/login", "/-/healthz", *(f"/-/api/{found.path}" for found in ADDRESSES)]
    async with serving(settings_for(ledger)) as address:
        for path in told:
            answer = await asked(address + path, {"Accept": "text/html"})
            assert {name: _without_sheets(answer, name) for name in HEADERS} == dict(HEADERS), path
        foreign = await asked(f"{address}/-/report", {"Host": "evil.example"})
    assert {name: foreign.headers.get(name) for name in HEADERS} == dict(HEADERS)


def _without_sheets(answer: Answer, name: str) -> str | None:
    told = answer.headers.get(name)
    is_page = answer.headers["Content-Type"].startswith("text/html")
    return told and (SHEETS.sub("", told, count=1) if is_page else told)


async def test_a_page_takes_the_styles_that_stand_in_it_by_what_is_in_them_and_scripts_have_no_such_way(
    ledger: Path,
) -> None:
    """Were a style taken by its place, what got into a page could hide a number, or show another."""
    ours = {sheet.source for sheet in read_sheets().values()}
    async with serving(settings_for(ledger), password="p" * 20) as address:
        login = await asked(f"{address}/-/login")
    async with serving(settings_for(ledger)) as address:
        pages = [login, *[await asked(address + path) for path in (*PAGES, "/-/nothing")]]
    for page in pages:
        (told,) = SHEETS.findall(page.headers["Content-Security-Policy"])
        assert set(told.split()[2:]) == ours
        styles = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
        assert styles
        assert {f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in styles} <= ours


def test_the_policy_allows_nothing_from_elsewhere_and_no_inline_code() -> None:
    rules = dict(rule.split(" ", 1) for rule in HEADERS["Content-Security-Policy"].split("; "))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("frame-ancestors") == "'none'"
    assert rules.pop("base-uri") == "'none'"
    assert set(rules.values()) == {"'self'"}


def test_no_page_and_no_style_has_anything_inline_or_from_elsewhere() -> None:
    """A policy would stop it; here nothing asks to be stopped."""
    inline = re.compile(
        r"""<script(?![^>]*\bsrc=)|<style>(?!\{\{ sheet\[)|\son\w+\s*=\s*["']|\sstyle\s*=|javascript:"""
        r"""|(?:src|href)=["']?https?:"""
    )
    sources = [*(ROOT / "web/templates").glob("*.html"), *(ROOT / "web/static").glob("*.css")]
    found = [
        f"{file.name}: {match[0]}"
        for file in sources
        for match in inline.finditer(re.sub(r"\{#.*?#\}", "", file.read_text("utf-8"), flags=re.DOTALL))
    ]
    assert found == []
    assert not any("http" in file.read_text("utf-8") for file in sources if file.suffix == ".css")


async def test_no_file_of_the_machine_is_served_by_any_spelling_of_its_path(ledger: Path) -> None:
    """aiohttp's CVE-2024-23334 was one in its static routes; here no path ever reaches the disk."""
    tried = (
        "../../pyproject.toml", "..%2f..%2fpyproject.toml", "%2e%2e/%2e%2e/security.py",
        "....//security.py", "/etc/passwd", "..\\..\\security.py", "report.css", ".", "", "%00report.css",
    )  # fmt: skip
    async with serving(settings_for(ledger)) as address:
        for path in tried:
            for place in ("/-/static/", "/-/report/months/"):
                answer = await asked(f"{address}{place}{path}")
                assert answer.status in (303, 400, 404), path
                assert "root:" not in answer.text
                assert "import " not in answer.text
