"""The scribe as a process: what is sent is written, whoever of the two is killed, and when."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import pytest

from bench.processes import family_of
from ledger.call import Entry
from ledger.errors import LedgerUnavailable
from ledger.ids import render_call_id
from ledger.lock import LedgerLock, is_held
from ledger.scribe_process import Hired, ScribeProcess
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.writer import Writer
from tests.ledger.kept import MONTH, Desk, no_spool, until
from tests.ledger.made_up import metered, opened, whole_call


def files_in(folder: Path) -> dict[str, Path]:
    return {"ledger": folder / "payback.db", "spool": folder / "spool", "reserve": folder / "reserve"}


def entries_in(folder: Path) -> list[Entry]:
    with closing(open_sqlite_reader(folder / "payback.db")) as reader:
        assert reader.disagreements() == []
        return list(reader.calls(MONTH))


@dataclass
class Office:
    """A writer, and the scribes that it has had."""

    writer: Writer
    hired: list[Hired]

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.hired[-1].process.pid, number)


@asynccontextmanager
async def office_in(
    folder: Path, hire: Callable[[ScribeProcess, socket], Hired] | None = None
) -> AsyncIterator[Office]:
    lock = LedgerLock(folder / "payback.db")
    with closing(open_store(folder / "payback.db")) as store:
        scribe = ScribeProcess(lock=lock.descriptor, identity=store.identity(), **files_in(folder))
    hired: list[Hired] = []

    def hires(end: socket) -> Hired:
        hired.append(hire(scribe, end) if hire else scribe(end))
        return hired[-1]

    def spools(entries: Sequence[Entry]) -> int:
        spool = Spool(scribe.spool, scribe.identity)
        spool.append(entries)
        return spool.waiting

    writer = Writer(hires, spools)
    await writer.start()
    try:
        yield Office(writer, hired)
    finally:
        await writer.close()
        lock.release()
        assert all(one.process.returncode is not None for one in hired)


async def test_a_scribe_that_is_killed_is_replaced_and_no_entry_is_lost_or_counted_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office_in(tmp_path) as office:
        await office.writer.commit(whole_call(0))
        commits = [office.writer.commit(whole_call(number)) for number in range(1, 500)]
        await asyncio.sleep(0)
        office.kill()
        await asyncio.wait_for(asyncio.gather(*commits), 10)
        await office.writer.commit(opened(500))
        assert len(office.hired) == 2
        assert entries_in(tmp_path) == [*map(whole_call, range(500)), opened(500)]
    assert "has ended; another one is started" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_signals_that_a_terminal_or_a_service_sends_to_all_do_not_end_it(
    number: int, tmp_path: Path
) -> None:
    async with office_in(tmp_path) as office:
        office.kill(number)
        await asyncio.sleep(0.05)
        await office.writer.commit(whole_call(1))
        assert len(office.hired) == 1
        assert os.getpgid(office.hired[0].process.pid) != os.getpgid(0)


DEADLY = """
import os, sys
sys.path[:] = sys.argv.pop(1).splitlines()
from ledger import scribe
class Deadly(scribe.Keeper):
    def keep(self, entries, *parcels):
        if any(entry.call.operation == "deadly" for entry in entries):
            os._exit(139)
        return super().keep(entries, *parcels)
scribe.Keeper = Deadly
scribe.main(sys.argv[1:])
"""


@pytest.mark.parametrize("is_closed", [False, True], ids=["at work", "at the end"])
async def test_of_what_ends_a_scribe_one_entry_is_given_up_and_all_others_are_written(
    is_closed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Here a planted end is what ends it, as a fault in SQLite might."""
    monkeypatch.setattr("ledger.scribe_process._PROGRAM", DEADLY)
    deadly = opened(5, operation="deadly")
    async with office_in(tmp_path) as office:
        commits = [office.writer.commit(whole_call(number)) for number in range(5)]
        doomed = office.writer.commit(deadly)
        office.writer.post(whole_call(6))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        commits += [office.writer.commit(whole_call(number)) for number in range(7, 10)]
        if is_closed:
            await asyncio.wait_for(office.writer.close(), 20)
        with pytest.raises(LedgerUnavailable, match="ended over it"):
            await asyncio.wait_for(doomed, 10)
        await asyncio.wait_for(asyncio.gather(*commits), 10)
    assert len(office.hired) == 3
    assert entries_in(tmp_path) == [whole_call(number) for number in range(10) if number != 5]
    assert f"ends over call {render_call_id(deadly.call.call_id)}; it is given up" in caplog.text


async def test_a_scribe_that_is_killed_before_its_first_reply_loses_nothing(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        os.kill(office.hired[-1].process.pid, signal.SIGSTOP)
        commits = [office.writer.commit(whole_call(number)) for number in range(50)]
        await asyncio.sleep(0.05)
        office.kill()
        await asyncio.wait_for(asyncio.gather(*commits), 20)
    assert entries_in(tmp_path) == [*map(whole_call, range(50))]


async def test_what_is_under_way_when_its_scribe_is_killed_at_the_end_is_written_by_another(
    tmp_path: Path,
) -> None:
    async with office_in(tmp_path) as office:
        await office.writer.commit(whole_call(0))
        os.kill(office.hired[-1].process.pid, signal.SIGSTOP)
        for number in range(1, 50):
            office.writer.post(whole_call(number))
        closing = asyncio.create_task(office.writer.close())
        await asyncio.sleep(0.05)
        office.kill()
        await asyncio.wait_for(closing, 20)
    assert entries_in(tmp_path) == [*map(whole_call, range(50))]


class Memory:
    """While it is full, no scribe starts."""

    is_full = False

    def hire(self, scribe: ScribeProcess, end: socket) -> Hired:
        if self.is_full:
            raise OSError(12, "Cannot allocate memory")
        return scribe(end)


async def test_while_no_scribe_starts_entries_go_to_the_spool_and_the_next_one_takes_them_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    monkeypatch.setattr("ledger.writer.RETRY_SECONDS", 0.05)
    async with office_in(tmp_path, memory.hire) as office:
        await office.writer.commit(opened(1))
        memory.is_full = True
        office.kill()
        await asyncio.wait_for(office.writer.commit(opened(2)), 5)
        await asyncio.wait_for(office.writer.commit(metered(opened(1))), 5)
        assert "Cannot allocate memory" in str(office.writer.problem)
        assert office.writer.spooled == 2
        memory.is_full = False
        await until(lambda: office.writer.problem is None, 5)
        await office.writer.commit(opened(3))
        assert entries_in(tmp_path) == [metered(opened(1)), opened(2), opened(3)]


async def test_while_no_scribe_starts_nobody_waits_for_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call has two or three commits: with a wait for each it would take seconds, and so would the end."""
    memory = Memory()
    monkeypatch.setattr("ledger.writer.RETRY_SECONDS", 100)
    async with asyncio.timeout(20), office_in(tmp_path, memory.hire) as office:
        await office.writer.commit(opened(1))
        memory.is_full = True
        office.kill()
        for number in range(2, 6):
            await office.writer.commit(whole_call(number))
        assert office.writer.spooled == 4
        office.writer.post(whole_call(6))
    assert [*Spool(tmp_path / "spool").entries()] == [*map(whole_call, range(2, 7))]


async def test_callers_are_told_while_neither_a_scribe_starts_nor_the_spool_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    monkeypatch.setattr("ledger.writer.RETRY_SECONDS", 0.05)
    async with office_in(tmp_path, memory.hire) as office:
        await office.writer.commit(opened(1))
        memory.is_full = True
        (tmp_path / "spool").mkdir()
        office.kill()
        with pytest.raises(LedgerUnavailable, match="neither the ledger nor its spool"):
            await asyncio.wait_for(office.writer.commit(opened(2)), 5)
        assert office.writer.spool_problem is not None
        (tmp_path / "spool").rmdir()
        memory.is_full = False
        await until(lambda: office.writer.problem is None, 5)
        await office.writer.commit(opened(3))
        assert entries_in(tmp_path) == [opened(1), opened(3)]


async def test_a_scribe_that_cannot_open_the_ledger_is_no_start(tmp_path: Path) -> None:
    (tmp_path / "payback.db").write_bytes(b"nothing that SQLite knows" * 100)
    lock = LedgerLock(tmp_path / "payback.db")
    writer = Writer(ScribeProcess(lock=lock.descriptor, identity="x", **files_in(tmp_path)), no_spool)
    with pytest.raises(LedgerUnavailable, match="does not start"):
        await asyncio.wait_for(writer.start(), 20)
    await writer.close()
    lock.release()


async def test_what_the_scribe_has_to_say_is_in_paybacks_own_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office_in(tmp_path) as office:
        with Desk(tmp_path / "payback.db", None, office.writer).locked_by_another():  # type: ignore[arg-type]
            await office.writer.commit(opened(1))
            assert office.writer.problem == "database is locked"
            assert office.writer.spooled == 1
        await until(lambda: office.writer.problem is None and office.writer.spooled == 0, 5)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 3
    assert said[0].startswith("the ledger cannot be written: database is locked; calls go to the spool")


async def test_what_it_says_of_a_file_whose_name_is_no_unicode_does_not_end_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    async with office_in(folder) as office:
        with Desk(folder / "payback.db", None, office.writer).locked_by_another():  # type: ignore[arg-type]
            await asyncio.wait_for(office.writer.commit(opened(1)), 10)
            assert office.writer.spooled == 1
    assert len(office.hired) == 1
    assert "caf\\udce9" in caplog.text


POST_AND_DIE = """
import asyncio, os, signal, sys
from contextlib import closing
from pathlib import Path
from ledger.ids import render_call_id
from ledger.lock import LedgerLock
from ledger.scribe_process import ScribeProcess
from ledger.sqlite.store import open_store
from ledger.writer import Writer
from tests.ledger.made_up import whole_call

async def main(folder):
    path = folder / "payback.db"
    lock = LedgerLock(path)
    with closing(open_store(path)) as store:
        identity = store.identity()
    files = dict(ledger=path, spool=folder / "spool", reserve=folder / "reserve")
    writer = Writer(ScribeProcess(lock=lock.descriptor, identity=identity, **files), len)
    await writer.start()
    await writer.commit(whole_call(0))
    for number in range(1, 100):
        writer.post(whole_call(number))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    os.killpg(0, signal.SIGINT) if sys.argv[2] == "SIGINT" else os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.sleep(5)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
async def test_what_was_sent_is_written_though_payback_is_killed_and_the_ledger_is_not_free_before(
    how: str, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", POST_AND_DIE, str(tmp_path), how],
        stderr=subprocess.DEVNULL, timeout=30, start_new_session=True,
    )  # fmt: skip
    assert ran.returncode != 0
    await until(lambda: not is_held(tmp_path / "payback.db"), 5)
    assert entries_in(tmp_path) == [*map(whole_call, range(100))]


async def test_it_leaves_no_process_behind(tmp_path: Path) -> None:
    before = family_of(os.getpid())
    async with office_in(tmp_path) as office:
        await office.writer.commit(metered(opened(1)))
    assert family_of(os.getpid()) == before
