"""What can still be read of a damaged ledger, as a new one: row by row, past pages that are broken.

The sums of its report are made again from the calls. SQLite's own way, the .recover of its shell, asks for a
part that Debian and others build without, and leaves an empty file there."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from ledger.call import Entry
from ledger.errors import BackupRefused, LedgerDamaged
from ledger.ids import CallId, us_of_call_id
from ledger.journal import Journal, journal_path
from ledger.keeper import keep_what_fits
from ledger.price import Price
from ledger.spool import Spool
from ledger.sqlite.backup import Copied, back_up
from ledger.sqlite.connection import open_reader, open_writer
from ledger.sqlite.names import Labels
from ledger.sqlite.names import Names as SoundNames
from ledger.sqlite.rows import COLUMNS, Row, entry_of
from ledger.sqlite.store import open_store

UNREADABLE = "(unreadable)"
"""Stands for a name whose page is broken, and for what its call's price was made of."""
_BLOCK_ROWS = 4096
_ID_BYTES = 16
_LAST_ID = (1 << 8 * _ID_BYTES) - 1
_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOTADB})
"""Of a page that is not what it should be, or that the disk does not give."""
_ROWS = f"SELECT {', '.join(COLUMNS)} FROM call WHERE call_id >= ? ORDER BY call_id LIMIT ?"  # noqa: S608
_BROKEN = (sqlite3.DatabaseError, ValueError, TypeError, LookupError, OverflowError, AssertionError)
"""What a broken page raises, and what stands on one that only looks sound."""
_PRICE = Price(
    provider=UNREADABLE, model=UNREADABLE, service_tier="standard", rates=(), source=UNREADABLE, since=None
)


@dataclass(slots=True)
class Salvaged:
    calls: int = 0
    unreadable: int = 0
    """Calls that stand on a page that SQLite can read, and make no sense."""
    gaps: list[tuple[int | None, int | None]] = field(default_factory=list)
    """Broken pages: from when to when the calls began that stood there, Unix epoch in us; None: there is no
    sound one on that side. How many they were, nobody knows."""
    journaled: int = 0
    """Records that a killed payback had left in its journal, and are in the new ledger now."""
    spooled: int = 0
    """Records that waited in the spool, and are in the new ledger now."""


def salvage(ledger: Path, spool: Path, copy: Path) -> tuple[Copied, Salvaged]:
    """Into *copy*, what *ledger*, its journal and *spool* have; they stay as they are. Nobody may write to
    them meanwhile.

    Raises as ledger.sqlite.backup.back_up does."""
    salvaged = Salvaged()
    try:
        return back_up(ledger, copy, fill=partial(_fill, salvaged, spool)), salvaged
    except LedgerDamaged:
        raise BackupRefused(
            f"nothing of the ledger {ledger} can be read: its first pages are broken; put a copy in its place"
        ) from None


def _fill(salvaged: Salvaged, spool: Path, ledger: Path, part: Path) -> None:
    with closing(open_reader(ledger)) as source:
        has_secret = _take_settings(source, part)
        _take_results(source, part)  # first: what was left of a result that another call is, is none
        with closing(open_store(part)) as store:
            entries = _entries(source, salvaged)
            while batch := list(islice(entries, _BLOCK_ROWS)):
                salvaged.calls += store.replay(batch)
            left = Journal(journal_path(ledger), store.identity() if has_secret else None).left()
            salvaged.journaled = len(left)
            keep_what_fits(store.replay, left)
            waiting = Spool(spool, store.identity() if has_secret else None)
            salvaged.spooled = waiting.waiting
            keep_what_fits(store.replay, list(waiting.entries()))
    with closing(open_writer(part, is_checked=True)) as target:
        target.execute("PRAGMA journal_mode = DELETE")  # one file


def _take_settings(source: sqlite3.Connection, part: Path) -> bool:
    """The secret of the labels of keys above all; without it the new ledger has another one, and the same key
    another label. Whether it was there."""
    found: dict[str, bytes] = {}
    with suppress(sqlite3.DatabaseError):
        found.update(source.execute("SELECT name, value FROM setting"))
    with closing(open_writer(part)) as target:
        target.executemany("INSERT INTO setting (name, value) VALUES (?, ?)", found.items())
    return "key_secret" in found


def _take_results(source: sqlite3.Connection, part: Path) -> None:
    """Which results of batches are known, from both ends as far as a broken page."""
    with closing(open_writer(part, is_checked=True)) as target:
        target.execute("BEGIN")
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.DatabaseError):
                results = source.execute(
                    f"SELECT item_key, call_id FROM batch_item ORDER BY item_key {order}"  # noqa: S608
                )
                target.executemany("INSERT INTO batch_item VALUES (?, ?) ON CONFLICT DO NOTHING", results)
        target.execute("COMMIT")


def _entries(source: sqlite3.Connection, salvaged: Salvaged) -> Iterator[Entry]:
    source.text_factory = lambda text: text.decode("utf-8", "replace")
    labels, prices = _Labels(source), _Prices(source)
    for row in _rows(source, salvaged):
        try:
            yield entry_of(row, labels, prices)
        except _BROKEN:
            salvaged.unreadable += 1


def _rows(source: sqlite3.Connection, salvaged: Salvaged) -> Iterator[Row]:
    """In the order of their ids, which is that of their times."""
    start, most = 0, _BLOCK_ROWS
    while start <= _LAST_ID:
        rows = _rows_from(source, start, most)
        if rows:
            yield from rows
            start, most = int.from_bytes(rows[-1][0]) + 1, min(2 * most, _BLOCK_ROWS)
        elif rows is not None:
            return
        elif most > 1:
            most //= 2
        else:
            beyond = _first_sound(source, start)
            salvaged.gaps.append((_us_of(start), _us_of(beyond)))
            start = beyond


def _rows_from(source: sqlite3.Connection, start: int, most: int) -> list[Row] | None:
    """None: on the way to them a page is broken."""
    try:
        return source.execute(_ROWS, (start.to_bytes(_ID_BYTES), most)).fetchall()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _CODES:
            raise
        return None


def _first_sound(source: sqlite3.Connection, broken: int) -> int:
    """The first id from which on rows can be read again; beyond _LAST_ID: none is."""
    step = 1
    while broken + step <= _LAST_ID and _rows_from(source, broken + step, 1) is None:
        step *= 2
    low, high = broken + step // 2, min(broken + step, _LAST_ID + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _rows_from(source, middle, 1) is None else (low, middle)
    return high


def _us_of(number: int) -> int | None:
    """When the call of an id began; None: before the first that there can be, and after the last."""
    return us_of_call_id(CallId(number.to_bytes(_ID_BYTES))) if 0 < number <= _LAST_ID else None


class _Labels(Labels):
    def __missing__(self, number: int) -> str:
        try:
            return super().__missing__(number)
        except _BROKEN:
            return self.setdefault(number, UNREADABLE)


class _Prices(dict[int, Price]):
    def __init__(self, source: sqlite3.Connection) -> None:
        self._sound = SoundNames(source).prices

    def __missing__(self, number: int) -> Price:
        try:
            return self.setdefault(number, self._sound[number])
        except _BROKEN:
            return self.setdefault(number, _PRICE)
