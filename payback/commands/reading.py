"""A ledger that a command asks: whole also where a payback was killed a moment ago."""

import sys
from pathlib import Path

from ledger.errors import LedgerError
from ledger.journal import has_records, journal_path
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from payback.terminal import LONGEST_SENTENCE, clean


def open_ledger(ledger: Path) -> SqliteReader:
    """Close it. Raises LedgerError. What a killed payback has left in the journal goes into the ledger first,
    or it is said that it is missing."""
    reader = open_sqlite_reader(ledger)
    if has_records(journal_path(ledger)):
        _complete(ledger)
    return reader


def _complete(ledger: Path) -> None:
    from ledger.after_kill import take_over_left

    try:
        take_over_left(ledger)
    except LedgerError as error:
        sentence = f"some of the last calls may be missing: {error}; start payback serve, which adds them"
        print(f"payback: {clean(sentence, LONGEST_SENTENCE)}", file=sys.stderr)
