"""The SQLite ledger, seen from its one writer: entries in, rows and rollups out, in one transaction."""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ledger.call import Entry, State, interrupted
from ledger.ids import CallId
from ledger.price import Price, fingerprint_of
from ledger.rollup import Contributions
from ledger.sqlite.connection import explaining, open_writer
from ledger.sqlite.names import Names
from ledger.sqlite.rows import COLUMNS, ORDINARY_COLUMNS, Row, entry_of, row_of
from ledger.sqlite.summing import Summing
from ledger.store import Meanwhile

_AT_ONCE = 16
"""Rows, where somebody is asked in between: they take some 0.15 ms."""
_MOST_ASKED = 256
"""Calls that are looked up in one statement."""
_NULL = -(2**63)
"""Bound in place of None, for which sqlite3 looks for an adapter: 0.7 us for each of the 20 of a row."""
_NEVER_NULL = frozenset({
    "call_id", "logical_call_id", "retry_number", "state", "started_us",
    "upstream_label", "operation_label", "stream", "usage_basis",
})  # fmt: skip
_REMEMBERED = 20_000
"""Labels, and prices: their memory is bounded."""
Move = tuple[Entry | None, Entry]
"""What the ledger holds of a call, and what it is to hold."""
_Kind = tuple[bool, int]
"""Of a row: whether its call is new, and how many values it has."""
Items = dict[bytes | None, CallId]
"""Results of batches by item_key, and the call that each of them is. None is nobody's."""


class SqliteStore:
    """A ledger.store.Store. Only one may be open on a file; see ledger.lock.

    Methods raise sqlite3.Error, and ValueError or OverflowError for what SQLite cannot hold."""

    def __init__(
        self,
        path: Path,
        *,
        is_checked: bool = False,
        fingerprint_of: Callable[[Price], bytes] = fingerprint_of,
    ) -> None:
        """*is_checked*: this start has looked for damage already. *fingerprint_of*: known some other way."""
        self.path = path
        self._connection = open_writer(path, is_checked=is_checked)
        self._file = _identity_of(path)
        self._unfinished: dict[CallId, Entry] = {}
        self._newest = bytes(self._connection.execute("SELECT max(call_id) FROM call").fetchone()[0] or b"")
        """No row has a larger id: what is written for the first time is known to be new without a look."""
        self._labels = _Labels(self._number_of)
        self._fingerprint_of = fingerprint_of
        self._prices: dict[int, tuple[Price, int]] = {}
        """By identity: quicker than comparing rates, and the price book gives the same object all day."""
        self._summing = Summing(self._connection)
        self._summing.fold()

    def write(self, entries: Iterable[Entry], meanwhile: Meanwhile | None = None) -> None:
        self._keep(entries, meanwhile)

    def replay(self, entries: Iterable[Entry]) -> int:
        return self._keep(entries, None)

    def _keep(self, entries: Iterable[Entry], meanwhile: Meanwhile | None) -> int:
        latest = _latest(entries)
        keyed = [entry for entry in latest.values() if entry.item_key is not None]
        items = self._items(keyed) if keyed else {}
        for entry in keyed:
            if items[entry.item_key] != entry.call.call_id:
                del latest[entry.call.call_id]
        held = self._held(latest)
        moves = [(held.get(call_id), entry) for call_id, entry in latest.items()]
        self._apply(moves, items, meanwhile)
        return len(latest) - len(held)

    def recover(self) -> int:
        unfinished = list(self._select("WHERE state < 2", ()))
        self._apply([(entry, interrupted(entry)) for entry in unfinished])
        return len(unfinished)

    def probe(self) -> None:
        """Writes the page that holds the version, the same as before."""
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        with self._transaction():
            self._connection.execute(f"PRAGMA user_version = {version}")

    def key_secret(self) -> bytes:
        with explaining(self.path):
            self._connection.execute(
                "INSERT INTO setting (name, value) VALUES ('key_secret', ?) ON CONFLICT DO NOTHING",
                (os.urandom(32),),
            )
            row = self._connection.execute("SELECT value FROM setting WHERE name = 'key_secret'").fetchone()
        return bytes(row[0])

    def identity(self) -> str:
        """Names this ledger among others, wherever its file goes. It tells no secret."""
        from hashlib import blake2b

        return blake2b(self.key_secret(), digest_size=16, person=b"identity").hexdigest()

    def close(self) -> None:
        with suppress(sqlite3.Error):  # somebody else's lock, a full disk: nothing is lost
            self._connection.execute("PRAGMA optimize")
        self._connection.close()

    def _apply(
        self, moves: Sequence[Move], items: Items | None = None, meanwhile: Meanwhile | None = None
    ) -> None:
        moves = [(before, after) for before, after in moves if before is None or _replaces(after, before)]
        if not moves:
            return
        if _identity_of(self.path) != self._file:
            raise sqlite3.OperationalError("the ledger's file was removed or replaced; restart payback")
        newest = max(self._newest, *(after.call.call_id for _, after in moves))
        with self._transaction():
            self._summing.add(self._sums_of(moves))
            self._put_all_calls(moves, meanwhile)
            if items:
                self._claim(items)
        self._newest = newest
        for _, after in moves:
            if after.state is State.ENDED:
                self._unfinished.pop(after.call.call_id, None)
            else:
                self._unfinished[after.call.call_id] = after
        self._summing.fold()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._labels.clear()  # numbers given in a transaction that is rolled back are nobody's
            self._prices.clear()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _put_all_calls(self, moves: Sequence[Move], meanwhile: Meanwhile | None) -> None:
        if meanwhile is None:
            return self._put_calls(moves)
        for start in range(0, len(moves), _AT_ONCE):
            self._put_calls(moves[start : start + _AT_ONCE])
            meanwhile()
        return None

    def _put_calls(self, moves: Sequence[Move]) -> None:
        """One statement for all rows of a kind: new or known, and with rare columns or without."""
        rows: dict[_Kind, list[Row]] = {}
        for before, after in moves:
            row = row_of(after, self._labels.__getitem__, self._price_id)
            row = tuple([_NULL if value is None else value for value in row])
            is_new = before is None
            kind = (is_new, len(row))
            rows.setdefault(kind, []).append(row if is_new else (*row, row[0]))
        for kind, those in rows.items():
            self._connection.executemany(_PUT_CALLS[kind], those)

    def _items(self, keyed: Iterable[Entry]) -> Items:
        """Whose each result of a batch is: the call's that was first, here or in the ledger."""
        items: Items = {}
        for entry in keyed:
            if entry.item_key is not None and entry.item_key not in items:
                found = self._connection.execute(
                    "SELECT call_id FROM batch_item WHERE item_key = ?", (entry.item_key,)
                ).fetchone()
                items[entry.item_key] = CallId(found[0]) if found else entry.call.call_id
        return items

    def _claim(self, items: Items) -> None:
        self._connection.executemany(
            "INSERT INTO batch_item (item_key, call_id) VALUES (?, ?) ON CONFLICT DO NOTHING", items.items()
        )

    def _sums_of(self, moves: Sequence[Move]) -> list[tuple[object, ...]]:
        """What the rollups of hours are to be changed by."""
        contributions = Contributions()
        for before, after in moves:
            contributions.move(before, after)
        return [
            (dimension.value, hour, self._labels[value] if value else 0, *sums)
            for dimension, hour, value, sums in contributions.by_dimension()
        ]

    def _number_of(self, text: str) -> int:
        """Looked up, or made in the open transaction."""
        self._connection.execute("INSERT INTO label (text) VALUES (?) ON CONFLICT DO NOTHING", (text,))
        row = self._connection.execute("SELECT label_id FROM label WHERE text = ?", (text,)).fetchone()
        return int(row[0])

    def _price_id(self, price: Price) -> int:
        known = self._prices.get(id(price))
        if known is None:
            if len(self._prices) >= _REMEMBERED:
                self._prices.clear()
            known = self._prices[id(price)] = (
                price,
                self._insert_price(price),
            )  # kept alive: its id stays its own
        return known[1]

    def _insert_price(self, price: Price) -> int:
        fingerprint = self._fingerprint_of(price)
        values = (price.provider, price.model, price.service_tier, msgspec.json.encode(price.rates).decode())
        origin = (price.source, price.source_url, price.since.isoformat() if price.since else None)
        self._connection.execute(
            "INSERT INTO price (fingerprint, provider, model, service_tier, rates, source, source_url, since)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (fingerprint, *values, *origin),
        )
        found = self._connection.execute("SELECT price_id FROM price WHERE fingerprint = ?", (fingerprint,))
        return int(found.fetchone()[0])

    def _held(self, call_ids: Collection[CallId]) -> dict[CallId, Entry]:
        """What the ledger knows of those calls that it knows."""
        held = {call_id: self._unfinished[call_id] for call_id in call_ids if call_id in self._unfinished}
        doubtful = [call_id for call_id in call_ids if call_id not in held and call_id <= self._newest]
        for start in range(0, len(doubtful), _MOST_ASKED):
            part = doubtful[start : start + _MOST_ASKED]
            for entry in self._select(f"WHERE call_id IN ({', '.join('?' * len(part))})", part):
                held[entry.call.call_id] = entry
        return held

    def _select(self, where: str, values: Sequence[object]) -> Iterator[Entry]:
        rows = self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM call {where}", values)  # noqa: S608
        names = Names(self._connection)
        for row in rows.fetchall():
            yield entry_of(row, names.labels, names.prices)


def _identity_of(path: Path) -> tuple[int, int] | None:
    """What stays the same while a file does; SQLite would go on writing to one that is gone."""
    try:
        found = os.stat(path)  # noqa: PTH116  # once a commit
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Labels(dict[str | None, int | None]):
    """Numbers of labels by text; *number_of* gives one that is not known yet."""

    def __init__(self, number_of: Callable[[str], int]) -> None:
        self._number_of = number_of

    def __missing__(self, text: str | None) -> int | None:
        if len(self) >= _REMEMBERED:
            self.clear()
        number = self[text] = None if text is None else self._number_of(text)
        return number


def open_store(path: Path) -> SqliteStore:
    """Raises LedgerError with a sentence for the user, whatever is wrong with the file."""
    return SqliteStore(path)


def _latest(entries: Iterable[Entry]) -> dict[CallId, Entry]:
    latest: dict[CallId, Entry] = {}
    for entry in entries:
        known = latest.get(entry.call.call_id)
        if known is None or _replaces(entry, known):
            latest[entry.call.call_id] = entry
    return latest


def _replaces(entry: Entry, earlier: Entry) -> bool:
    """What is known of a call grows, and while it goes on its tokens do; its end is final. So what is
    replayed late takes nothing back."""
    if entry.state is State.METERED is earlier.state:
        return _tokens_of(entry) >= _tokens_of(earlier)
    return earlier.state is not State.ENDED and entry.state >= earlier.state


def _tokens_of(entry: Entry) -> int:
    usage = entry.call.usage
    return usage.input_tokens + usage.output_tokens if usage else 0


def _value_sql(column: str) -> str:
    return "?" if column in _NEVER_NULL else f"nullif(?, {_NULL})"


def _insert_call_sql(columns: Sequence[str]) -> str:
    """Columns that are not among *columns* are NULL."""
    values = ", ".join(map(_value_sql, columns))
    return f"INSERT INTO call ({', '.join(columns)}) VALUES ({values})"  # noqa: S608


def _update_call_sql(columns: Sequence[str]) -> str:
    """Of the call whose id is the last value. Columns that are not among *columns* become NULL.

    Half as long as an upsert, which has the table's rules checked twice."""
    changes = [f"{column} = {_value_sql(column)}" for column in columns]
    changes += [f"{column} = NULL" for column in COLUMNS if column not in columns]
    return f"UPDATE call SET {', '.join(changes)} WHERE call_id = ?"  # noqa: S608


_PUT_CALLS: dict[_Kind, str] = {
    (is_new, len(columns)): statement_of(columns)
    for columns in (ORDINARY_COLUMNS, COLUMNS)
    for is_new, statement_of in ((True, _insert_call_sql), (False, _update_call_sql))
}
