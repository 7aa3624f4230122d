"""Opening a ledger: whatever is wrong with the file is told in a sentence, and the file is left as it is."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ledger.errors import LedgerDamaged, LedgerError, SchemaError
from ledger.sqlite import connection as connection_module
from ledger.sqlite.connection import open_reader, open_writer
from ledger.sqlite.store import open_store
from tests.ledger.made_up import whole_call

Open = Callable[[Path], sqlite3.Connection]
BOTH = pytest.mark.parametrize("open_it", [open_writer, open_reader])


def make_ledger(path: Path, calls: int = 1) -> bytes:
    store = open_store(path)
    store.write([whole_call(number) for number in range(calls)])
    store.close()
    return path.read_bytes()


def make_newer(path: Path) -> None:
    make_ledger(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def make_foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()


@BOTH
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (make_foreign, "is another program's database; give --ledger another path"),
        (make_newer, "has ledger schema 99"),
        (lambda path: path.write_bytes(b"%PDF-1.7 " * 200), "is not a ledger and not a SQLite file"),
        (lambda path: path.write_bytes(b"\0" * 4096), "is not a ledger and not a SQLite file"),
    ],
    ids=["foreign", "newer", "garbage", "zeros"],
)
def test_a_file_that_is_no_ledger_of_ours_is_named_and_left_as_it_is(
    tmp_path: Path, open_it: Open, make: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "payback.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(SchemaError, match=sentence) as raised:
        open_it(path)
    assert str(path) in str(raised.value)
    assert path.read_bytes() == before


def make_large_and_damaged(path: Path) -> None:
    """Where a check takes a tenth of a second, and finds the fault late."""
    size = len(make_ledger(path))
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE zz AS WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
        " SELECT i, 'filling' FROM n"
    )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek(size + 2 * 4096)  # a table is looked at from its end
        file.write(b"\xde\xad" * 2048)


def test_a_large_ledger_is_not_waited_for_until_all_of_it_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten million calls would take half a minute: `payback check` looks at all of them."""
    make_large_and_damaged(tmp_path / "payback.db")
    with pytest.raises(LedgerDamaged):
        open_writer(tmp_path / "payback.db")
    monkeypatch.setattr(connection_module, "QUICK_CHECK_SECONDS", 0.001)
    open_writer(tmp_path / "payback.db").close()


@BOTH
def test_a_damaged_ledger_is_named_with_the_command_that_saves_it(tmp_path: Path, open_it: Open) -> None:
    path = tmp_path / "payback.db"
    whole = make_ledger(path, calls=300)
    torn = whole[:4096] + b"\xde\xad" * ((len(whole) - 4096) // 2)
    path.write_bytes(torn)
    with pytest.raises(LedgerDamaged, match=r"payback backup --damaged recovered\.db"):
        open_it(path)
    assert path.read_bytes() == torn


@BOTH
def test_a_folder_is_not_a_ledger(tmp_path: Path, open_it: Open) -> None:
    with pytest.raises(LedgerError, match="another path"):
        open_it(tmp_path)


def test_a_reader_of_what_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"there is no ledger at .*; start payback serve first"):
        open_reader(tmp_path / "payback.db")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_of_an_empty_file_says_how_to_fill_it_and_a_writer_makes_a_ledger_of_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "payback.db"
    path.touch()
    with pytest.raises(SchemaError, match="is empty, not a ledger"):
        open_reader(path)
    assert path.read_bytes() == b""
    open_writer(path).close()
    open_reader(path).close()


@pytest.mark.parametrize("name", ["a b.db", "50%.db", "what?.db", "#1.db", "\udcff.db", "ä.db"])
def test_a_file_name_with_odd_characters_is_that_file(tmp_path: Path, name: str) -> None:
    open_writer(tmp_path / name).close()
    open_reader(tmp_path / name).close()
    assert (tmp_path / name).stat().st_size > 0


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    before = make_ledger(tmp_path / "payback.db")
    connection = open_reader(tmp_path / "payback.db")
    for statement in ("DELETE FROM call", "CREATE TABLE t (x)", "PRAGMA user_version = 7"):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute(statement)
    connection.execute("PRAGMA query_only = OFF")  # the file is open for reading only, whatever is asked
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM call")
    connection.close()
    assert (tmp_path / "payback.db").read_bytes() == before


def test_a_reader_never_checkpoints(tmp_path: Path) -> None:
    """Two connections that do are what the WAL-reset fault of SQLite before 3.51.3 needs."""
    path = tmp_path / "payback.db"
    store = open_store(path)
    store.write([whole_call()])
    before = path.read_bytes()
    reader = open_reader(path)
    reader.execute("SELECT * FROM call").fetchall()
    with suppress(sqlite3.OperationalError):
        reader.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    reader.close()
    assert path.read_bytes() == before
    store.close()
    assert path.read_bytes() != before


def test_others_cannot_look_into_the_ledger(tmp_path: Path) -> None:
    old_mask = os.umask(0)
    try:
        connection = open_writer(tmp_path / "new" / "payback.db")
        connection.execute("PRAGMA user_version = 1")
    finally:
        os.umask(old_mask)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
    connection.close()
    assert modes == {"payback.db": 0o600, "payback.db-wal": 0o600, "payback.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot make the folder"):
        open_writer(tmp_path / "file" / "below" / "payback.db")


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """NORMAL would lose the last commits when the power goes."""
    connection = open_writer(tmp_path / "payback.db")
    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "mmap_size", "trusted_schema", "busy_timeout")
    }
    connection.close()
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "mmap_size": 0,
        "trusted_schema": 0,
        "busy_timeout": 500,
    }
