"""What the documentation says is so: its commands exist, its examples run, its links lead somewhere."""

import asyncio
import os
import re
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.call import Entry
from ledger.money import render_usd
from ledger.sqlite.reader import open_sqlite_reader
from payback.cli import COMMANDS, main
from payback.settings import Settings, read_settings
from projection.plan import Plan
from projection.plan_file import plan_of
from proxy.dialects import DIALECTS, Dialect, dialect_of
from proxy.dialects.session import SessionDialect
from proxy.dialects.sessions import SESSIONS, session_at
from tests.architecture.house import ROOT
from tests.payback.served import served
from tests.proxy.bodies import chat_answer
from tests.proxy.running import PRICE
from tests.proxy.upstream import Visit, scripted_upstream

README = ROOT / "README.md"
PLANS = ROOT / "docs" / "plan.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PROJECT_PATH = re.compile(r"`((?:tests|bench|docs|payback|proxy|ledger|web|projection)/[\w./-]*)`")
COMMANDS_TABLE = re.compile(r"<!-- commands -->\n(.*?)<!-- /commands -->", re.DOTALL)
ANYWHERE = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)


def blocks(document: Path, language: str) -> list[str]:
    return [block for found, block in BLOCK.findall(document.read_text("utf-8")) if found == language]


def text_of_readme() -> str:
    return README.read_text("utf-8")


def test_the_table_of_commands_is_that_of_the_command_line() -> None:
    """After a change of cli.COMMANDS: put these lines between the marks in README.md."""
    lines = [f"| `payback {name}` | {summary} |\n" for name, summary in COMMANDS.items()]
    written = COMMANDS_TABLE.search(text_of_readme())
    assert written is not None
    assert written[1] == "| command | what it does |\n|---|---|\n" + "".join(lines)


@ANYWHERE
def test_every_payback_command_that_is_shown_can_be_typed(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its options too: each is in the command's own help."""
    for line in (line for block in blocks(document, "sh") for line in block.splitlines()):
        found = re.match(r"(?:uvx --from \. )?payback (\w+)(.*?)(?:#.*)?$", line)
        if found is not None:
            assert main([found[1], "--help"]) == 0
            known = capsys.readouterr().out
            assert [option for option in re.findall(r"--[\w-]+", found[2]) if option not in known] == [], line


@ANYWHERE
def test_every_make_target_that_is_shown_exists(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    shown = set(re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text("utf-8"), re.MULTILINE))
    assert shown <= targets


@ANYWHERE
def test_every_toml_example_is_a_configuration_or_a_plan(document: Path) -> None:
    """Those of docs/plan.md are plans."""
    for block in blocks(document, "toml"):
        example = tomllib.loads(block, parse_float=Decimal)
        if document == PLANS:
            plan_of(example, document.name)
        else:
            read_settings(example, document.name)


def test_the_plans_that_are_shown_state_something() -> None:
    shown = [plan_of(tomllib.loads(block, parse_float=Decimal), "shown") for block in blocks(PLANS, "toml")]
    assert len(shown) >= 2
    assert Plan() not in shown


def test_every_setting_at_the_top_is_explained() -> None:
    text = text_of_readme()
    assert [
        name for name in Settings.model_fields if not re.search(rf"^- .*`\[*{name}\]*`", text, re.MULTILINE)
    ] == []


def test_every_wire_format_that_is_metered_is_named() -> None:
    """And what is named is metered: a dialect more, or less, changes the table."""
    table = text_of_readme().partition("| metered | where |")[2].partition("\n\n")[0]
    named = re.findall(r"`([^` ]*[/:][^` ]*)`", table)
    paths = [f"/v1beta/models/m{name}" if name.startswith(":") else name for name in named]
    spoken = {path: [found for found in spoken_at(path) if found is not None] for path in paths}
    assert [path for path, dialects in spoken.items() if not dialects] == []
    all_spoken = [dialect for dialects in spoken.values() for dialect in dialects]
    assert [dialect.path.pattern for dialect in [*DIALECTS, *SESSIONS] if dialect not in all_spoken] == []


def spoken_at(path: str) -> list[Dialect | SessionDialect | None]:
    return [dialect_of("POST", path)[0], dialect_of("GET", path)[0], session_at(path)]


@ANYWHERE
def test_every_python_example_compiles(document: Path) -> None:
    for block in blocks(document, "python"):
        compile(block, document.name, "exec")


async def test_the_example_with_openais_library_works_as_it_stands(tmp_path: Path) -> None:
    """With this test's port and upstream. Its answer costs 11 * 1 + 5 * 10 = 61 millionths."""
    (example,) = blocks(README, "python")

    async def say_hello(visit: Visit) -> None:
        assert b'"model":"gpt-4o-mini"' in visit.received.body.replace(b" ", b"")
        await visit.answer(chat_answer(content="Hello!"), ("Content-Type", "application/json"))

    async with scripted_upstream() as upstream:
        upstream.script = say_hello
        price = "".join(f'{key} = "{value}"\n' for key, value in PRICE.items())
        openai = f'[[upstream]]\nname = "openai"\nbase_url = "{upstream.base_url}"\nprovider = "lab"\n'
        (tmp_path / "payback.toml").write_text(f"{openai}[[price]]\n{price}")
        async with served(tmp_path) as payback:
            assert "127.0.0.1:8300" in example
            assert await run(example.replace(":8300", f":{payback.port}")) == "Hello!\n"
            payback.terminate()
            assert await payback.ended() == (0, "")
    (entry,) = last_calls(payback.ledger)
    assert (entry.call.who.workload, entry.call.request_model) == ("support-bot", "gpt-4o-mini")
    assert entry.list_cost is not None
    assert render_usd(entry.list_cost) == "0.000061"


def last_calls(ledger: Path) -> list[Entry]:
    reader = open_sqlite_reader(ledger)
    try:
        return reader.last_calls(10)
    finally:
        reader.close()


async def run(code: str) -> str:
    """What *code* prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code,
        env={**os.environ, "OPENAI_API_KEY": "sk-test"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


@ANYWHERE
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    inner = [link for link in LINK.findall(document.read_text("utf-8")) if "://" not in link]
    assert [link for link in inner if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(document: Path) -> set[str]:
    """As code hosts make them of headings."""
    headings = HEADING.findall(document.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_all_its_parts_and_to_all_other_documents() -> None:
    links = set(LINK.findall(text_of_readme()))
    parts = re.findall(r"^## (.+)$", text_of_readme(), re.MULTILINE)
    assert {f"#{part.lower().replace(' ', '-')}" for part in parts} <= links
    assert {f"docs/{document.name}" for document in DOCUMENTS[1:]} <= links


@ANYWHERE
def test_every_file_of_the_project_that_is_named_is_there(document: Path) -> None:
    """A test that the threat model relies on must not go away unseen."""
    named = PROJECT_PATH.findall(document.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_design_note_has_its_parts() -> None:
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    notes = text.split("\n## ")[1:]
    parts = (
        "*Question.*",
        "*Decision.*",
        "*Roads not taken.*",
        "*What would change our mind.*",
        "*Date.* 20",
    )
    assert notes
    assert [note.splitlines()[0] for note in notes if not all(part in note for part in parts)] == []
