"""A copy of the ledger while it is written to: whole, checked, and in its place at once or not at all.

The copy shows the ledger at one moment: what is read belongs to one transaction, however long that takes.
SQLite would otherwise begin again with every commit, and at many calls a second never come to an end
(https://www.sqlite.org/backup.html). Meanwhile the write-ahead log grows by what is committed."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import BackupRefused
from ledger.sqlite.connection import damaged, open_reader
from ledger.sqlite.health import schema_of_whole_file
from ledger.sqlite.reader import open_sqlite_reader

STEP_PAGES = 2560
"""10 MiB at once; then the disk is the calls' for a moment."""
PAUSE_SECONDS = 0.01
_LEFTOVERS = ("-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    schema: int
    size_bytes: int
    disagreements: int
    """Sums that are not those of the calls, as in the ledger itself: a fault of payback, not of the copy."""


def back_up(ledger: Path, copy: Path, *, fill: Callable[[Path, Path], None] | None = None) -> Copied:
    """Copy *ledger* to *copy*, which must not exist. A server may be running, or have been killed. *fill*
    writes the copy some other way.

    Raises BackupRefused, LedgerDamaged where SQLite does not find the copy whole, and LedgerError as a reader
    does. Then there is no copy."""
    if os.path.lexists(copy):
        raise BackupRefused(f"{copy} is there already; name a file that is not, or take it away")
    if not copy.absolute().parent.is_dir():
        raise BackupRefused(f"the folder of {copy} is not there; make it, or name another")
    with _beside(copy) as part:
        (fill or _copy)(ledger, part)
        copied = _checked(part)
        _sync(part)
        _name(part, copy)
    _sync(copy.absolute().parent)
    return copied


def _copy(ledger: Path, part: Path) -> None:
    with closing(open_reader(ledger)) as source, closing(sqlite3.connect(part)) as target:
        try:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on it is one moment
            source.backup(target, pages=STEP_PAGES, progress=_pause)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, which a read-only disk can hold
        except sqlite3.Error as error:
            if "malformed" in str(error):
                raise damaged(ledger) from error
            raise BackupRefused(f"the copy broke off, and nothing of it was kept: {error}") from error


def _pause(_status: int, left: int, _pages: int) -> None:
    if left:
        time.sleep(PAUSE_SECONDS)


def _checked(part: Path) -> Copied:
    schema = schema_of_whole_file(part)
    with closing(open_sqlite_reader(part)) as reader:
        wrong = reader.disagreements()
    return Copied(schema=schema, size_bytes=part.stat().st_size, disagreements=len(wrong))


@contextmanager
def _beside(copy: Path) -> Iterator[Path]:
    """A file for the owner alone, in the folder of *copy*; gone when this ends."""
    part = copy.with_name(f".{copy.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise BackupRefused(f"cannot write beside {copy}: {error.strerror}; name another file") from error
    try:
        yield part
    finally:
        for end in ("", *_LEFTOVERS):
            with suppress(FileNotFoundError):
                part.with_name(f"{part.name}{end}").unlink()


def _name(part: Path, copy: Path) -> None:
    """Under its name at once; what has come there meanwhile is left alone."""
    try:
        copy.hardlink_to(part)
    except FileExistsError:
        raise BackupRefused(f"{copy} has come up meanwhile; name another file") from None
    except OSError:  # a file system without hard links
        part.rename(copy)


def _sync(place: Path) -> None:
    number = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
