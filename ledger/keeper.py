"""The keeper: puts entries into the ledger, or into its spool while the ledger cannot be written."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from ledger.call import Entry, bare, without_names
from ledger.errors import LedgerError, LedgerUnavailable
from ledger.spool import Spool
from ledger.store import Store

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""A ledger that could not be written is tried again after this; until then the spool takes all."""
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


class Keeper:
    """Owns the store and the spool. Its methods block: one thread calls them."""

    def __init__(self, store: Store, spool: Spool, reserve: Path) -> None:
        self._store = store
        self._spool = spool
        self._reserve = reserve
        self._retry_at = 0.0
        self.problem: str | None = None
        """Why the ledger cannot be written at present; None: it can."""
        self.spool_problem: str | None = None
        _fill_reserve(reserve)

    @property
    def spooled(self) -> int:
        """Entries that wait in the spool."""
        return self._spool.waiting

    @property
    def is_troubled(self) -> bool:
        """Whether it is to be asked again though nothing new comes."""
        return self.problem is not None or self._spool.waiting > 0

    def keep(self, entries: list[Entry]) -> str | None:
        """None: they are on the disk, in ledger or spool. Else why they are nowhere. Never raises."""
        try:
            self._keep_entries(entries)
        except OSError as error:
            self._note_spool_problem(str(error.strerror or error))
            return "neither the ledger nor its spool can be written"
        except Exception as error:  # whoever waits must hear of every fault
            log.error("the ledger's writer failed", exc_info=error)
            return "the ledger's writer failed"
        return None

    def close(self) -> None:
        self._store.close()

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
