"""A copy of the ledger: of one moment, whole, private, and never over something else."""

import os
import resource
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ledger.call import Entry
from ledger.errors import BackupRefused, LedgerDamaged, LedgerError
from ledger.period import read_days
from ledger.sqlite import backup
from ledger.sqlite.backup import back_up
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.store import GroupBy
from tests.payback.books import entry_at, keep

DAY = "2026-11-22"


def entries(first: int, last: int) -> list[Entry]:
    """Of one day, in different hours and of different models: rows and rollups both change with each."""
    return [
        entry_at(f"{DAY}T{number % 24:02d}:00:00", number, request_model=f"model-{number % 7}")
        for number in range(first, last)
    ]


def calls_in(ledger: Path) -> int:
    with closing(open_sqlite_reader(ledger)) as reader:
        return reader.report(read_days(DAY, DAY), GroupBy.MODEL).total.calls


def test_a_copy_has_every_call_and_is_a_ledger_of_its_own(tmp_path: Path) -> None:
    ledger, copy = keep(tmp_path / "payback.db", *entries(0, 100)), tmp_path / "copy.db"
    copied = back_up(ledger, copy)
    assert (copied.disagreements, copied.size_bytes) == (0, copy.stat().st_size)
    ledger.unlink()
    assert calls_in(copy) == 100
    with closing(open_store(copy)) as store:
        store.write(entries(100, 110))
    assert calls_in(copy) == 110


def test_a_copy_is_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    ledger, folder = keep(tmp_path / "payback.db", *entries(0, 3)), tmp_path / "backups"
    folder.mkdir()
    old = os.umask(0)
    try:
        back_up(ledger, folder / "copy.db")
    finally:
        os.umask(old)
    assert [file.name for file in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600
    assert (folder / "copy.db").stat().st_nlink == 1, "a ledger with two names is refused at its start"
    with closing(sqlite3.connect(folder / "copy.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_copy_of_a_ledger_that_is_written_to_all_the_time_ends_and_shows_one_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In some hundred steps with commits between them: SQLite alone would begin again with each commit, and a
    copy of several moments would have sums that are not those of its calls."""
    ledger, copy = tmp_path / "payback.db", tmp_path / "copy.db"
    monkeypatch.setattr(backup, "STEP_PAGES", 2)
    store, stop, written = open_store(ledger), threading.Event(), 3000
    store.write(entries(0, written))

    def write_on() -> None:
        nonlocal written
        while not stop.is_set():
            store.write(entries(written, written + 5))
            written += 5

    writing = threading.Thread(target=write_on)
    writing.start()
    try:
        copied = back_up(ledger, copy)
    finally:
        stop.set()
        writing.join()
        store.close()
    assert copied.disagreements == 0
    assert 3000 <= calls_in(copy) < written, (
        "calls came while it was copied, and the later ones are not in it"
    )
    assert calls_in(copy) % 5 == 0, "a transaction is in it as a whole"
    assert calls_in(ledger) == written


def test_what_a_killed_server_left_in_its_log_is_copied(tmp_path: Path) -> None:
    """The -wal file of a process that is gone, beside a file that lacks what is in it."""
    ledger, left = tmp_path / "payback.db", tmp_path / "left" / "payback.db"
    left.parent.mkdir()
    store = open_store(ledger)
    store.write(entries(0, 50))
    for end in ("", "-wal"):
        left.with_name(f"payback.db{end}").write_bytes(ledger.with_name(f"payback.db{end}").read_bytes())
    store.close()
    back_up(left, tmp_path / "copy.db")
    assert calls_in(tmp_path / "copy.db") == 50


@pytest.mark.parametrize("what", ["file", "link", "folder", "ledger"])
def test_nothing_is_written_over(tmp_path: Path, what: str) -> None:
    ledger, copy = keep(tmp_path / "payback.db", *entries(0, 3)), tmp_path / "copy.db"
    if what == "file":
        copy.write_text("mine")
    elif what == "link":
        copy.symlink_to(tmp_path / "nowhere")
    elif what == "folder":
        copy.mkdir()
    else:
        copy = ledger
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BackupRefused, match="is there already"):
        back_up(ledger, copy)
    assert sorted(tmp_path.iterdir()) == before
    if what == "file":
        assert copy.read_text() == "mine"


def test_a_file_that_comes_up_meanwhile_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, copy = keep(tmp_path / "payback.db", *entries(0, 3)), tmp_path / "copy.db"

    def comes_up(_place: Path) -> None:
        copy.write_text("mine")

    monkeypatch.setattr(backup, "_sync", comes_up)
    with pytest.raises(BackupRefused, match="has come up meanwhile"):
        back_up(ledger, copy)
    assert copy.read_text() == "mine"
    assert list(tmp_path.glob(".copy*")) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", *entries(0, 3))
    with pytest.raises(BackupRefused, match="is not there; make it"):
        back_up(ledger, tmp_path / "none" / "copy.db")


def test_a_damaged_ledger_gives_no_copy_that_is_taken_for_a_good_one(tmp_path: Path) -> None:
    """A page in the middle is overwritten; what is before and behind it is as it was."""
    ledger = keep(tmp_path / "payback.db", *entries(0, 2000))
    with ledger.open("r+b") as file:
        file.seek(ledger.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(LedgerDamaged, match="is damaged"):
        back_up(ledger, tmp_path / "copy.db")
    assert [file.name for file in tmp_path.iterdir() if "copy" in file.name] == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """/dev/full cannot be a folder; a limit on the size of files is as good."""
    ledger = keep(tmp_path / "payback.db", *entries(0, 2000))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
    try:
        with pytest.raises(BackupRefused, match="nothing of it was kept"):
            back_up(ledger, tmp_path / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, previous)
    assert [file.name for file in tmp_path.iterdir() if "copy" in file.name] == []


def test_a_ledger_whose_sums_are_wrong_is_copied_as_it_is_and_that_is_told(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", *entries(0, 3))
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute("UPDATE rollup_hour SET calls = calls + 1")
    assert back_up(ledger, tmp_path / "copy.db").disagreements > 0
    assert (tmp_path / "copy.db").exists()


def test_a_ledger_that_is_not_there_is_told_as_readers_tell_it(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger at"):
        back_up(tmp_path / "none.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []
