"""The scribe: what writes the ledger, in a process of its own. It takes parcels of entries from the writer
over a socket, keeps all that wait in one commit, and replies. It ends when the other end is closed, and has
kept by then all that had come."""

import gc
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ledger.journal import Journal, journal_path
from ledger.keeper import Keeper
from ledger.parcels import Line, ParcelReader, Reply, WholeMessages, message_of
from ledger.spool import Spool
from ledger.sqlite.store import SqliteStore

_READ_BYTES = 1 << 18
_UNASKED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Sent to all processes of a terminal or a service. When the scribe ends is payback's to say."""


class Scribe:
    def __init__(
        self,
        keeper: Keeper,
        end: socket.socket,
        parcels: ParcelReader | None = None,
        said: Callable[[], list[Line]] = list,
    ) -> None:
        """*end* of a stream socket; *said* gives what was logged since it was asked last."""
        self._keeper = keeper
        self._end = end
        self._parcels = parcels or ParcelReader()
        self._whole = WholeMessages()
        self._said = said

    def run(self) -> None:
        """Until the other end is closed."""
        self._reply(0, None)
        while (data := self._next_data()) is not None:
            packed = self._whole.feed(data)
            if data and not packed:
                continue
            parcels = self._parcels.feed(packed)
            entries = [entry for parcel in parcels for entry in parcel]
            self._reply(len(parcels), self._keeper.keep(entries, packed))
        self._keeper.close()
        self._end.close()

    def _next_data(self) -> bytes | None:
        """All that waits; none when something is due for the ledger; None at the end."""
        due_s = self._keeper.due_s
        if due_s == 0:
            return b""
        self._end.settimeout(due_s)
        try:
            return self._end.recv(_READ_BYTES) or None
        except TimeoutError:
            return b""
        except OSError:  # the other end was closed with replies that it had not read
            return None

    def _reply(self, parcels: int, failure: str | None) -> None:
        keeper = self._keeper
        reply = Reply(
            parcels=parcels,
            failure=failure,
            problem=keeper.problem,
            spool_problem=keeper.spool_problem,
            spooled=keeper.spooled,
            said=tuple(self._said()),
        )
        with suppress(OSError):  # payback was killed: nobody waits any more
            self._end.sendall(message_of(reply))


class _Said(logging.Handler):
    """Holds what is logged until the next reply: payback logs it, in its own form and to its own place."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append((record.levelno, self.format(record)))

    def taken(self) -> list[Line]:
        lines, self._lines = self._lines, []
        return lines


def main(arguments: list[str]) -> None:
    """The process: a descriptor of the socket, the ledger with its identity, the spool, the reserve."""
    for number in _UNASKED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    descriptor, ledger, identity, spool, reserve = arguments
    said = _Said()
    logging.getLogger().addHandler(said)
    parcels = ParcelReader()
    store = SqliteStore(Path(ledger), is_checked=True, fingerprint_of=parcels.fingerprint_of)
    journal = Journal(journal_path(Path(ledger)), identity)
    keeper = Keeper(store, Spool(Path(spool), identity), Path(reserve), journal)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    Scribe(keeper, socket.socket(fileno=int(descriptor)), parcels, said.taken).run()
