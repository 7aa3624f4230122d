"""What the file itself and the SQLite that reads it are like; asked by payback check, which has the time."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.sqlite.connection import damaged, explaining, open_reader

SQLITE_VERSION = sqlite3.sqlite_version_info
_WAL_RESET_FAULT = ((3, 7, 0), (3, 51, 2))
"""First and last version that may lose commits where two connections write or checkpoint:
https://www.sqlite.org/wal.html, section on the WAL-reset bug."""
_MENDED = frozenset({(3, 44, 6), (3, 50, 7)})


def schema_of_whole_file(path: Path) -> int:
    """The schema's version, after every page was looked at: a second for some 100 MB.

    Raises LedgerDamaged, and LedgerError as a reader does."""
    with closing(open_reader(path)) as connection, explaining(path):
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            raise damaged(path)
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def has_wal_reset_fault(version: tuple[int, ...]) -> bool:
    """
    >>> has_wal_reset_fault((3, 40, 1)), has_wal_reset_fault((3, 50, 7)), has_wal_reset_fault((3, 51, 3))
    (True, False, False)
    """
    first, last = _WAL_RESET_FAULT
    return first <= version <= last and version not in _MENDED
