"""kill -9 at any instant, a disk that refuses, and every n-th access to it failing in turn."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.after_kill import take_over_left
from ledger.call import Entry, Outcome, State, interrupted
from ledger.ids import CallId
from ledger.keeper import Keeper, start_ledger
from ledger.lock import LedgerLock, is_held
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore, open_store
from ledger.store import GroupBy
from tests.ledger.kept import MONTH, journal_of, keep, writer_over
from tests.ledger.made_up import metered, opened, whole_call

CONFIRM = """
import asyncio, sys
from pathlib import Path
from ledger.lock import LedgerLock
from ledger.spool import Spool
from ledger.sqlite.store import open_store
from ledger.keeper import start_ledger
from ledger.scribe_process import ScribeProcess
from ledger.writer import Writer
from tests.ledger.kept import journal_of
from tests.ledger.made_up import metered, opened, whole_call

async def main(folder, first):
    path = folder / "payback.db"
    lock = LedgerLock(path)
    store = open_store(path)
    start_ledger(store, Spool(folder / "spool"), journal_of(store))
    identity = store.identity()
    store.close()
    files = dict(ledger=path, spool=folder / "spool", reserve=folder / "reserve")
    writer = Writer(ScribeProcess(lock=lock.descriptor, identity=identity, **files), len)
    await writer.start()
    print("ready", flush=True)
    async def call(number):
        while True:
            for entry in (opened(number), metered(opened(number)), whole_call(number)):
                await writer.commit(entry)
                print(number, int(entry.state), flush=True)
            number += 8
    await asyncio.gather(*(call(first + lane) for lane in range(8)))

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""
"""Eight callers at once, each of which says what was confirmed to it."""


def run_and_kill(folder: Path, first: int, after_lines: int) -> dict[int, State]:
    """The last state of each call that was confirmed before SIGKILL came."""
    confirmed: dict[int, State] = {}
    with subprocess.Popen(
        [sys.executable, "-c", CONFIRM, str(folder), str(first)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(after_lines):
            note(process.stdout.readline(), confirmed)
        os.kill(process.pid, signal.SIGKILL)
        for line in process.stdout:  # confirmed too: it was said before the kill
            note(line, confirmed)
        assert process.wait() == -signal.SIGKILL
    until_it_holds(lambda: not is_held(folder / "payback.db"))  # its scribe has a commit to end
    return confirmed


def note(line: str, confirmed: dict[int, State]) -> None:
    if line.endswith("\n"):
        number, state = line.split()
        confirmed[int(number)] = State(int(state))


def test_what_was_confirmed_survives_kill_9_and_the_same_is_reported_before_and_after_the_restart(
    tmp_path: Path,
) -> None:
    path = tmp_path / "payback.db"
    confirmed: dict[int, State] = {}
    chance = random.Random(20261102)
    for run in range(4):
        confirmed |= run_and_kill(tmp_path, first=run * 100_000, after_lines=chance.randint(1, 150))
        assert not is_held(path)
        take_over_left(path)
        reader = open_sqlite_reader(path)
        by_id = {entry.call.call_id: entry for entry in reader.calls(MONTH)}
        for number, state in confirmed.items():
            assert_survived(by_id[whole_call(number).call.call_id], number, state)
        assert reader.disagreements() == []
        report = reader.report(MONTH, GroupBy.MODEL)
        assert report.total.calls == len(by_id)
        assert report.total.interrupted_calls == sum(
            e.call.outcome is Outcome.INTERRUPTED for e in by_id.values()
        )
        store = open_store(path)
        start_ledger(store, Spool(tmp_path / "spool"), journal_of(store))
        assert reader.report(MONTH, GroupBy.MODEL) == report
        assert {entry.call.call_id: entry for entry in reader.calls(MONTH)} == by_id
        reader.close()
        store.close()
    assert len(confirmed) >= 4


def assert_survived(entry: Entry, number: int, state: State) -> None:
    """Confirmed as *state*; a later one may have been written and not said."""
    lives = {
        State.OPEN: [interrupted(opened(number)), interrupted(metered(opened(number))), whole_call(number)],
        State.METERED: [interrupted(metered(opened(number))), whole_call(number)],
        State.ENDED: [whole_call(number)],
    }
    assert entry in lives[state]


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from ledger.errors import LedgerUnavailable
from ledger.spool import Spool
from ledger.sqlite.store import open_store
from ledger.keeper import Keeper
from tests.ledger.kept import writer_over
from tests.ledger.made_up import whole_call

async def main(folder):
    store = open_store(folder / "payback.db")
    writer = await writer_over(Keeper(store, Spool(folder / "spool"), folder / "reserve"))
    await writer.commit(whole_call(0))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    kept, refused = [], 0
    for number in range(1, 2000):
        try:
            await writer.commit(whole_call(number, request_model="m" * 190 + str(number)))
            kept.append(number)
        except LedgerUnavailable:
            refused += 1
            if refused == 3:
                break
    assert refused == 3 and kept, (refused, len(kept), writer.problem)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await asyncio.sleep(2.5)
    assert writer.problem is None and writer.spooled == 0, writer.problem
    await writer.commit(whole_call(9999))
    await writer.close()
    print(*kept)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_disk_that_takes_no_more_refuses_calls_and_room_ends_that_without_a_restart(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    kept = {whole_call(int(number)).call.call_id for number in ran.stdout.split()}
    reader = open_sqlite_reader(tmp_path / "payback.db")
    held = {entry.call.call_id for entry in reader.calls(MONTH)}
    assert held >= kept | {whole_call(0).call.call_id, whole_call(9999).call.call_id}
    assert reader.disagreements() == []
    reader.close()


class FailingOnce:
    """A connection whose *n*-th statement fails as it does when the disk fails; all others work."""

    def __init__(self, connection: sqlite3.Connection, n: int) -> None:
        self._connection = connection
        self._left = n

    @property
    def has_failed(self) -> bool:
        return self._left <= 0

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        self._left -= 1
        if self._left == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(*statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


STORY = [opened(1), metered(opened(1)), opened(2, request_model="other"), whole_call(1), whole_call(3)]


@pytest.mark.parametrize("method", ["write", "replay"])
def test_whichever_statement_fails_nothing_is_half_written(tmp_path: Path, method: str) -> None:
    """n = 1, 2, 3 ... until a run comes through: each failed call of the store has changed nothing."""
    n = 0
    while True:
        n += 1
        path = tmp_path / f"{n}.db"
        store = SqliteStore(path)
        failing = FailingOnce(store._connection, n)
        store._connection = failing  # type: ignore[assignment]
        model: dict[CallId, Entry] = {}
        for entry in STORY:
            try:
                getattr(store, method)([entry])
            except sqlite3.OperationalError:
                assert_holds(path, model)
                getattr(store, method)([entry])
            keep(model, [entry])
        assert_holds(path, model)
        store.close()
        if not failing.has_failed:
            break
    assert n > 4 * len(STORY)


def assert_holds(path: Path, model: dict[CallId, Entry]) -> None:
    lock = LedgerLock(path)
    reader = open_sqlite_reader(path)
    assert {entry.call.call_id: entry for entry in reader.calls(MONTH)} == model
    assert reader.disagreements() == []
    reader.close()
    lock.release()


async def test_whichever_statement_fails_the_entry_waits_in_the_spool_and_is_in_the_ledger_after(
    tmp_path: Path,
) -> None:
    n = 0
    while True:
        n += 1
        path = tmp_path / f"{n}.db"
        store, spool = SqliteStore(path), Spool(tmp_path / f"{n}.spool")
        failing = FailingOnce(store._connection, n)
        store._connection = failing  # type: ignore[assignment]
        keeper = Keeper(store, spool, tmp_path / "no folder" / "reserve")
        writer = await writer_over(keeper)
        for entry in STORY:
            await writer.commit(entry)
            if writer.problem is not None:
                assert entry in Spool(spool.path).entries()
                keeper._retry_at = 0.0  # do not wait a second for each n
        while writer.problem is not None:
            await writer.commit(STORY[-1])
        assert writer.spooled == 0
        model: dict[CallId, Entry] = {}
        keep(model, STORY)
        assert_holds(path, model)
        has_failed = failing.has_failed
        await writer.close()
        if not has_failed:
            break
    assert n > 4 * len(STORY)


def test_a_reader_of_a_ledger_whose_writer_was_just_killed_waits_for_nobody(tmp_path: Path) -> None:
    run_and_kill(tmp_path, first=0, after_lines=5)
    started = time.monotonic()
    reader = open_sqlite_reader(tmp_path / "payback.db")
    assert reader.report(MONTH, GroupBy.DAY).total.calls > 0
    assert time.monotonic() - started < 1
    reader.close()


def test_kill_9_while_the_ledger_is_locked_loses_nothing_that_the_spool_confirmed(tmp_path: Path) -> None:
    path, spool, said = tmp_path / "payback.db", tmp_path / "spool", tmp_path / "said"
    open_store(path).close()
    with said.open("w") as output:
        process = subprocess.Popen([sys.executable, "-c", CONFIRM, str(tmp_path), "0"], stdout=output)
        until_it_holds(lambda: said.stat().st_size > 0)
        prompt = sqlite3.connect(path, isolation_level=None, timeout=20)
        prompt.execute("BEGIN IMMEDIATE")
        until_it_holds(lambda: spool.exists() and spool.stat().st_size > 2000)
        process.kill()
        process.wait()
    prompt.close()
    until_it_holds(lambda: not is_held(path))
    confirmed: dict[int, State] = {}
    for line in said.read_text().splitlines(keepends=True)[1:]:
        note(line, confirmed)
    store = open_store(path)
    start_ledger(store, Spool(spool), journal_of(store))
    store.close()
    reader = open_sqlite_reader(path)
    by_id = {entry.call.call_id: entry for entry in reader.calls(MONTH)}
    for number, state in confirmed.items():
        assert_survived(by_id[whole_call(number).call.call_id], number, state)
    assert reader.disagreements() == []
    reader.close()


def until_it_holds(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)
