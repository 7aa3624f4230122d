"""The keeper: puts entries into the ledger; into its journal first where they come too fast for that; into
its spool while the ledger cannot be written."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ledger.call import Entry, bare, without_names
from ledger.errors import LedgerError, LedgerUnavailable
from ledger.journal import Journal
from ledger.spool import Spool
from ledger.store import Meanwhile, Store
from ledger.waiting import Waiting

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


class _Manner(NamedTuple):
    """How entries are kept."""

    refuse: Callable[[list[Entry]], None]
    """Gets those that fit in no form."""
    meanwhile: Meanwhile | None = None


class Keeper:
    """Owns the store, the spool and the journal. Its methods block: one thread calls them."""

    def __init__(self, store: Store, spool: Spool, reserve: Path, journal: Journal | None = None) -> None:
        """Without *journal*, every commit goes to the ledger itself. Raises LedgerError where the journal of
        an earlier process cannot be read."""
        self._store = store
        self._spool = spool
        self._reserve = reserve
        self._waiting = Waiting(journal) if journal else None
        self._retry_at = 0.0
        self._is_stuck = False
        """What waits in the journal can go nowhere."""
        self.problem: str | None = None
        """Why the ledger cannot be written at present; None: it can."""
        self.spool_problem: str | None = None
        _fill_reserve(reserve)
        if self._waiting is not None:
            if spool.waiting:  # which may take long: whatever ends it then is not what the journal has
                self.do_due()
            self._waiting.take_left()
            if self._carry_over() is not None:
                self._waiting.survived()

    @property
    def spooled(self) -> int:
        """Entries that wait in the spool."""
        return self._spool.waiting

    @property
    def due_s(self) -> float | None:
        """In how many seconds carry_over is to be called, should nothing come; None: only once it does."""
        if self._is_troubled:
            return RETRY_SECONDS
        return self._waiting.due_s if self._waiting else None

    def keep(self, entries: list[Entry], parcels: bytes = b"") -> str | None:
        """None: they are on the disk, in ledger, journal or spool. Else why they are nowhere. Never raises.

        *parcels*: what they came in."""
        if parcels and self.take(entries, parcels):
            return None
        return self._carry_over() or self._kept(partial(self._keep_entries, entries, _AS_NEW))

    def take(self, entries: list[Entry], parcels: bytes) -> bool:
        """True: they are on the disk, in the journal. False: keep them, once that may take its time."""
        return self._waiting is not None and not self._is_troubled and self._waiting.take(entries, parcels)

    def do_due(self, meanwhile: Meanwhile | None = None) -> str | None:
        """Carry over what waits in the journal, and see whether the ledger can be written again. Returns why
        it cannot, nor the spool.

        *meanwhile* may have this keeper take more."""
        may_join = self._waiting is not None and self._waiting.may_join
        failure = self._carry_over(meanwhile if may_join else None)
        return failure or self._kept(partial(self._keep_entries, [], _AS_NEW))

    def close(self) -> None:
        self._carry_over()
        if self._waiting is not None:
            self._waiting.close()
        self._store.close()

    @property
    def _is_troubled(self) -> bool:
        return self.problem is not None or self._spool.waiting > 0 or self._is_stuck

    def _carry_over(self, meanwhile: Meanwhile | None = None) -> str | None:
        """What waits in the journal goes to the ledger or the spool. Returns why not: it waits on, then."""
        if self._waiting is None or not self._waiting.entries:
            return None
        entries = self._waiting.handed_out()
        failure = self._kept(partial(self._keep_waiting, self._waiting, entries, meanwhile))
        self._is_stuck = failure is not None
        if failure is None:
            self._waiting.carried()
        else:
            self._waiting.put_back(entries)
        return failure

    def _keep_waiting(self, waiting: Waiting, entries: list[Entry], meanwhile: Meanwhile | None) -> None:
        """Whoever sent them was told that they are kept: none is refused any more."""
        try:
            self._keep_entries(entries, _Manner(waiting.set_aside, meanwhile))
        except (OSError, MemoryError):
            raise
        except Exception as error:
            log.error("the ledger's writer failed", exc_info=error)
            waiting.set_aside(entries)

    def _kept(self, keep: Callable[[], None]) -> str | None:
        try:
            keep()
        except OSError:
            return "neither the ledger nor its spool can be written"
        except Exception as error:  # whoever waits must hear of every fault
            log.error("the ledger's writer failed", exc_info=error)
            return "the ledger's writer failed"
        return None

    def _keep_entries(self, entries: list[Entry], manner: _Manner) -> None:
        """To the ledger, or else to the spool. Raises OSError when neither takes them."""
        if time.monotonic() >= self._retry_at and self._try_ledger(entries, manner):
            return
        if not entries:
            return
        try:
            self._spool.append(entries)
        except OSError as error:
            self._note_spool_problem(str(error.strerror or error))
            raise
        self.spool_problem = None

    def _try_ledger(self, entries: list[Entry], manner: _Manner) -> bool:
        refused: list[Entry] = []
        try:
            if self._spool.waiting:
                _replay_spool(self._store, self._spool)
            if entries:
                refused = self._write(entries, manner.meanwhile)
            elif self.problem is not None:
                self._store.probe()
        except (sqlite3.Error, OSError, MemoryError) as error:
            self._note_problem(str(error) or type(error).__name__)
            return False
        self._note_recovery()
        if refused:
            manner.refuse(refused)
        return True

    def _write(self, entries: list[Entry], meanwhile: Meanwhile | None) -> list[Entry]:
        """Returns those that the ledger refuses in every form."""
        try:
            return keep_what_fits(partial(self._store.write, meanwhile=meanwhile), entries)
        except sqlite3.OperationalError as error:
            if "full" not in str(error) or not _give_back(self._reserve):
                raise
            log.error("the disk is full; the reserve %s was given back", self._reserve)
            return keep_what_fits(self._store.replay, entries)

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


def _raise_refused(refused: list[Entry]) -> None:
    raise LedgerError(f"the ledger refuses {len(refused)} entries in every form")


_AS_NEW = _Manner(_raise_refused)
"""Who sent them waits, and is told."""


def start_ledger(store: Store, spool: Spool, journal: Journal) -> int:
    """What must be in the ledger before a new call is. Returns how many calls an earlier process left open.

    Raises LedgerUnavailable when that cannot be written, LedgerError where its journal cannot be read."""
    try:
        take_over(store, journal)
        if spool.waiting:
            _replay_spool(store, spool)
        return store.recover()
    except (sqlite3.Error, OSError) as error:
        raise LedgerUnavailable(
            f"the ledger cannot take over what an earlier run left: {error};"
            " end what holds it, or free the disk"
        ) from error


def take_over(store: Store, journal: Journal) -> int:
    """What a killed process had confirmed, and not carried over. Returns how many entries; some of them may
    have been in the ledger. Raises sqlite3.Error, OSError, LedgerError."""
    left = journal.take_left()
    try:
        for part in _parts(iter(left)):
            journal.set_aside(keep_what_fits(store.replay, part))
    except (sqlite3.Error, OSError, MemoryError):
        journal.survived()
        raise
    journal.remove()
    return len(left)


def _replay_spool(store: Store, spool: Spool) -> None:
    for part in _parts(spool.entries()):
        for refused in keep_what_fits(store.replay, part):
            spool.set_aside(refused)
    log.warning("the ledger has taken over %d entries from the spool", spool.waiting)
    spool.clear()


def _parts(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while part := list(islice(entries, REPLAY_ENTRIES)):
        yield part


def keep_what_fits(keep: Callable[[list[Entry]], object], entries: list[Entry]) -> list[Entry]:
    """Keep *entries* together; one that the ledger's rules refuse, with as much of it as fits.

    Returns those that do not fit in any form: there are none unless this program is wrong."""
    try:
        keep(entries)
    except _UNFIT as error:
        if len(entries) > 1:
            middle = len(entries) // 2
            return keep_what_fits(keep, entries[:middle]) + keep_what_fits(keep, entries[middle:])
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
