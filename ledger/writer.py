"""The writer: one thread, group commit, and what happens when the ledger cannot be written.

Entries queue up while a commit runs and are kept together in the next one. Who awaits `commit` goes on
when the entry is on the disk: in the ledger, or in the spool while the ledger cannot be written. When
neither takes it, `commit` raises LedgerUnavailable and the caller decides."""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue

from ledger.call import Entry, bare, without_names
from ledger.errors import LedgerError, LedgerUnavailable
from ledger.spool import Spool
from ledger.store import Store

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""A ledger that could not be written is tried again after this; until then the spool takes all."""
BUSY_SECONDS = 0.001
LINGER_SECONDS = 0.0003
"""A commit that follows another one within BUSY_SECONDS waits this long for company. At 2,000 calls/s that
takes a quarter of the CPU time off a call, and of its delay: fewer commits, less waiting for each other."""
RESERVE_BYTES = 8 << 20
"""Given back to the file system when it is full, so that the calls under way can be written down."""
REPLAY_ENTRIES = 1000

_UNFIT = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    OverflowError,
    TypeError,
    AssertionError,
)
"""What SQLite and its rows raise for values that they cannot hold."""
_Waiting = tuple[Entry, "asyncio.Future[None] | None"]
_STOP = None


class Writer:
    """Owns the store and the spool from start to close."""

    def __init__(self, store: Store, spool: Spool, reserve: Path) -> None:
        self._store = store
        self._spool = spool
        self._reserve = reserve
        self._queue: SimpleQueue[Sequence[_Waiting | None]] = SimpleQueue()
        self._gathered: list[_Waiting] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._closed = False
        self._retry_at = 0.0
        self._kept_at = 0.0
        self.problem: str | None = None
        """Why the ledger cannot be written at present; None: it can."""
        self.spool_problem: str | None = None

    @property
    def spooled(self) -> int:
        """Entries that wait in the spool."""
        return self._spool.waiting

    def start(self) -> None:
        """Call on the event loop that will await commits."""
        self._loop = asyncio.get_running_loop()
        _fill_reserve(self._reserve)
        self._thread.start()

    def commit(self, entry: Entry) -> "asyncio.Future[None]":
        """Await it: then *entry* is on the disk. Raises LedgerUnavailable when it is nowhere."""
        assert self._loop is not None
        future = self._loop.create_future()
        if self._closed:
            future.set_exception(LedgerUnavailable("the ledger is closed"))
        else:
            self._gather((entry, future))
        return future

    def post(self, entry: Entry) -> None:
        """Write *entry* with the next commit; nobody waits."""
        if self._closed:
            log.error(
                "an entry came after the ledger was closed; the next start ends its call as interrupted"
            )
        else:
            self._gather((entry, None))

    def _gather(self, waiting: _Waiting) -> None:
        """What comes within one turn of the loop goes to the thread together: waking it is what costs."""
        assert self._loop is not None
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(waiting)

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._queue.put(gathered)

    async def close(self) -> None:
        """Everything that was posted is written before this returns."""
        self._closed = True
        self._hand_over()
        self._queue.put([_STOP])
        await asyncio.to_thread(self._thread.join)
        self._store.close()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            batch = self._next_batch()
            stopping = _STOP in batch
            self._keep([waiting for waiting in batch if waiting is not None])
            self._kept_at = time.monotonic()

    def _next_batch(self) -> "list[_Waiting | None]":
        """All that waits; an empty batch when it is time to try the ledger again."""
        batch: list[_Waiting | None] = []
        troubled = self._spool.waiting or self.problem is not None
        with suppress(Empty):
            batch += self._queue.get(timeout=RETRY_SECONDS if troubled else None)
            if time.monotonic() - self._kept_at < BUSY_SECONDS:
                time.sleep(LINGER_SECONDS)
            while True:
                batch += self._queue.get_nowait()
        return batch

    def _keep(self, batch: Sequence[_Waiting]) -> None:
        failure: Exception | None = None
        try:
            self._keep_entries([entry for entry, _ in batch])
        except OSError as error:
            self._note_spool_problem(str(error.strerror or error))
            failure = LedgerUnavailable("neither the ledger nor its spool can be written")
        except Exception as error:  # this thread must outlive every fault: callers wait for it
            log.error("the ledger's writer failed", exc_info=error)
            failure = LedgerUnavailable("the ledger's writer failed")
        futures = [future for _, future in batch if future is not None]
        if futures and self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(_settle, futures, failure)

    def _keep_entries(self, entries: list[Entry]) -> None:
        """To the ledger, or else to the spool. Raises OSError when neither takes them."""
        if time.monotonic() >= self._retry_at and self._try_ledger(entries):
            return
        if entries:
            self._spool.append(entries)
            self.spool_problem = None

    def _try_ledger(self, entries: list[Entry]) -> bool:
        try:
            if self._spool.waiting:
                _replay_spool(self._store, self._spool)
            if entries:
                self._write(entries)
            elif self.problem is not None:
                self._store.probe()
        except (sqlite3.Error, OSError) as error:
            self._note_problem(str(error))
            return False
        self._note_recovery()
        return True

    def _write(self, entries: list[Entry]) -> None:
        try:
            refused = _keep_all(self._store.write, entries)
        except sqlite3.OperationalError as error:
            if "full" not in str(error) or not _give_back(self._reserve):
                raise
            log.error("the disk is full; the reserve %s was given back", self._reserve)
            refused = _keep_all(self._store.replay, entries)
        if refused:
            raise LedgerError(f"the ledger refuses {len(refused)} entries in every form")

    def _note_problem(self, problem: str) -> None:
        self._retry_at = time.monotonic() + RETRY_SECONDS
        if self.problem is None:
            log.error("the ledger cannot be written: %s; calls go to the spool %s", problem, self._spool.path)
        self.problem = problem

    def _note_spool_problem(self, problem: str) -> None:
        if self.spool_problem is None:
            log.error("the spool %s cannot be written either: %s", self._spool.path, problem)
        self.spool_problem = problem

    def _note_recovery(self) -> None:
        if self.problem is not None:
            log.warning("the ledger can be written again")
            self.problem = self.spool_problem = None
            _fill_reserve(self._reserve)


def start_ledger(store: Store, spool: Spool) -> int:
    """What must be in the ledger before a new call is. Returns how many calls an earlier process left open.

    Raises LedgerUnavailable when that cannot be written."""
    try:
        if spool.waiting:
            _replay_spool(store, spool)
        return store.recover()
    except (sqlite3.Error, OSError) as error:
        raise LedgerUnavailable(
            f"the ledger cannot take over what an earlier run left: {error};"
            " end what holds it, or free the disk"
        ) from error


def _replay_spool(store: Store, spool: Spool) -> None:
    for part in _parts(spool.entries()):
        for refused in _keep_all(store.replay, part):
            spool.set_aside(refused)
    log.warning("the ledger has taken over %d entries from the spool", spool.waiting)
    spool.clear()


def _parts(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while part := list(islice(entries, REPLAY_ENTRIES)):
        yield part


def _keep_all(keep: Callable[[list[Entry]], object], entries: list[Entry]) -> list[Entry]:
    """Keep *entries* together; one that the ledger's rules refuse, with as much of it as fits.

    Returns those that do not fit in any form: there are none unless this program is wrong."""
    try:
        keep(entries)
    except _UNFIT as error:
        if len(entries) > 1:
            middle = len(entries) // 2
            return _keep_all(keep, entries[:middle]) + _keep_all(keep, entries[middle:])
        log.error("an entry does not fit the ledger; its details are left out: %s", type(error).__name__)
        return [] if _keep_less(keep, entries[0]) else entries
    return []


def _keep_less(keep: Callable[[list[Entry]], object], entry: Entry) -> bool:
    for less in (without_names, bare):
        with suppress(*_UNFIT):
            keep([less(entry)])
            return True
    return False


def _settle(futures: "Sequence[asyncio.Future[None]]", failure: Exception | None) -> None:
    for future in futures:
        if future.done():
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)


def _fill_reserve(reserve: Path) -> None:
    """Real bytes, not a hole. No reserve is no reason not to start."""
    try:
        if not reserve.exists() or reserve.stat().st_size < RESERVE_BYTES:
            reserve.write_bytes(b"\0" * RESERVE_BYTES)
            reserve.chmod(0o600)
    except OSError as error:
        log.warning("no reserve for a full disk at %s: %s", reserve, error.strerror)
        _give_back(reserve)


def _give_back(reserve: Path) -> bool:
    with suppress(OSError):
        reserve.unlink()
        return True
    return False
