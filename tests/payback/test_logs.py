"""The log as JSON: each line an object that a program can read, and no secret in any of it."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from payback.logs import JsonFormatter, level_of
from payback.sections import Log
from proxy.call_name import CallName
from tests.payback.served import served
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, post
from tests.proxy.running import Payback, eventually, process, toml_of
from tests.proxy.test_privacy import CANARY, every_kind_of_call, requests_that_are_not_http, tells_all
from tests.proxy.upstream import Upstream, scripted_upstream

AS_JSON = '[log]\nformat = "json"\nlevel = "debug"\n'


def lines(file: Path) -> list[dict[str, Any]]:
    """Each must be an object of its own."""
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


def told(message: str, *args: object, fault: BaseException | None = None) -> dict[str, Any]:
    exc_info = (type(fault), fault, None) if fault else None
    record = logging.LogRecord("proxy.record", logging.WARNING, __file__, 1, message, args, exc_info)
    found: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return found


def test_a_line_says_when_how_bad_and_what() -> None:
    found = told("the disk %s is full", "/var")
    assert datetime.fromisoformat(found.pop("time")).utcoffset() is not None
    assert found == {"level": "warning", "event": "the disk /var is full", "logger": "proxy.record"}


def test_a_call_is_named_by_its_id_and_by_nothing_that_looks_like_one() -> None:
    call_id = "019a8c1e-7b2f-7000-8000-000000000001"
    assert told("call %s failed", CallName(call_id))["call_id"] == call_id
    assert "call_id" not in told("streams of %s are not asked", call_id), "a client may have named a model so"


def test_a_fault_and_a_line_break_stay_within_the_line() -> None:
    found = told("it %s", "broke\n{}", fault=ValueError("one\ntwo"))
    assert found["event"] == "it broke\n{}"
    assert found["fault"] == "ValueError: one\ntwo"


@pytest.mark.parametrize(
    ("level", "verbose", "expected"),
    [
        ("warning", False, logging.WARNING), ("warning", True, logging.INFO), ("error", False, logging.ERROR),
        ("debug", True, logging.DEBUG), ("info", False, logging.INFO),
    ],
)  # fmt: skip
def test_the_level_is_the_configurations_and_verbose_asks_for_no_less(
    level: str, verbose: bool, expected: int
) -> None:
    assert level_of(Log.model_validate({"level": level}), verbose=verbose) == expected


async def test_every_line_of_both_outputs_is_an_object(upstream: Upstream, tmp_path: Path) -> None:
    async with process(tmp_path, toml_of(upstream) + AS_JSON, stderr=tmp_path / "said") as started:
        with started.payback.locked():
            await call(started.payback.port, post(CHAT, CHAT_REQUEST))
        started.process.terminate()
        assert started.process.stdout is not None
        rest = await started.process.stdout.read()
    assert rest == b""
    said = lines(tmp_path / "said")
    assert {"time", "level", "event", "logger"} <= said[0].keys()
    assert any(line["event"].startswith("the ledger cannot be written") for line in said)
    assert any(line["event"].startswith("stopping") for line in said)


async def test_the_start_is_told_as_json_too(tmp_path: Path) -> None:
    (tmp_path / "payback.toml").write_text(AS_JSON)
    async with served(tmp_path) as started:
        found = json.loads(started.announced)
    del found["time"]
    origin = f"http://127.0.0.1:{started.port}"
    assert found == {
        "level": "info",
        "event": "payback passes calls on and keeps the books",
        "ledger": str(tmp_path / "payback.db"),
        "address": f"{origin}/v1",
        "report": f"{origin}/-/report",
        "notices": [],
        "left_open": 0,
    }


async def test_a_call_that_fails_within_is_logged_with_its_id(upstream: Upstream, tmp_path: Path) -> None:
    """Neither ledger nor spool can be written, and calls pass all the same."""
    pass_on = '[ledger]\nwhen_unrecordable = "pass"\nspool = "nowhere/records.spool"\n'
    toml = toml_of(upstream) + AS_JSON + pass_on.replace("nowhere", str(tmp_path / "nowhere"))
    (tmp_path / "nowhere").mkdir()
    async with process(tmp_path, toml, stderr=tmp_path / "said") as started:
        (tmp_path / "nowhere").rmdir()
        with started.payback.locked():
            answer = await call(started.payback.port, post(CHAT, CHAT_REQUEST))
        assert answer.status == 200
        call_id = (answer.head.value("X-Payback-Call-Id") or b"").decode()
        await eventually(lambda: any(line.get("call_id") == call_id for line in lines(tmp_path / "said")))


async def shown(payback: Payback, path: str) -> bytes:
    return (await call(payback.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())).body


@pytest.mark.parametrize("form", ["json", "text"])
async def test_nothing_of_what_calls_say_is_logged_at_the_finest_level_either(
    upstream: Upstream, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncio's debug mode logs what its callbacks are called with, where one is slow."""
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    monkeypatch.setenv("LAB_KEY", f"{CANARY}-configured")
    upstream.script = tells_all
    own_key = toml_of(upstream).replace(
        'provider = "lab"', 'provider = "lab"\napi_key = { env = "LAB_KEY" }', 1
    )
    toml = own_key + f'[log]\nlevel = "debug"\nformat = "{form}"\n'
    async with process(tmp_path, toml, stderr=tmp_path / "said") as started:
        await every_kind_of_call(started.payback)
        await requests_that_are_not_http(started.payback)
        metrics = await shown(started.payback, "/-/metrics")
        await shown(started.payback, f"/-/report/calls?model={CANARY}")
        page = await shown(started.payback, "/-/report/calls")
    said = (tmp_path / "said").read_text()
    assert '"debug"' in said or "DEBUG" in said, "it should be the finest level"
    assert CANARY not in said
    assert CANARY.encode() not in metrics + page
