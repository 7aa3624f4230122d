"""What a reader has to do about a payback that was killed: what that had in its journal goes into the ledger
first. While a payback lives, that is its own business, and takes it a third of a second."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from ledger.errors import LedgerError, LedgerInUse
from ledger.journal import Journal, first_record, journal_path
from ledger.keeper import take_over
from ledger.lock import LedgerLock, is_held, lock_path
from ledger.sqlite.store import SqliteStore

PATIENCE_S = 3.0
"""For a payback that starts, a scribe that ends, another reader: whoever holds the ledger takes over."""
_PAUSE_S = 0.005


def take_over_left(ledger: Path) -> None:
    """Returns when what the journal has now is in the ledger. Raises LedgerError where that does not happen:
    then some of the last calls are missing there."""
    journal = journal_path(ledger)
    left = first_record(journal)
    until_s = time.monotonic() + PATIENCE_S
    while left and first_record(journal) == left:
        if _may_lock(ledger) and not is_held(ledger):
            with suppress(LedgerInUse):  # a payback, or another reader, was quicker
                return _take_over(ledger)
        if time.monotonic() > until_s:
            raise LedgerError(f"what is in the journal {journal} does not get into the ledger")
        time.sleep(_PAUSE_S)
    return None


def _may_lock(ledger: Path) -> bool:
    """Who may not cannot tell whether a payback lives either."""
    lock = lock_path(ledger)
    return not lock.exists() or os.access(lock, os.R_OK | os.W_OK)


def _take_over(ledger: Path) -> None:
    lock = LedgerLock(ledger)
    try:
        with closing(SqliteStore(ledger, is_checked=True)) as store:
            take_over(store, Journal(journal_path(ledger), store.identity()))
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"the ledger {ledger} cannot be written: {error}") from error
    finally:
        lock.release()
