"""Keys, prompts, answers and passwords, each with a mark: looked for in everything kept, said or shown."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ledger.ids import render_call_id
from ledger.period import time_of
from tests.proxy.client import call, get
from tests.proxy.message import message
from tests.proxy.running import REPOSITORY, Payback, process, toml_of
from tests.proxy.test_privacy import CANARY, every_kind_of_call, requests_that_are_not_http, tells_all
from tests.proxy.upstream import scripted_upstream
from tests.web.test_security import basic
from web.addresses import LOGIN_PATH
from web.api.openapi import ADDRESSES

PASSWORD, CONFIGURED = f"{CANARY}-password", f"{CANARY}-configured"
WRONG = f"{CANARY}-nearly"
PAGES = (
    "/-/report", "/-/report/calls", "/-/report/prices", "/-/report/months", "/-/report/health", "/-/metrics",
    "/-/report/calls?outcome=failed", "/-/healthz", "/-/readyz", LOGIN_PATH, "/-/nothing",
    *(f"/-/api/{found.path}" for found in ADDRESSES if found.path not in ("calls/{call_id}", "project")),
)  # fmt: skip
COMMANDS = (
    ("export", "--month={month}", "--format=csv"), ("export", "--month={month}", "--format=jsonl"),
    ("report", "--json"), ("report",), ("check",), ("backup", "copy.db"),
)  # fmt: skip


def told_by(command: tuple[str, ...], folder: Path, month: str) -> bytes:
    """What a command of payback says of the ledger, whichever way it ends."""
    ledger, configuration = str(folder / "payback.db"), str(folder / "payback.toml")
    options = [option.format(month=month) for option in command]
    ran = subprocess.run(
        [sys.executable, "-m", "payback", *options, "--ledger", ledger, "--config", configuration],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        timeout=60,
    )
    assert ran.stdout, (command, ran.stderr)
    return ran.stdout + ran.stderr


@asynccontextmanager
async def told_everything(folder: Path) -> AsyncIterator[Payback]:
    """A payback at its most talkative, after calls of every kind with marks in all that is private."""
    async with scripted_upstream() as upstream:
        upstream.script = tells_all
        own_key = 'provider = "lab"\napi_key = { env = "LAB_KEY" }'
        more = '[log]\nlevel = "debug"\nformat = "json"\n[report]\npassword = { env = "REPORT_PASSWORD" }\n'
        toml = toml_of(upstream).replace('provider = "lab"', own_key, 1) + more
        async with process(folder, toml, stderr=folder / "said") as started:
            await every_kind_of_call(started.payback)
            await requests_that_are_not_http(started.payback)
            yield started.payback


async def pages_of(payback: Payback) -> dict[str, bytes]:
    """By its address, each page as who has the password sees it, with its head, and as others do."""
    credential = basic(PASSWORD)["Authorization"]
    paths = [*PAGES, *(f"/-/api/calls/{render_call_id(entry.call.call_id)}" for entry in payback.rows()[:2])]
    told = {}
    for path in paths:
        answers = [
            await call(payback.port, get(path, ("Authorization", credential))),
            await call(payback.port, get(path)),
        ]
        assert answers[0].status in (200, 303, 404), (path, answers[0].body)
        told[path] = b"".join(
            answer.head.start + repr(answer.head.headers).encode() + answer.body for answer in answers
        )
    form = f"password={WRONG}".encode()
    head = [("Host", "localhost"), ("Content-Length", str(len(form)))]
    told["a wrong password"] = (
        await call(payback.port, message(f"POST {LOGIN_PATH} HTTP/1.1", head, form))
    ).body
    return told


async def test_nothing_private_is_in_any_page_log_file_export_or_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    monkeypatch.setenv("LAB_KEY", CONFIGURED)
    monkeypatch.setenv("REPORT_PASSWORD", PASSWORD)
    async with told_everything(tmp_path) as payback:
        pages = await pages_of(payback)
        month = f"{time_of(payback.rows()[0].call.started_us):%Y-%m}"
        said = {
            " ".join(command): await asyncio.to_thread(told_by, command, tmp_path, month)
            for command in COMMANDS
        }
        files = {str(file): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    files[str(tmp_path / "said")] = (tmp_path / "said").read_bytes()
    assert b"a wrong password" in files[str(tmp_path / "said")], "the log should be at its finest"
    assert any(name.endswith(".db-wal") for name in files), "the ledger should be open"
    everything = {**pages, **said, **files}
    assert [name for name, text in everything.items() if CANARY.encode() in text] == []
