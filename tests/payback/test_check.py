"""payback check, as people run it: over a good ledger, over bad ones, beside a server."""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.lock import LedgerLock
from payback.cli import main
from payback.clock import utc_now
from payback.commands import check
from payback.settings import Settings, read_settings
from tests.payback.books import entry_at, keep

ACME = """
[[price]]
provider = "acme"
model = "small-model"
input_usd_per_mtok = "3.00"
output_usd_per_mtok = "15.00"
"""


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody who takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
        yield number


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """A configuration whose upstreams are all on this machine."""
    monkeypatch.chdir(tmp_path)
    names = ("openai", "anthropic", "google", "ollama")
    upstreams = "".join(
        f'[[upstream]]\nname = "{name}"\nbase_url = "http://127.0.0.1:{port}"\n' for name in names
    )
    Path("payback.toml").write_text(f'[ledger]\nurl = "books/payback.db"\n{upstreams}{ACME}')


@pytest.fixture
def ledger(here: None, tmp_path: Path) -> Path:
    yesterday = (utc_now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    return keep(tmp_path / "books" / "payback.db", entry_at(yesterday), entry_at(yesterday, 1))


def checked(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Exit status, and of each check its level and its sentence."""
    status = main(["check", "--json", *argv])
    told = json.loads(capsys.readouterr().out)
    findings = {one["about"]: (one["level"], one["sentence"]) for one in told["findings"]}
    worst = {0: {"ok", "warn"}, 1: {"fail"}, 2: {"fail"}}[status]
    assert told["result"] in worst
    assert all(sentence and "\n" not in sentence for _, sentence in findings.values())
    return status, findings


def test_every_check_of_a_good_ledger_is_a_line_with_a_sentence(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line[:4] for line in lines} <= {"ok  ", "warn"}
    about = [line.split()[1] for line in lines]
    assert about == [
        "configuration", "aiohttp", "ledger", "sums", "clock", "models", "writer", "journal", "spool",
        "sqlite", "permissions", "keys", "disk", "upstream", "upstream", "upstream", "upstream", "prices",
        "tokenizers",
    ]  # fmt: skip
    assert "ok    sums           the sums of the report are those of the calls" in lines


def test_a_ledger_that_is_not_there_yet_is_no_failure_unless_it_was_named(
    here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    status, findings = checked(capsys)
    assert (status, findings["ledger"][0]) == (0, "warn")
    assert findings["ledger"][1] == "there is no ledger at books/payback.db yet; payback serve makes one"
    status, findings = checked(capsys, "--ledger", "typo.db")
    assert (status, findings["ledger"]) == (1, ("fail", "there is no ledger at typo.db"))
    assert not Path("books").exists()


def test_a_broken_configuration_is_told_and_ends_the_check(
    here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("payback.toml").write_text("[server]\nprot = 8300")
    status, findings = checked(capsys)
    assert status == 2
    assert findings == {
        "configuration": ("fail", "payback.toml: [server] prot is no known key; did you mean port?")
    }
    assert main(["check"]) == 2
    assert capsys.readouterr().out.startswith("FAIL  configuration  payback.toml: ")


@pytest.mark.parametrize(
    ("toml", "place"),
    [("[server]\nport = ", "[server] port"), ('[[budget]]\nname = "a"\nusd = ', "[[budget]] 1 usd")],
)
def test_a_number_of_thousands_of_digits_is_one_sentence_too(
    here: None, capsys: pytest.CaptureFixture[str], toml: str, place: str
) -> None:
    """Hexadecimal ones are read; Python refuses to print them."""
    Path("payback.toml").write_text(f"{toml}0x{'f' * 5000}")
    status, findings = checked(capsys)
    assert status == 2
    assert findings["configuration"][1].startswith(f"payback.toml: {place} is 5002 characters long; write ")


def test_a_configuration_that_serve_would_refuse_fails() -> None:
    """Without a password others could read the report."""
    settings = read_settings({"server": {"host": "0.0.0.0"}}, "test")
    finding = check.configuration_is_right(settings, None)
    assert finding.level == "FAIL"
    assert "set [report] password" in finding.sentence
    assert check.configuration_is_right(Settings(), None).level == "ok"


@pytest.mark.parametrize(
    "tables",
    [
        {"report": {"password": {"env": "PAYBACK_TEST_SECRET"}}},
        {"key": [{"name": "ci", "secret": {"env": "PAYBACK_TEST_SECRET"}}]},
    ],
)
def test_a_secret_that_is_not_there_fails_and_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, Any]
) -> None:
    monkeypatch.delenv("PAYBACK_TEST_SECRET", raising=False)
    finding = check.configuration_is_right(read_settings(tables, "test"), None)
    assert finding.level == "FAIL"
    assert "the environment variable PAYBACK_TEST_SECRET is empty or not there" in finding.sentence


def test_a_sum_that_is_not_that_of_its_calls_fails(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(ledger) as connection:
        connection.execute("UPDATE rollup_hour SET calls = 3 WHERE dimension = 'model'")
    connection.close()
    status, findings = checked(capsys)
    assert (status, findings["sums"][0]) == (1, "fail")
    assert "1 sum of the report differ" in findings["sums"][1]
    assert "calls of model small-model at " in findings["sums"][1]
    assert ": 3 instead of 2; " in findings["sums"][1]


def test_a_damaged_ledger_fails_and_its_calls_are_not_asked(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ledger.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (ledger.stat().st_size - 4096))
    status, findings = checked(capsys)
    assert (status, findings["ledger"][0]) == (1, "fail")
    assert "recover" in findings["ledger"][1]
    assert "sums" not in findings


@pytest.mark.parametrize("content", [b"not a database, but long enough to look like one" * 30, b""])
def test_a_file_that_is_no_ledger_fails_and_stays_as_it_is(
    here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "foreign.db"
    file.write_bytes(content)
    status, findings = checked(capsys, "--ledger", str(file))
    assert (status, findings["ledger"][0]) == (1, "fail")
    assert "not a ledger" in findings["ledger"][1]
    assert file.read_bytes() == content


def test_beside_a_writer_everything_is_checked_and_the_writer_named(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = LedgerLock(ledger)
    try:
        status, findings = checked(capsys)
    finally:
        lock.release()
    assert status == 0
    assert findings["writer"] == ("ok", f"a payback process writes this ledger (pid {os.getpid()})")
    assert findings["sums"][0] == "ok"


def test_a_call_without_a_price_is_a_warning_with_the_remedy(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hour_ago = (utc_now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    keep(ledger, entry_at(hour_ago, request_model="acme-tuned-7"))
    status, findings = checked(capsys)
    assert (status, findings["models"][0]) == (0, "warn")
    assert findings["models"][1] == (
        "1 call of the last 31 days went to 1 model without a price: no price list for provider acme;"
        " write a [[price]] or an [[alias]] into the configuration"
    )


def test_a_ledger_without_calls_is_in_order(
    here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path / "books" / "payback.db")
    status, findings = checked(capsys)
    assert status == 0
    assert findings["models"] == ("ok", "no call of the last 31 days is billed per token")
    assert findings["clock"][0] == "ok"
