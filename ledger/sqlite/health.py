"""What the file itself and the SQLite that reads it are like; asked by payback check, which has the time."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ledger.sqlite.connection import damaged, explaining, open_reader

SQLITE_VERSION = sqlite3.sqlite_version_info
Version = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is known to be wrong with some versions of SQLite, and matters to a ledger."""

    first: Version
    last: Version
    mended: frozenset[Version] = frozenset()
    """Versions within that do not have it."""
    what: str
    """After "SQLite 3.x.y "."""
    but: str
    """What that means here."""
    source: str


FAULTS = (
    Fault(
        first=(3, 7, 0),
        last=(3, 51, 2),
        mended=frozenset({(3, 44, 6), (3, 50, 7)}),
        what="may lose commits or damage the file where two connections write or checkpoint at once",
        but="payback writes with one, so that is harmless while no other program writes to the ledger;"
        " 3.51.3 is free of it",
        source="https://www.sqlite.org/wal.html#walresetbug",
    ),
    Fault(
        first=(3, 52, 0),
        last=(3, 52, 0),
        what="was withdrawn by its makers, as it does not agree with earlier versions",
        but="no effect on ledgers is known; 3.51.3 and 3.53.0 are in its place",
        source="https://www.sqlite.org/changes.html",
    ),
)
"""Those that concern a file with a write-ahead log, in versions that know STRICT tables (3.37.0 and later: an
older one cannot open a ledger). Read 2026-11-22."""


def schema_of_whole_file(path: Path) -> int:
    """The schema's version, after every page was looked at: a second for some 100 MB.

    Raises LedgerDamaged, and LedgerError as a reader does."""
    with closing(open_reader(path)) as connection, explaining(path):
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            raise damaged(path)
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def faults_of(version: Version) -> list[Fault]:
    """
    >>> [len(faults_of(version)) for version in ((3, 40, 1), (3, 50, 7), (3, 51, 3), (3, 52, 0))]
    [1, 0, 0, 1]
    """
    return [fault for fault in FAULTS if fault.first <= version <= fault.last and version not in fault.mended]
