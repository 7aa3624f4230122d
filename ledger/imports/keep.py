"""Entries from elsewhere, into a ledger that nobody else is writing."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from ledger.call import Entry
from ledger.journal import Journal, journal_path
from ledger.keeper import start_ledger
from ledger.lock import LedgerLock
from ledger.spool import Spool
from ledger.sqlite.store import open_store
from ledger.store import Store

BATCH_ENTRIES = 5000
"""In one transaction: each of them waits for the disk."""


def keep_all(ledger: Path, spool: Path | None, entries: Iterable[Entry]) -> int:
    """Keep *entries*, after what waits in the journal, and in *spool* (None: the one beside the ledger).

    Returns how many were new: one whose id the ledger has is not added again.

    Raises LedgerInUse when a payback process writes this ledger."""
    lock = LedgerLock(ledger)
    try:
        store = open_store(ledger)
        try:
            identity = store.identity()
            waiting = Spool(spool or ledger.with_name(f"{ledger.name}.spool"), identity)
            start_ledger(store, waiting, Journal(journal_path(ledger), identity))
            return _replay(store, iter(entries))
        finally:
            store.close()
    finally:
        lock.release()


def _replay(store: Store, entries: Iterator[Entry]) -> int:
    new = 0
    while batch := list(islice(entries, BATCH_ENTRIES)):
        new += store.replay(batch)
    return new
