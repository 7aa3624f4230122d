"""Connections to the ledger file.

Exactly one connection writes and checkpoints, guarded by ledger.lock; all others are read-only. So the
WAL-reset fault of SQLite 3.7.0 to 3.51.2 (two connections that checkpoint) cannot be met."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from urllib.parse import quote

from ledger.errors import LedgerDamaged, LedgerError, SchemaError
from ledger.lock import make_private_folder
from ledger.sqlite.schema import check, check_readable, migrate

_STATEMENTS = 256
"""Kept compiled: the sizes that ledger.sqlite.store writes in, and what else is asked."""
_CACHE_KIB = -8000
"""Negative: KiB, not pages (https://www.sqlite.org/pragma.html#pragma_cache_size)."""
_WAL_PAGES = 1000
"""Then the write-ahead log is folded into the file, and written over from its start."""
_PAGE_BYTES = 4096
BUSY_MS = 500
"""Somebody else's lock (a SQL prompt, a backup) is waited for this long; then the spool takes over."""
QUICK_CHECK_SECONDS = 2.0
"""The check at start reads the whole file; on a large one it is given up and left to payback check."""
_WRITER_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # NORMAL loses the last commits when the power goes
    f"busy_timeout = {BUSY_MS}",
    "mmap_size = 0",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    f"cache_size = {_CACHE_KIB}",
    f"wal_autocheckpoint = {_WAL_PAGES}",
)
_READER_PRAGMAS = ("query_only = ON", f"busy_timeout = {BUSY_MS * 10}", "trusted_schema = OFF")


def open_writer(path: Path, *, is_checked: bool = False) -> sqlite3.Connection:
    """The one connection that writes; the caller holds the lock. Makes file and schema if need be.

    *is_checked*: the file was found in order just now."""
    make_private_folder(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise LedgerError(
            f"cannot open the ledger {path}: {error.strerror}; give --ledger another path"
        ) from error
    with _opened(path, str(path), uri=False) as connection:
        check(connection, str(path))
        for pragma in _WRITER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not is_checked:
            _quick_check(connection, path)
        migrate(connection, str(path))
        _stretch_wal(connection)
    return connection


def open_reader(path: Path, limit_s: float | None = None) -> sqlite3.Connection:
    """A connection that cannot write; works beside a live writer and after one that was killed.

    It answers no longer than *limit_s* from now; None: as long as it takes."""
    if not path.exists():
        raise LedgerError(
            f"there is no ledger at {path}; start payback serve first, or give --ledger its path"
        )
    address = f"file:{quote(os.fsencode(path.resolve()))}?mode=ro"
    with _opened(path, address, uri=True) as connection:
        for pragma in _READER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        check_readable(connection, str(path))
    if limit_s is not None:
        _limit(connection, limit_s)
    return connection


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turns what SQLite raises into a LedgerError with a sentence for the user."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error


@contextmanager
def _opened(path: Path, address: str, *, uri: bool) -> Iterator[sqlite3.Connection]:
    """A connection that is closed again when something is wrong with the file."""
    with explaining(path):
        connection = sqlite3.connect(
            address, uri=uri, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
        )
        try:
            yield connection
        except BaseException:
            connection.close()
            raise


def _stretch_wal(connection: sqlite3.Connection) -> None:
    """Make the write-ahead log as long as it will get, by writing what is then taken back.

    A sync of a file that has grown takes the disk twice as long as one of a file that was written over."""
    connection.execute("PRAGMA cache_size = -100")  # so that what does not fit goes to the file at once
    with suppress(sqlite3.OperationalError):  # a full disk: then it grows as it is needed
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO setting (name, value) VALUES ('stretch', zeroblob(?))", (_WAL_PAGES * _PAGE_BYTES,)
        )
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    connection.execute(f"PRAGMA cache_size = {_CACHE_KIB}")


def _limit(connection: sqlite3.Connection, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 100_000)


def _quick_check(connection: sqlite3.Connection, path: Path) -> None:
    is_given_up = Event()

    def give_up() -> None:
        is_given_up.set()
        connection.interrupt()

    # The whole check may be one step of SQLite's, in which no progress is told.
    alarm = Timer(QUICK_CHECK_SECONDS, give_up)
    alarm.start()
    try:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        verdict = "ok"
    finally:
        alarm.cancel()
        alarm.join()
    if verdict != "ok" and not is_given_up.is_set():
        raise damaged(path)


def _explained(error: sqlite3.Error, path: Path) -> LedgerError:
    text = str(error)
    if "malformed" in text:
        return damaged(path)
    if "interrupted" in text:
        return LedgerError(f"the ledger {path} did not answer in time; ask for fewer days, or try again")
    if "not a database" in text:
        return SchemaError(f"{path} is not a ledger and not a SQLite file; give --ledger another path")
    return LedgerError(f"cannot use the ledger {path}: {text}; mend that, or give --ledger another path")


def damaged(path: Path) -> LedgerDamaged:
    return LedgerDamaged(
        f"the ledger {path} is damaged; save what can be read with:"
        f" payback backup --damaged recovered.db --ledger {path}"
        " and start with --ledger recovered.db (nothing was changed)"
    )
