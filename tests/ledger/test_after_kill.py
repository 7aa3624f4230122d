"""A reader after a kill: what was confirmed is in the ledger before it is asked."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ledger import after_kill
from ledger.after_kill import take_over_left
from ledger.call import Entry
from ledger.errors import LedgerError
from ledger.journal import Journal, has_records, journal_path
from ledger.lock import LedgerLock
from ledger.parcels import Packer
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore
from tests.ledger.kept import journal_of
from tests.ledger.made_up import opened, whole_call


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Its payback was killed with two calls in the journal."""
    path = tmp_path / "payback.db"
    store = SqliteStore(path)
    store.write([opened(1)])
    journal_of(store).append(Packer().parcel_of([whole_call(1), opened(2)]))
    store.close()
    return path


def calls_in(ledger: Path) -> list[Entry]:
    reader = open_sqlite_reader(ledger)
    entries = reader.last_calls(10)[::-1]
    assert reader.disagreements() == []
    reader.close()
    return entries


def test_what_was_left_is_taken_over_once_and_what_was_open_stays_for_the_next_start(ledger: Path) -> None:
    for _ in range(2):
        take_over_left(ledger)
        assert [entry.call.call_id for entry in calls_in(ledger)] == [
            whole_call(1).call.call_id,
            opened(2).call.call_id,
        ]
        assert not journal_path(ledger).exists()
    with closing(SqliteStore(ledger)) as store:
        assert store.recover() == 1


def test_a_living_payback_takes_what_is_in_its_journal_over_itself(ledger: Path) -> None:
    """It is waited for until it has."""
    lock = LedgerLock(ledger)
    before = journal_path(ledger).read_bytes()
    going_on = threading.Timer(0.1, Journal(journal_path(ledger), None).clear)
    going_on.start()
    take_over_left(ledger)
    going_on.join()
    assert len(calls_in(ledger)) == 1, "nothing was taken from it"
    lock.release()
    journal_path(ledger).write_bytes(before)
    take_over_left(ledger)
    assert len(calls_in(ledger)) == 2


def test_one_that_does_not_take_it_over_is_not_waited_for_for_ever(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_kill, "PATIENCE_S", 0.05)
    lock = LedgerLock(ledger)
    with pytest.raises(LedgerError, match="does not get into the ledger"):
        take_over_left(ledger)
    assert has_records(journal_path(ledger))
    lock.release()


def test_readers_that_come_at_once_all_see_it(ledger: Path) -> None:
    """One of them takes it over, and the others wait for that one."""
    seen: list[int] = []

    def read() -> None:
        take_over_left(ledger)
        seen.append(len(calls_in(ledger)))

    readers = [threading.Thread(target=read) for _ in range(5)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert seen == [2] * 5


def test_a_scribe_that_outlives_its_payback_is_waited_for(ledger: Path) -> None:
    lock = LedgerLock(ledger)
    ending = threading.Timer(0.2, lock.release)
    ending.start()
    take_over_left(ledger)
    ending.join()
    assert len(calls_in(ledger)) == 2


def test_another_ledgers_journal_is_left_alone(ledger: Path) -> None:
    Journal(journal_path(ledger), "c" * 32).append(Packer().parcel_of([whole_call(3)]))
    with pytest.raises(LedgerError, match="another ledger's"):
        take_over_left(ledger)
    assert has_records(journal_path(ledger))


def test_a_ledger_that_cannot_be_written_is_named_and_nothing_is_lost(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger, isolation_level=None)) as prompt:
        prompt.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="database is locked"):
            take_over_left(ledger)
    assert has_records(journal_path(ledger))
    take_over_left(ledger)
    assert len(calls_in(ledger)) == 2
