"""The writer: the event loop's side of the ledger. Entries that come within one turn of the loop go to the
scribe together, and who awaits `commit` goes on when the entry is on the disk: in the ledger, or in the spool
while the ledger cannot be written. When neither takes it, `commit` raises LedgerUnavailable and the caller
decides.

What a scribe had not replied to when it ended is given to the next one: an entry kept twice counts once. If
it had replied to nothing, one of those entries may be what ended it: the next one gets them one by one, and
an entry that ends that one too is given up. While no scribe starts, entries go to the spool from here."""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from ledger.call import Entry
from ledger.errors import LedgerError, LedgerUnavailable
from ledger.ids import render_call_id
from ledger.keeper import RETRY_SECONDS
from ledger.line import Line
from ledger.parcels import Packer, Reply

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 2
"""Parcels: one that is being written, and one that lies ready for when it is. What comes meanwhile goes
together: under load that is a larger parcel now and then, in place of many that each wake the scribe."""
START_SECONDS = 30.0
"""A scribe has opened the ledger by then, or it is not well."""

Waiter = asyncio.Future[None] | None
"""None: nobody waits."""


class Hired(Protocol):
    """A scribe at work, somewhere else."""

    def ended(self) -> None:
        """Returns when nothing of it is left that could write. Blocks; its line has been cut before."""
        ...


Hire = Callable[[socket.socket], Hired]
"""Starts a scribe at its end of the line. Raises OSError."""


Spooling = Callable[[Sequence[Entry]], int]
"""Puts entries into the spool; returns how many wait there. Raises OSError and LedgerError. Blocks."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    entries: list[Entry]
    waiters: list[Waiter]
    """One for each entry."""
    packed: bytes


class Writer:
    def __init__(self, hire: Hire, spooling: Spooling) -> None:
        """*spooling* is asked only while there is no scribe."""
        self._hire = hire
        self._spooling = spooling
        self._packer = Packer()
        self._hired: Hired | None = None
        self._line: Line | None = None
        self._gathered: list[Entry] = []
        self._waiters: list[Waiter] = []
        self._sent: deque[_Parcel] = deque()
        """Parcels without a reply, the oldest first."""
        self._suspects = 0
        """How many of the oldest are one entry each, and under way alone: a scribe has ended over them."""
        self._closed = False
        self._came = asyncio.Event()
        """Entries, or the end, while no scribe starts."""
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
            self._gather(entry, future)
        return future

    def post(self, entry: Entry) -> None:
        """Write *entry* with the next commit; nobody waits."""
        if self._closed:
            log.error(
                "an entry came after the ledger was closed; the next start ends its call as interrupted"
            )
        else:
            self._gather(entry, None)

    async def close(self) -> None:
        """Everything that was posted is written before this returns."""
        self._closed = True
        self._came.set()
        self._send_gathered()
        if self._line is not None:
            self._end_line()
            await self._line.lost.wait()
        while self._revival is not None:
            await self._revival
            if self._line is not None:
                await self._line.lost.wait()
        await self._part()

    def _gather(self, entry: Entry, waiter: Waiter) -> None:
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(entry)
        self._waiters.append(waiter)

    def _hand_over(self) -> None:
        self._came.set()
        if len(self._sent) < MOST_UNDER_WAY:
            self._send_gathered()

    def _send_gathered(self) -> None:
        if self._gathered:
            parcel = self._parcel_of(self._gathered, self._waiters)
            self._sent.append(parcel)
            self._gathered, self._waiters = [], []
            if self._line is not None and not self._suspects:
                self._line.send(parcel.packed)

    def _parcel_of(self, entries: list[Entry], waiters: list[Waiter]) -> _Parcel:
        return _Parcel(entries, waiters, self._packer.parcel_of(entries))

    def _replied(self, reply: Reply) -> None:
        self.problem, self.spool_problem, self.spooled = reply.problem, reply.spool_problem, reply.spooled
        for level, text in reply.said:
            log.log(level, "%s", text)
        for _ in range(reply.parcels):
            _settle(self._sent.popleft().waiters, reply.failure)
        if self._suspects and reply.parcels:
            self._suspects -= 1
            self._send_again()
        self._hand_over()

    async def _begin(self) -> None:
        """A scribe that has opened the ledger, and has all that waits. Raises OSError."""
        ours, theirs = socket.socketpair()
        line = Line(self._replied, self._cut)
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
        if line.lost.is_set():
            await self._part()
            raise ConnectionError("it ended as soon as it had opened the ledger")
        self._line = line
        self._send_again()

    def _send_again(self) -> None:
        """What the scribe has not got of what was sent: all of it, or of suspects the next one."""
        assert self._line is not None
        for parcel in [self._sent[0]] if self._suspects else self._sent:
            self._line.send(parcel.packed)
        self._end_line()

    def _end_line(self) -> None:
        """Once everything was sent, and nothing more is going to be."""
        if self._closed and not self._suspects and self._line is not None:
            self._line.end()

    def _cut(self, line: Line) -> None:
        if line is not self._line:
            return
        self._line = None
        if self._closed and not self._sent:
            return
        log.error("the process that writes the ledger has ended; another one is started")
        if self._suspects:
            self._convict()
        elif not line.parcels:
            self._suspect()
        self._revival = self._loop.create_task(self._revive())

    def _suspect(self) -> None:
        """A scribe had replied to nothing when it ended. What it was given may be why."""
        apart = [
            self._parcel_of([entry], [waiter])
            for parcel in self._sent
            for entry, waiter in zip(parcel.entries, parcel.waiters, strict=True)
        ]
        self._sent = deque(apart)
        self._suspects = len(apart)

    def _convict(self) -> None:
        """The second scribe has ended over the oldest entry, which it had alone."""
        parcel = self._sent.popleft()
        self._suspects -= 1
        call_id = render_call_id(parcel.entries[0].call.call_id)
        log.error("the process that writes the ledger ends over call %s; it is given up", call_id)
        _settle_all([parcel], "the process that writes the ledger ended over it")

    async def _revive(self) -> None:
        await self._part()
        while self._line is None:
            try:
                await self._begin()
            except OSError as error:
                if self.problem is None:
                    log.error("the ledger cannot be written: its process does not start: %s", error)
                self.problem = f"the process that writes it does not start: {error}"
                await self._spool_all()
                if self._closed:
                    break
                await self._spool_for(RETRY_SECONDS)
        self._revival = None

    async def _spool_for(self, seconds: float) -> None:
        """What comes meanwhile waits for no scribe. Returns at once where nothing more is to come."""
        until_s = self._loop.time() + seconds
        while not self._closed and self._loop.time() < until_s:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until_s):
                    await self._came.wait()
            self._came.clear()
            await self._spool_all()

    async def _spool_all(self) -> None:
        """Suspects too would end the scribe that takes the spool over: they are given up."""
        suspects = self._suspects
        parcels = self._taken()
        _settle_all(parcels[:suspects], "the process that writes the ledger ended over it, or does not start")
        entries = [entry for parcel in parcels[suspects:] for entry in parcel.entries]
        if not entries:
            return
        try:
            self.spooled = await asyncio.to_thread(self._spooling, entries)
        except (OSError, LedgerError) as error:
            self.spool_problem = str(error)
            log.error("the spool cannot be written either: %s", error)
            _settle_all(parcels[suspects:], "neither the ledger nor its spool can be written")
        else:
            _settle_all(parcels[suspects:], None)

    async def _part(self) -> None:
        hired, self._hired = self._hired, None
        if hired is not None:
            await asyncio.to_thread(hired.ended)

    def _taken(self) -> list[_Parcel]:
        """All that wait; none does any more."""
        self._send_gathered()
        parcels = list(self._sent)
        self._sent.clear()
        self._suspects = 0
        return parcels


def _settle_all(parcels: Sequence[_Parcel], failure: str | None) -> None:
    for parcel in parcels:
        _settle(parcel.waiters, failure)


def _settle(waiters: Sequence[Waiter], failure: str | None) -> None:
    for waiter in waiters:
        if waiter is None or waiter.done():
            continue
        if failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(LedgerUnavailable(failure))
