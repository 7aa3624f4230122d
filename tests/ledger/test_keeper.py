"""The keeper and its journal: whatever fails, what was confirmed is in the ledger in the end, once."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ledger import waiting
from ledger.aside import aside_of
from ledger.call import Entry, interrupted
from ledger.errors import LedgerUnavailable
from ledger.journal import MOST_ATTEMPTS, Journal, has_records, journal_path
from ledger.keeper import RETRY_SECONDS, Keeper, start_ledger
from ledger.parcels import Packer
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore
from ledger.usage import TokenUsage
from ledger.waiting import HURRIED_COMMITS, ROUND_SECONDS
from tests.ledger.kept import MONTH, journal_of
from tests.ledger.made_up import metered, opened, whole_call

FIRST = 1000
"""Numbers of calls that come before those that a test is about."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "payback.db"


@pytest.fixture
def keeper(path: Path) -> Iterator[Keeper]:
    found = keeper_of(path)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """On which a slow machine is no slower."""
    ms = count(1_000_000)
    monkeypatch.setattr(waiting, "monotonic", lambda: next(ms) / 1000)


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MANY_ENTRIES", 1)


def keeper_of(path: Path) -> Keeper:
    store = SqliteStore(path)
    return Keeper(store, spool_of(path), path.with_name("reserve"), journal_of(store))


def spool_of(path: Path) -> Spool:
    return Spool(path.with_name("spool"))


def kept(keeper: Keeper, *entries: Entry) -> str | None:
    return keeper.keep(list(entries), Packer().parcel_of(entries))


def refusing(fault: Exception) -> Callable[..., None]:
    """For a store's write, or replay."""

    def refuse(*_: object, **__: object) -> None:
        raise fault

    return refuse


def hurry(keeper: Keeper) -> None:
    """So that what comes next goes to the journal."""
    for number in range(HURRIED_COMMITS):
        assert kept(keeper, whole_call(FIRST + number)) is None
    assert keeper.due_s is not None
    assert keeper.do_due() is None


def journal_of_ledger(path: Path) -> list[Entry]:
    """What would be taken over, were this process killed now."""
    return Journal(journal_path(path), None).left()


def numbered_in(path: Path) -> list[Entry]:
    """What the ledger has of the calls that a test is about."""
    reader = open_sqlite_reader(path)
    early = {whole_call(FIRST + number).call.call_id for number in range(HURRIED_COMMITS)}
    entries = [entry for entry in reader.calls(MONTH) if entry.call.call_id not in early]
    assert reader.disagreements() == []
    reader.close()
    return entries


def test_what_comes_fast_is_in_the_journal_first_and_in_the_ledger_when_it_is_due(
    path: Path, keeper: Keeper
) -> None:
    hurry(keeper)
    for entry in (opened(1), metered(opened(1)), whole_call(1)):
        assert kept(keeper, entry) is None
    assert numbered_in(path) == []
    assert has_records(journal_path(path))
    assert keeper.do_due() is None
    assert numbered_in(path) == [whole_call(1)]
    assert keeper.due_s is None
    assert not has_records(journal_path(path))


def test_what_comes_while_others_are_carried_over_is_kept_at_once_and_goes_to_the_ledger_next(
    path: Path, keeper: Keeper
) -> None:
    came = iter([[opened(2)], [whole_call(2), whole_call(3)]])
    seen = []

    def join() -> None:
        if entries := next(came, None):
            assert keeper.take(entries, Packer().parcel_of(entries))
            seen.append(numbered_in(path))

    hurry(keeper)
    for number in range(100, 150):
        kept(keeper, whole_call(number))
    kept(keeper, whole_call(1))
    assert keeper.do_due(join) is None
    carried = [whole_call(1), *map(whole_call, range(100, 150))]
    assert seen == [[], []], "what is carried over is there all at once"
    assert numbered_in(path) == carried
    assert {whole_call(1), opened(2), whole_call(2), whole_call(3)} <= set(journal_of_ledger(path))
    assert keeper.due_s is not None
    assert keeper.do_due() is None
    assert numbered_in(path) == [*map(whole_call, (1, 2, 3)), *carried[1:]]
    assert not has_records(journal_path(path))


def test_what_joined_others_is_not_lost_when_those_fail(path: Path, keeper: Keeper) -> None:
    def join() -> None:
        if keeper.take([whole_call(2)], Packer().parcel_of([whole_call(2)])):
            raise sqlite3.OperationalError("disk I/O error")

    hurry(keeper)
    kept(keeper, whole_call(1))
    assert keeper.do_due(join) is None
    assert keeper.problem == "disk I/O error"
    assert list(spool_of(path).entries()) == [whole_call(1)]
    keeper._retry_at = 0.0
    assert keeper.do_due() is None
    assert numbered_in(path) == [whole_call(1), whole_call(2)]
    assert not has_records(journal_path(path))


def test_a_journal_that_is_never_empty_is_emptied_after_a_while(path: Path, keeper: Keeper) -> None:
    """Who reads the ledger meanwhile waits for that."""
    joined: list[Entry] = []

    def join() -> None:
        entry = whole_call(len(joined))
        assert keeper.take([entry], Packer().parcel_of([entry]))
        joined.append(entry)

    hurry(keeper)
    kept(keeper, whole_call(900))
    while has_records(journal_path(path)):
        assert keeper.do_due(join) is None
        assert len(joined) < ROUND_SECONDS / 0.001
    assert len(joined) > 10
    assert numbered_in(path) == [*joined, whole_call(900)]


def test_the_end_carries_over_what_waits_and_leaves_no_journal(path: Path) -> None:
    keeper = keeper_of(path)
    hurry(keeper)
    kept(keeper, whole_call(1))
    keeper.close()
    assert numbered_in(path) == [whole_call(1)]
    assert not journal_path(path).exists()


def test_a_scribe_takes_over_what_one_before_it_left(path: Path) -> None:
    """The other was killed: nobody closed it."""
    hurry(other := keeper_of(path))
    kept(other, whole_call(1))
    keeper = keeper_of(path)
    assert numbered_in(path) == [whole_call(1)]
    keeper.close()


def test_a_start_takes_over_the_journal_before_it_ends_what_was_left_open(path: Path) -> None:
    hurry(other := keeper_of(path))
    kept(other, opened(1))
    kept(other, whole_call(1))
    store = SqliteStore(path)
    assert start_ledger(store, spool_of(path), journal_of(store)) == 0
    assert numbered_in(path) == [whole_call(1)]
    assert not journal_path(path).exists()
    store.close()


def test_starts_on_a_ledger_that_cannot_be_written_do_not_give_the_journal_up(path: Path) -> None:
    """A supervisor starts payback again and again while the disk is full."""
    hurry(other := keeper_of(path))
    kept(other, whole_call(1))
    other._store.close()
    store = SqliteStore(path)
    journal = journal_of(store)
    store._connection.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as prompt:
        prompt.execute("BEGIN IMMEDIATE")
        for _ in range(2 * MOST_ATTEMPTS):
            with pytest.raises(LedgerUnavailable, match="database is locked"):
                start_ledger(store, spool_of(path), journal)
    start_ledger(store, spool_of(path), journal_of(store))
    store.close()
    assert numbered_in(path) == [whole_call(1)]


def test_a_ledger_that_is_locked_when_it_is_due_gets_it_from_the_spool(path: Path, keeper: Keeper) -> None:
    hurry(keeper)
    kept(keeper, whole_call(1))
    prompt = sqlite3.connect(path, isolation_level=None)
    prompt.execute("BEGIN IMMEDIATE")
    assert keeper.do_due() is None
    assert whole_call(1) in spool_of(path).entries()
    assert keeper.problem == "database is locked"
    assert kept(keeper, whole_call(2)) is None
    prompt.close()
    keeper._retry_at = 0.0
    assert keeper.do_due() is None
    assert numbered_in(path) == [whole_call(1), whole_call(2)]
    assert keeper.problem is None


def test_what_neither_ledger_nor_spool_take_waits_in_the_journal_and_no_more_is_let_in(
    path: Path, keeper: Keeper
) -> None:
    hurry(keeper)
    kept(keeper, whole_call(1))
    prompt = sqlite3.connect(path, isolation_level=None)
    prompt.execute("BEGIN IMMEDIATE")
    path.with_name("spool").mkdir()
    assert keeper.do_due() == "neither the ledger nor its spool can be written"
    assert kept(keeper, whole_call(4)) == "neither the ledger nor its spool can be written"
    assert has_records(journal_path(path))
    path.with_name("spool").rmdir()
    prompt.close()
    keeper._retry_at = 0.0
    assert kept(keeper, whole_call(5)) is None
    assert numbered_in(path) == [whole_call(1), whole_call(5)]


def test_an_entry_that_fits_in_no_form_holds_up_none_that_waits_with_it(
    path: Path, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = SqliteStore.write

    def write(self: SqliteStore, entries: list[Entry], **how: Any) -> None:
        if any(entry.call.call_id == opened(2).call.call_id for entry in entries):
            raise sqlite3.IntegrityError("CHECK constraint failed")
        once(self, entries, **how)

    hurry(keeper)
    kept(keeper, whole_call(1), opened(2), whole_call(3))
    monkeypatch.setattr(SqliteStore, "write", write)
    assert keeper.do_due() is None
    assert numbered_in(path) == [whole_call(1), whole_call(3)]
    assert aside_of(journal_path(path)).read_bytes() == Packer().parcel_of([opened(2)])
    assert keeper.due_s is None


def test_a_fault_of_the_store_keeps_aside_what_waits_and_later_calls_are_kept(
    path: Path, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(keeper)
    kept(keeper, whole_call(1))
    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "write", refusing(KeyError("a fault of our own")))
        assert keeper.do_due() is None
    assert aside_of(journal_path(path)).read_bytes() == Packer().parcel_of([whole_call(1)])
    assert kept(keeper, whole_call(2)) is None
    assert keeper.do_due() is None
    assert numbered_in(path) == [whole_call(2)]


def test_a_store_without_memory_is_a_ledger_that_cannot_be_written(
    path: Path, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has none, or Python: that is no fault of the entries."""

    hurry(keeper)
    kept(keeper, whole_call(1))
    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "write", refusing(MemoryError()))
        assert keeper.do_due() is None
        assert keeper.problem == "MemoryError"
        assert list(spool_of(path).entries()) == [whole_call(1)]
    keeper._retry_at = 0.0
    assert keeper.do_due() is None
    assert numbered_in(path) == [whole_call(1)]


def test_what_can_go_nowhere_is_tried_again_after_a_while_and_not_at_once(
    path: Path, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(keeper)
    kept(keeper, whole_call(1))
    aside_of(journal_path(path)).mkdir()
    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "write", refusing(KeyError("a fault of our own")))
        for _ in range(2):
            assert keeper.do_due() == "neither the ledger nor its spool can be written"
            assert keeper.due_s == RETRY_SECONDS
        assert kept(keeper, whole_call(2)) is not None
    aside_of(journal_path(path)).rmdir()
    assert keeper.do_due() is None
    assert keeper.due_s is None
    assert numbered_in(path) == [whole_call(1)]


def test_what_cannot_be_set_aside_is_no_fault_of_the_spool(
    path: Path, keeper: Keeper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Metrics and the health page would send somebody to look there."""

    hurry(keeper)
    kept(keeper, whole_call(1))
    aside_of(journal_path(path)).mkdir()
    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "write", refusing(KeyError("a fault of our own")))
        assert keeper.do_due() == "neither the ledger nor its spool can be written"
    assert keeper.spool_problem is None
    assert "what the ledger refuses cannot be set aside: Is a directory" in caplog.text
    aside_of(journal_path(path)).rmdir()
    assert keeper.do_due() is None


def test_starts_without_memory_do_not_give_the_journal_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(other := keeper_of(path))
    kept(other, whole_call(1))
    other._store.close()
    with closing(SqliteStore(path)) as store:
        with monkeypatch.context() as broken:
            broken.setattr(SqliteStore, "replay", refusing(MemoryError()))
            for _ in range(2 * MOST_ATTEMPTS):
                with pytest.raises(MemoryError):
                    start_ledger(store, spool_of(path), journal_of(store))
        start_ledger(store, spool_of(path), journal_of(store))
    assert numbered_in(path) == [whole_call(1)]


def test_what_is_replayed_late_takes_no_tokens_back(path: Path) -> None:
    """A scribe is killed with the journal of a stream's first tokens; later ones are in the ledger, or wait
    in the spool, when the journal is replayed; or a power cut brings the journal back."""
    first, later = metered(opened(1)), metered(opened(1), TokenUsage(input_tokens=10, output_tokens=5000))
    hurry(other := keeper_of(path))
    kept(other, first)
    before = journal_path(path).read_bytes()
    spool_of(path).append([later])
    keeper = keeper_of(path)
    keeper.do_due()
    keeper.close()
    journal_path(path).write_bytes(before)
    store = SqliteStore(path)
    start_ledger(store, spool_of(path), journal_of(store))
    store.close()
    assert numbered_in(path) == [interrupted(later)]


def test_without_a_journal_every_entry_is_in_the_ledger_at_once(path: Path) -> None:
    keeper = Keeper(SqliteStore(path), spool_of(path), path.with_name("reserve"))
    for number in range(2 * HURRIED_COMMITS):
        assert kept(keeper, whole_call(number)) is None
        assert keeper.due_s is None
    assert len(numbered_in(path)) == 2 * HURRIED_COMMITS
    keeper.close()
