"""Commands that read a ledger whose payback was killed: all that was confirmed is in their answer."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.journal import has_records, journal_path
from ledger.lock import LedgerLock
from ledger.parcels import Packer
from ledger.sqlite.store import open_store
from payback.cli import main
from payback.commands.reading import open_ledger
from tests.ledger.kept import journal_of
from tests.payback.books import entry_at

LATE = [entry_at(f"2026-10-05T12:00:0{second}", second) for second in range(3)]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """One call is in it, and two more are in the journal of a payback that was killed."""
    path = tmp_path / "payback.db"
    with closing(open_store(path)) as store:
        store.write(LATE[:1])
        journal_of(store).append(Packer().parcel_of(LATE[1:]))
    return path


def calls_in(text: str) -> Any:
    return json.loads(text)["total"]["calls"]


Counting = Callable[[str], int]
COMMANDS: Sequence[tuple[list[str], Counting]] = [
    (["report", "--json", "--month", "2026-10"], calls_in),
    (
        ["export", "--format", "jsonl", "--month", "2026-10", "--out", "-"],
        lambda text: len(text.splitlines()),
    ),
]


@pytest.mark.parametrize(("command", "counted"), COMMANDS, ids=["report", "export"])
def test_what_a_killed_payback_left_is_in_the_answer(
    command: list[str], counted: Counting, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--ledger", str(ledger)]) == 0
    assert counted(capsys.readouterr().out) == 3
    assert not journal_path(ledger).exists()


def test_a_copy_has_it_too(ledger: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert main(["backup", str(copy), "--ledger", str(ledger)]) == 0
    with closing(open_ledger(copy)) as reader:
        assert len(reader.last_calls(10)) == 3


def test_a_copy_of_a_ledger_that_was_moved_away_is_refused_and_makes_none(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.unlink()
    assert main(["backup", str(tmp_path / "copy.db"), "--ledger", str(ledger)]) == 2
    assert "there is no ledger at" in capsys.readouterr().err
    assert (ledger.exists(), has_records(journal_path(ledger))) == (False, True)


def test_where_it_cannot_be_taken_over_the_answer_says_that_it_is_short(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(ledger, isolation_level=None)) as prompt:
        prompt.execute("BEGIN IMMEDIATE")
        assert main(["report", "--json", "--month", "2026-10", "--ledger", str(ledger)]) == 0
    found = capsys.readouterr()
    assert calls_in(found.out) == 1
    assert found.err.startswith("payback: some of the last calls may be missing: ")
    assert found.err.endswith("; start payback serve, which adds them\n")
    assert has_records(journal_path(ledger))


def test_beside_a_living_payback_nothing_is_taken_from_it(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.after_kill.PATIENCE_S", 0.05)
    lock = LedgerLock(ledger)
    assert main(["report", "--json", "--month", "2026-10", "--ledger", str(ledger)]) == 0
    assert (calls_in(capsys.readouterr().out), has_records(journal_path(ledger))) == (1, True)
    lock.release()
