"""The scribe: what writes the ledger, in a process of its own. It takes parcels of entries from the writer
over a socket, keeps all that wait in one commit, and replies. It ends when the other end is closed, and has
kept by then all that had come."""

import gc
import logging
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from ledger.call import Entry
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
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)
        self._held = b""
        """Parcels that came while others were carried over, and that the journal did not take."""
        self._fault: Exception | None = None
        """What went wrong meanwhile."""

    def run(self) -> None:
        """Until the other end is closed."""
        self._reply(0, None)
        while (packed := self._next_parcels()) is not None:
            if packed:
                count, entries = self._opened(packed)
                self._reply(count, self._keeper.keep(entries, packed))
            else:
                self._carry_over()
        self._keeper.close()
        self._end.close()

    def _next_parcels(self) -> bytes | None:
        """All that wait; none when something is due for the ledger; None at the end."""
        packed, self._held = self._held, b""
        while not packed:
            due_s = self._keeper.due_s
            if due_s == 0:
                return b""
            self._end.settimeout(due_s)
            try:
                data = self._end.recv(_READ_BYTES)
            except TimeoutError:
                return b""
            except OSError:  # the other end was closed with replies that it had not read
                return None
            if not data:
                return None
            packed = self._whole.feed(data)
        return packed

    def _carry_over(self) -> None:
        self._keeper.do_due(self._join)
        if self._fault is not None:
            raise self._fault
        self._reply(0, None)

    def _join(self) -> None:
        """Take what has come while others are carried over. Raises nothing: whatever is raised here, the
        ledger's transaction would have to answer for."""
        try:
            if not self._held and self._fault is None and self._poll.poll(0):
                self._take_what_came()
        except Exception as error:  # noqa: BLE001  # it ends the scribe, once the ledger has what it is given
            self._fault = error

    def _take_what_came(self) -> None:
        try:
            data = self._end.recv(_READ_BYTES)
        except OSError:  # it is the end, which shows afterwards
            return
        self._held = self._whole.feed(data)
        if self._held:
            count, entries = self._opened(self._held)
            if self._keeper.take(entries, self._held):
                self._held = b""
                self._reply(count, None)

    def _opened(self, packed: bytes) -> tuple[int, list[Entry]]:
        """How many parcels, and what is in them."""
        parcels = self._parcels.feed(packed)
        return len(parcels), [entry for parcel in parcels for entry in parcel]

    def _reply(self, parcels: int, failure: str | None) -> None:
        keeper = self._keeper
        reply = Reply(
            parcels=parcels,
            failure=failure,
            problem=keeper.problem and _as_unicode(keeper.problem),
            spool_problem=keeper.spool_problem and _as_unicode(keeper.spool_problem),
            spooled=keeper.spooled,
            said=tuple(self._said()),
        )
        try:
            self._end.sendall(message_of(reply))
        except TimeoutError:  # half a reply would make the next one another parcel's
            raise
        except OSError:  # payback was killed: nobody waits any more
            pass


def _as_unicode(text: str) -> str:
    """It may name a file whose name is none."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class _Said(logging.Handler):
    """Holds what is logged until the next reply: payback logs it, in its own form and to its own place."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append((record.levelno, _as_unicode(self.format(record))))

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
