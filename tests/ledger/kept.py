"""Ledgers that tests keep, with lock, store, reader and writer; a dict says what should be in one."""

import asyncio
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.call import Entry, State
from ledger.ids import CallId
from ledger.journal import Journal, journal_path
from ledger.keeper import Keeper
from ledger.lock import LedgerLock
from ledger.period import month_of
from ledger.scribe import Scribe
from ledger.spool import Spool
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from ledger.sqlite.store import SqliteStore
from ledger.store import GroupBy
from ledger.usage import TokenUsage
from ledger.writer import Writer
from tests.ledger.made_up import DAY, called_at

MONTH = month_of(DAY)


class Ledger:
    """A store with the lock held, and a reader beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = LedgerLock(path)
        self.store = SqliteStore(path)
        self.reader = SqliteReader(path)

    def close(self) -> None:
        self.store.close()
        self.reader.close()
        self.lock.release()

    def killed(self, to: Path) -> Path:
        """What the disk holds at this instant, as if the process ended here; the WAL is not folded in."""
        for suffix in ("", "-wal"):
            shutil.copy(f"{self.path}{suffix}", f"{to}{suffix}")
        self.close()
        return to


@contextmanager
def nobody_writing(ledger: Ledger) -> Iterator[None]:
    """As after a process that was killed."""
    ledger.lock.release()
    try:
        yield
    finally:
        ledger.lock = LedgerLock(ledger.path)


def filled(ledger: Ledger, hours: int, calls: int) -> None:
    """From hour 1 on, so many calls in each."""
    ledger.store.write([called_at(hour, number) for hour in range(1, hours + 1) for number in range(calls)])


def entries_in(reader: SqliteReader) -> list[Entry]:
    return list(reader.calls(MONTH))


Model = dict[CallId, Entry]
"""The ledger as it should be."""


def keep(model: Model, entries: Iterable[Entry]) -> None:
    for entry in entries:
        known = model.get(entry.call.call_id)
        if known is None or _says_more(entry, known):
            model[entry.call.call_id] = entry


def _says_more(entry: Entry, known: Entry) -> bool:
    if entry.state is known.state is State.METERED:
        counts = [each.call.usage or TokenUsage(input_tokens=0) for each in (known, entry)]
        before, now = (count.input_tokens + count.output_tokens for count in counts)
        return before <= now
    return known.state is not State.ENDED and entry.state >= known.state


class ScribeThread:
    """A scribe in this process, with parts that tests can reach."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._thread: threading.Thread | None = None

    def __call__(self, end: socket.socket) -> "ScribeThread":
        self._thread = threading.Thread(target=Scribe(self._keeper, end.dup()).run, daemon=True)
        self._thread.start()
        return self

    def ended(self) -> None:
        assert self._thread is not None
        self._thread.join()


def no_spool(_: Sequence[Entry]) -> int:
    raise OSError("while a scribe starts, it keeps the spool")


async def writer_over(keeper: Keeper) -> Writer:
    """Started, with *keeper* on a thread of its own."""
    writer = Writer(ScribeThread(keeper), no_spool)
    await writer.start()
    return writer


@dataclass
class Desk:
    """A writer at work, and the places it writes to."""

    path: Path
    store: SqliteStore
    writer: Writer

    @property
    def spool_path(self) -> Path:
        return self.path.with_name("payback.db.spool")

    @property
    def reserve_bytes(self) -> int:
        """0: it was given back."""
        reserve = self.path.with_name("payback.db.reserve")
        return reserve.stat().st_size if reserve.exists() else 0

    def in_ledger(self) -> list[Entry]:
        """As another process sees it. Also proves that rows and rollups agree."""
        reader = open_sqlite_reader(self.path)
        entries = list(reader.calls(MONTH))
        assert reader.disagreements() == []
        assert reader.report(MONTH, GroupBy.DAY).total.calls == sum(entry.state > 0 for entry in entries)
        reader.close()
        return entries

    @contextmanager
    def locked_by_another(self) -> Iterator[None]:
        """As a SQL prompt does that was left in a transaction."""
        prompt = sqlite3.connect(self.path, isolation_level=None)
        prompt.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            prompt.close()


def journal_of(store: SqliteStore) -> Journal:
    return Journal(journal_path(store.path), store.identity())


@asynccontextmanager
async def desk_at(folder: Path) -> AsyncIterator[Desk]:
    path = folder / "payback.db"
    lock = LedgerLock(path)
    store = SqliteStore(path)
    spool, reserve = path.with_name("payback.db.spool"), path.with_name("payback.db.reserve")
    desk = Desk(path, store, await writer_over(Keeper(store, Spool(spool), reserve, journal_of(store))))
    try:
        yield desk
    finally:
        await desk.writer.close()
        lock.release()


async def until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "not in time"
        await asyncio.sleep(0.01)
