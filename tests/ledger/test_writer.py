"""The writer: what it said was written is written, whatever the disk does; and it goes on by itself after."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from ledger.call import Attribution, Entry, UsageBasis, bare, interrupted, without_names
from ledger.errors import LedgerUnavailable
from ledger.keeper import RESERVE_BYTES, Keeper, start_ledger
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore
from ledger.store import GroupBy, Meanwhile
from tests.ledger.kept import MONTH, Desk, desk_at, journal_of, until, writer_over
from tests.ledger.made_up import ended, metered, opened, whole_call


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_at(tmp_path) as desk:
        yield desk


async def test_a_commit_that_has_returned_is_in_the_ledger_for_everyone(desk: Desk) -> None:
    for entry in (opened(), metered(opened()), whole_call()):
        await desk.writer.commit(entry)
        assert desk.in_ledger() == [entry]


async def test_a_commit_does_not_return_while_nothing_is_on_the_disk(desk: Desk) -> None:
    with desk.locked_by_another():
        waiting = desk.writer.commit(opened())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    await waiting
    assert desk.in_ledger() == [opened()]
    assert desk.writer.problem is None  # a short lock is waited for


async def test_entries_that_come_while_the_disk_is_busy_share_one_commit(desk: Desk) -> None:
    commits = 0

    def on_statement(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    desk.store._connection.set_trace_callback(on_statement)
    with desk.locked_by_another():
        first = desk.writer.commit(whole_call(0))
        await asyncio.sleep(0.1)
        others = [desk.writer.commit(whole_call(number)) for number in range(1, 501)]
    await asyncio.gather(first, *others)
    assert commits == 2
    assert len(desk.in_ledger()) == 501


async def test_closing_writes_what_was_posted(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as desk:
        for number in range(200):
            desk.writer.post(whole_call(number))
    reader = open_sqlite_reader(desk.path)
    assert reader.report(MONTH, GroupBy.DAY).total.calls == 200
    reader.close()


async def test_after_closing_a_commit_is_refused_and_not_waited_for_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk_at(tmp_path) as desk:
        pass
    with pytest.raises(LedgerUnavailable, match="closed"):
        await asyncio.wait_for(desk.writer.commit(opened()), 5)
    desk.writer.post(opened())
    assert "an entry came after the ledger was closed" in caplog.text


async def test_who_stops_waiting_neither_undoes_the_entry_nor_harms_the_writer(desk: Desk) -> None:
    with desk.locked_by_another():
        desk.writer.commit(opened(1)).cancel()
        await asyncio.sleep(0.05)
    await desk.writer.commit(opened(2))
    assert desk.in_ledger() == [opened(1), opened(2)]


async def test_while_the_ledger_is_locked_the_spool_takes_entries_and_the_ledger_takes_them_over_after(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.writer.commit(opened(1))
    await desk.writer.commit(metered(opened(2)))
    with desk.locked_by_another():
        started = time.monotonic()
        await desk.writer.commit(metered(opened(1)))
        assert time.monotonic() - started < 1.5
        assert desk.writer.problem == "database is locked"
        await desk.writer.commit(whole_call(2))
        await desk.writer.commit(opened(3))
        assert desk.writer.spooled == 3
        assert list(Spool(desk.spool_path).entries()) == [metered(opened(1)), whole_call(2), opened(3)]
    released = time.monotonic()
    await until(lambda: desk.writer.spooled == 0 and desk.writer.problem is None, 3)
    assert time.monotonic() - released < 3
    assert desk.in_ledger() == [metered(opened(1)), whole_call(2), opened(3)]
    await desk.writer.commit(whole_call(1))
    assert desk.in_ledger() == [whole_call(1), whole_call(2), opened(3)]
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 3  # it fails; it has taken over; it works again: not a line for each call
    assert "calls go to the spool" in said[0]


async def test_when_neither_ledger_nor_spool_takes_an_entry_its_caller_is_told_and_it_ends_by_itself(
    desk: Desk,
) -> None:
    desk.spool_path.mkdir()
    with desk.locked_by_another():
        with pytest.raises(LedgerUnavailable, match="neither the ledger nor its spool"):
            await desk.writer.commit(opened(1))
        assert (desk.writer.problem, desk.writer.spool_problem) == ("database is locked", "Is a directory")
        with pytest.raises(LedgerUnavailable):
            await desk.writer.commit(opened(2))
    await until(lambda: desk.writer.problem is None, 3)  # though nobody calls: readiness depends on it
    await desk.writer.commit(opened(3))
    assert desk.in_ledger() == [opened(3)]
    assert desk.writer.spool_problem is None


async def test_a_ledger_that_still_cannot_be_written_is_not_said_to_be_well(desk: Desk) -> None:
    desk.spool_path.mkdir()
    with desk.locked_by_another():
        with pytest.raises(LedgerUnavailable):
            await desk.writer.commit(opened(1))
        for _ in range(20):
            await asyncio.sleep(0.1)
            assert desk.writer.problem is not None


async def test_a_full_disk_takes_the_reserve_then_the_spool_and_all_is_in_the_ledger_after(
    desk: Desk,
) -> None:
    """SQLite says full where a file system has no room, and where max_page_count is reached."""
    await desk.writer.commit(opened(0))
    assert desk.reserve_bytes == RESERVE_BYTES
    pages = desk.store._connection.execute("PRAGMA page_count").fetchone()[0]
    desk.store._connection.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(1, 101):
        await desk.writer.commit(whole_call(number, request_model=f"{number}" * 100))
    await until(lambda: desk.writer.problem == "database or disk is full", 3)
    assert desk.reserve_bytes == 0
    assert desk.writer.spooled > 0
    desk.store._connection.execute("PRAGMA max_page_count = 1000000")
    await until(lambda: desk.writer.problem is None and desk.reserve_bytes == RESERVE_BYTES, 3)
    assert len(desk.in_ledger()) == 101


SURROGATE = metered(opened(1, who=Attribution(user="\ud800", key="k_1")))
CONTRADICTION = metered(opened(1, who=Attribution(user="ana"), http_status=2**70))


@pytest.mark.parametrize(
    ("odd", "left"),
    [(SURROGATE, without_names(SURROGATE)), (CONTRADICTION, bare(CONTRADICTION))],
    ids=["no unicode", "more than 64 bits"],
)
async def test_an_entry_that_does_not_fit_keeps_what_fits_and_does_not_block_the_others(
    desk: Desk, odd: Entry, left: Entry
) -> None:
    with desk.locked_by_another():
        commits = [desk.writer.commit(entry) for entry in (opened(0), odd, whole_call(2), whole_call(3))]
        await asyncio.sleep(0.05)
    await asyncio.gather(*commits)
    assert desk.in_ledger() == [opened(0), left, whole_call(2), whole_call(3)]
    await desk.writer.commit(ended(left))
    assert desk.in_ledger()[1] == ended(left)


async def test_an_entry_that_breaks_a_rule_of_the_ledger_is_kept_bare(desk: Desk) -> None:
    """Usage with the basis none: some CHECK refuses it."""
    odd = ended(opened(1, usage_basis=UsageBasis.REPORTED))
    await asyncio.gather(*map(desk.writer.commit, (whole_call(0), odd, whole_call(2))))
    assert desk.in_ledger() == [whole_call(0), bare(odd), whole_call(2)]


async def test_an_entry_that_the_ledger_refuses_in_every_form_is_refused_and_not_tried_for_ever(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """There is none unless the program is wrong; then too the next one is written."""
    with pytest.raises(LedgerUnavailable, match="the ledger's writer failed"):
        await desk.writer.commit(whole_call(1, call_id=b"short"))
    await desk.writer.commit(whole_call(2))
    assert (desk.in_ledger(), desk.writer.problem, desk.writer.spooled) == ([whole_call(2)], None, 0)


async def test_a_spooled_entry_that_the_ledger_refuses_in_every_form_is_set_aside(desk: Desk) -> None:
    with desk.locked_by_another():
        await desk.writer.commit(whole_call(1, call_id=b"short"))
        await desk.writer.commit(whole_call(2))
    await until(lambda: desk.writer.spooled == 0, 3)
    assert desk.in_ledger() == [whole_call(2)]
    assert desk.path.with_name("payback.db.spool.unreadable").read_bytes().count(b"\n") == 1


class Broken(SqliteStore):
    """A store with a fault that nobody thought of."""

    broken = True

    def write(self, entries: Iterable[Entry], meanwhile: Meanwhile | None = None) -> None:
        if self.broken:
            raise RuntimeError("nobody thought of this")
        super().write(entries, meanwhile)


async def test_no_fault_ends_the_writers_thread(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Broken(tmp_path / "payback.db")
    writer = await writer_over(Keeper(store, Spool(tmp_path / "spool"), tmp_path / "reserve"))
    for _ in range(3):
        with pytest.raises(LedgerUnavailable):
            await asyncio.wait_for(writer.commit(opened()), 5)
    store.broken = False
    await asyncio.wait_for(writer.commit(opened()), 5)
    await writer.close()
    assert "nobody thought of this" in caplog.text


async def test_a_reserve_that_cannot_be_made_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "payback.db.reserve").mkdir()
    async with desk_at(tmp_path) as desk:
        await desk.writer.commit(opened())


def test_a_start_takes_over_the_spool_before_it_ends_what_was_left_open(tmp_path: Path) -> None:
    """Call 1 was metered in the spool only; ended first, it would have lost its tokens."""
    path = tmp_path / "payback.db"
    store, spool = SqliteStore(path), Spool(tmp_path / "spool")
    store.write([opened(1), opened(2), whole_call(3)])
    spool.append([metered(opened(1)), opened(4)])
    assert start_ledger(store, spool, journal_of(store)) == 3
    reader = open_sqlite_reader(path)
    assert list(reader.calls(MONTH)) == [
        interrupted(metered(opened(1))),
        interrupted(opened(2)),
        whole_call(3),
        interrupted(opened(4)),
    ]
    assert reader.report(MONTH, GroupBy.DAY).total.list_cost == 120_000
    assert reader.disagreements() == []
    assert (spool.waiting, list(Spool(tmp_path / "spool").entries())) == (0, [])
    assert start_ledger(store, spool, journal_of(store)) == 0
    reader.close()
    store.close()


def test_a_start_that_cannot_write_says_what_to_do_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "payback.db"
    store, spool = SqliteStore(path), Spool(tmp_path / "spool")
    spool.append([opened(1)])
    journal = journal_of(store)
    prompt = sqlite3.connect(path, isolation_level=None)
    prompt.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="database is locked; end what holds it"):
        start_ledger(store, spool, journal)
    prompt.close()
    assert start_ledger(store, spool, journal) == 1
    store.close()
