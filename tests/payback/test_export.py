import csv
import hashlib
import json
from pathlib import Path

import pytest

from ledger.call import Entry, State
from ledger.lock import LedgerLock
from ledger.sqlite.store import open_store
from payback.cli import main
from tests.payback.books import call_at, entry_at, finished, keep, payback


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    2026-09-30 23:59:59.999999  0.0045
    2026-10-01                  0.0045
    2026-10-31 23:59:59.999999  no price
    2026-11-01                  0.0045
    """
    monkeypatch.chdir(tmp_path)
    return keep(
        tmp_path / "l.db",
        entry_at("2026-09-30T23:59:59.999999"),
        entry_at("2026-10-01T00:00:00"),
        entry_at("2026-10-31T23:59:59.999999", request_model="other-model"),
        entry_at("2026-11-01T00:00:00"),
    )


def export(ledger: Path, *argv: str) -> int:
    return main(["export", "--ledger", str(ledger), *argv])


def test_a_month_becomes_a_file_and_a_manifest_that_fits_it(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(ledger, "--month", "2026-10", "--format", "csv") == 0
    assert capsys.readouterr().out == (
        "payback-2026-10.csv: 2 rows, list cost 0.0045 USD, 1 call unpriced;"
        " sha256 and sums in payback-2026-10.csv.manifest.json\n"
    )
    content = Path("payback-2026-10.csv").read_bytes()
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert [row["started_at"] for row in rows] == [
        "2026-10-01T00:00:00.000000Z",
        "2026-10-31T23:59:59.999999Z",
    ]
    assert [row["list_cost_usd"] for row in rows] == ["0.0045", ""]
    manifest = json.loads(Path("payback-2026-10.csv.manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["bytes"] == len(content)
    assert (manifest["format"], manifest["from"], manifest["to"]) == ("csv", "2026-10-01", "2026-10-31")
    assert (manifest["rows"], manifest["columns"]) == (2, list(rows[0]))
    assert manifest["sums"]["list_cost_usd"] == "0.0045"
    assert (manifest["sums"]["input_tokens"], manifest["sums"]["output_tokens"]) == (2000, 200)
    assert (manifest["sums"]["unpriced_calls"], manifest["sums"]["interrupted_calls"]) == (1, 0)


def test_the_sums_of_the_manifest_are_those_of_the_report(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(ledger, "--month", "2026-10", "--format", "jsonl") == 0
    manifest = json.loads(Path("payback-2026-10.jsonl.manifest.json").read_text())
    capsys.readouterr()
    assert main(["report", "--ledger", str(ledger), "--month", "2026-10", "--json"]) == 0
    assert manifest["sums"] == json.loads(capsys.readouterr().out)["total"]


def test_days_are_exported_under_their_names(ledger: Path) -> None:
    assert export(ledger, "--from", "2026-10-31", "--to", "2026-11-01", "--format", "jsonl") == 0
    lines = Path("payback-2026-10-31_2026-11-01.jsonl").read_text().splitlines()
    assert [json.loads(line)["list_cost_usd"] for line in lines] == [None, "0.0045"]


def test_to_stdout_go_the_rows_alone_and_the_manifest_is_one_line_on_stderr(ledger: Path) -> None:
    argv = ["export", "--month", "2026-10", "--format", "jsonl", "--out", "-", "--ledger", str(ledger)]
    status, out, err = finished(payback(*argv))
    assert status == 0
    assert len([json.loads(line) for line in out.splitlines()]) == 2
    assert err.count("\n") == 1
    assert json.loads(err)["sha256"] == hashlib.sha256(out.encode()).hexdigest()
    assert json.loads(err)["file"] is None


def test_a_month_without_calls_is_a_header_and_a_manifest_of_zeros(ledger: Path) -> None:
    assert export(ledger, "--month", "2026-08", "--out", "august.csv") == 0
    assert Path("august.csv").read_bytes().count(b"\r\n") == 1
    assert json.loads(Path("august.csv.manifest.json").read_text())["rows"] == 0


@pytest.mark.parametrize("taken", ["kept.csv", "kept.csv.manifest.json"])
def test_a_file_that_is_there_is_replaced_only_with_force(
    taken: str, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(taken).write_text("mine")
    assert export(ledger, "--month", "2026-10", "--out", "kept.csv") == 2
    assert capsys.readouterr().err == f"payback: {taken} is there already; --force replaces it\n"
    assert Path(taken).read_text() == "mine"
    assert export(ledger, "--month", "2026-10", "--out", "kept.csv", "--force") == 0
    assert Path(taken).read_text() != "mine"


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        (".", ". is a folder; give --out the path of a file"),
        ("/", "/ is a folder; give --out the path of a file"),
        ("/dev/null", "/dev/null is there already; it is not a file; give --out another path"),
    ],
)
def test_what_is_no_file_is_never_replaced_not_even_with_force(
    out: str, sentence: str, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(ledger, "--month", "2026-10", "--out", out, "--force") == 2
    assert capsys.readouterr().err == f"payback: {sentence}\n"
    assert Path("/dev/null").is_char_device()


def test_a_folder_that_is_not_there_is_a_sentence(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(ledger, "--month", "2026-10", "--out", "no/folder/x.csv") == 2
    told = capsys.readouterr().err
    assert told.startswith("payback: no/folder/")
    assert told.endswith("No such file or directory\n")


def test_an_export_wants_to_know_which_days(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(ledger) == 2
    assert "say which month to export" in capsys.readouterr().err


def test_a_call_that_is_still_running_is_a_row_without_an_outcome_and_without_a_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = tmp_path / "l.db"
    lock, store = LedgerLock(ledger), open_store(ledger)
    try:
        store.write([Entry(call=call_at("2026-10-05T12:00:00", outcome=None, usage=None), state=State.OPEN)])
        assert export(ledger, "--month", "2026-10", "--format", "jsonl") == 0
    finally:
        store.close()
        lock.release()
    row = json.loads(Path("payback-2026-10.jsonl").read_text())
    assert (row["outcome"], row["list_cost_usd"], row["unpriced_reason"]) == (None, None, None)
    manifest = json.loads(Path("payback-2026-10.jsonl.manifest.json").read_text())
    assert (manifest["rows"], manifest["sums"]["calls"]) == (1, 0)


@pytest.mark.parametrize("name", ["l.db", "l.db-wal", "l.db.spool", "link.db"])
def test_force_does_not_replace_the_ledger_itself(
    ledger: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("link.db").symlink_to(ledger)
    before = ledger.read_bytes()
    assert export(ledger, "--month", "2026-10", "--format", "csv", "--out", name, "--force") == 2
    assert f"{name} belongs to the ledger; give --out another path" in capsys.readouterr().err
    assert ledger.read_bytes() == before
