"""What a reader has to do about a payback that was killed: what that had in its journal goes into the ledger
first. While a payback lives, that is its own business; a scribe that outlives its payback is waited for."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.errors import LedgerError, LedgerInUse
from ledger.journal import Journal, has_records, journal_path
from ledger.keeper import take_over
from ledger.lock import LedgerLock, holder_lives, is_held
from ledger.sqlite.store import SqliteStore


def take_over_left(ledger: Path) -> None:
    """Raises LedgerError where it cannot be done: then some of the last calls are not in the ledger."""
    if not has_records(journal_path(ledger)) or (is_held(ledger) and holder_lives(ledger)):
        return
    try:
        lock = LedgerLock(ledger)
    except LedgerInUse:  # a payback has started just now, or is in another container; it does it
        return
    try:
        with closing(SqliteStore(ledger, is_checked=True)) as store:
            take_over(store, Journal(journal_path(ledger), store.identity()))
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"the ledger {ledger} cannot be written: {error}") from error
    finally:
        lock.release()
