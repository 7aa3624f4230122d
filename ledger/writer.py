"""The writer: the event loop's side of the ledger. Entries that come within one turn of the loop go to the
scribe together, and who awaits `commit` goes on when the entry is on the disk: in the ledger, or in the spool
while the ledger cannot be written. When neither takes it, `commit` raises LedgerUnavailable and the caller
decides.

What a scribe had not replied to when it ended is given to the next one: an entry kept twice counts once."""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from ledger.call import Entry
from ledger.errors import LedgerUnavailable
from ledger.keeper import RETRY_SECONDS
from ledger.parcels import Packer, Reply, Unpacker

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 2
"""Parcels: one that is being written, and one that lies ready for when it is. What comes meanwhile goes
together: under load that is a larger parcel now and then, in place of many that each wake the scribe."""
START_SECONDS = 30.0
"""A scribe has opened the ledger by then, or it is not well."""

Waiters = list["asyncio.Future[None]"]


class Hired(Protocol):
    """A scribe at work, somewhere else."""

    def ended(self) -> None:
        """Returns when nothing of it is left that could write. Blocks; its line has been cut before."""
        ...


Hire = Callable[[socket.socket], Hired]
"""Starts a scribe at its end of the line. Raises OSError."""


class Writer:
    def __init__(self, hire: Hire) -> None:
        self._hire = hire
        self._packer = Packer()
        self._hired: Hired | None = None
        self._line: _Line | None = None
        self._gathered: list[Entry] = []
        self._waiters: Waiters = []
        self._sent: deque[tuple[bytes, Waiters]] = deque()
        """Parcels without a reply, the oldest first."""
        self._closed = False
        self._revival: asyncio.Task[None] | None = None
        self.problem: str | None = None
        """Why the ledger cannot be written at present; None: it can."""
        self.spool_problem: str | None = None
        self.spooled = 0
        """Entries that wait in the spool."""

    async def start(self) -> None:
        """Call on the event loop that will await commits. Raises LedgerUnavailable."""
        self._loop = asyncio.get_running_loop()
        try:
            await self._begin()
        except OSError as error:
            raise LedgerUnavailable(
                "the process that writes the ledger does not start; see what it said, or free memory"
            ) from error

    def commit(self, entry: Entry) -> "asyncio.Future[None]":
        """Await it: then *entry* is on the disk. Raises LedgerUnavailable when it is nowhere."""
        future = self._loop.create_future()
        if self._closed:
            future.set_exception(LedgerUnavailable("the ledger is closed"))
        else:
            self._gather(entry)
            self._waiters.append(future)
        return future

    def post(self, entry: Entry) -> None:
        """Write *entry* with the next commit; nobody waits."""
        if self._closed:
            log.error(
                "an entry came after the ledger was closed; the next start ends its call as interrupted"
            )
        else:
            self._gather(entry)

    async def close(self) -> None:
        """Everything that was posted is written before this returns."""
        self._closed = True
        self._send_gathered()
        if self._revival is not None:
            await self._revival
        if self._line is not None:
            self._line.end()
            await self._line.lost.wait()
        await self._part()
        self._give_up("the ledger is closed")

    def _gather(self, entry: Entry) -> None:
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(entry)

    def _hand_over(self) -> None:
        if len(self._sent) < MOST_UNDER_WAY:
            self._send_gathered()

    def _send_gathered(self) -> None:
        if self._gathered:
            parcel = self._packer.parcel_of(self._gathered)
            self._sent.append((parcel, self._waiters))
            self._gathered, self._waiters = [], []
            if self._line is not None:
                self._line.send(parcel)

    def _replied(self, reply: Reply) -> None:
        self.problem, self.spool_problem, self.spooled = reply.problem, reply.spool_problem, reply.spooled
        for level, text in reply.said:
            log.log(level, "%s", text)
        for _ in range(reply.parcels):
            _, waiters = self._sent.popleft()
            _settle(waiters, reply.failure)
        self._hand_over()

    async def _begin(self) -> None:
        """A scribe that has opened the ledger, and has all that waits. Raises OSError."""
        ours, theirs = socket.socketpair()
        line = _Line(self._replied, self._cut)
        with theirs:
            try:
                self._hired = self._hire(theirs)
            except OSError:
                ours.close()
                raise
        await self._loop.create_unix_connection(lambda: line, sock=ours)
        try:
            await asyncio.wait_for(line.first_reply, START_SECONDS)
        except OSError:
            line.abort()
            await self._part()
            raise
        self._line = line
        for parcel, _ in self._sent:
            line.send(parcel)

    def _cut(self, line: "_Line") -> None:
        """The scribe has ended. If it had replied to nothing, what it was given may be what ended it."""
        if line is not self._line:
            return
        if not self._closed:
            self._line = None
            log.error("the process that writes the ledger has ended; another one is started")
            if not line.parcels:
                self._give_up("the process that writes the ledger ended over it")
            self._revival = self._loop.create_task(self._revive())

    async def _revive(self) -> None:
        await self._part()
        while self._line is None:
            try:
                await self._begin()
            except OSError as error:
                self.problem = f"the process that writes it does not start: {error}"
                log.error("the ledger cannot be written: %s", self.problem)
                self._give_up("the ledger cannot be written")
                if self._closed:
                    return
                await asyncio.sleep(RETRY_SECONDS)
        self._revival = None

    async def _part(self) -> None:
        hired, self._hired = self._hired, None
        if hired is not None:
            await asyncio.to_thread(hired.ended)

    def _give_up(self, failure: str) -> None:
        """Whoever waits is told, as the entries are nowhere."""
        self._send_gathered()
        while self._sent:
            _, waiters = self._sent.popleft()
            _settle(waiters, failure)


class _Line(asyncio.Protocol):
    """The socket to one scribe."""

    def __init__(self, replied: Callable[[Reply], None], cut: "Callable[[_Line], None]") -> None:
        self._replied = replied
        self._cut = cut
        self._replies = Unpacker(Reply)
        self.first_reply: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        self.parcels = 0
        """That were replied to."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.send = self._transport.write

    def data_received(self, data: bytes) -> None:
        for reply in self._replies.feed(data):
            self.parcels += reply.parcels
            self._replied(reply)
        _settle([self.first_reply], None)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.first_reply.done():
            self.first_reply.set_exception(ConnectionError("it ended before it had opened the ledger"))
        self.lost.set()
        self._cut(self)

    def end(self) -> None:
        """Send nothing more. The scribe hangs up once it has kept what came."""
        if not self._transport.is_closing():
            self._transport.write_eof()

    def abort(self) -> None:
        self._transport.abort()


def _settle(waiters: Waiters, failure: str | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue
        if failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(LedgerUnavailable(failure))
