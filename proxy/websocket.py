"""A WebSocket, from upstream's 101 to its end: bytes pass both ways as they come, and upstream's messages are
listened to. The piece that tells of tokens, and the one that says goodbye, wait for the ledger."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence

from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import StreamWriter

from ledger.call import Outcome
from ledger.errors import LedgerUnavailable
from proxy.dialects.reading import Item
from proxy.dialects.session import SessionDialect, SessionReader
from proxy.handshake import switched_headers
from proxy.inbox import Inbox
from proxy.outlet import Outlet
from proxy.record import Record
from proxy.silence import Silence
from proxy.upgrade import UpgradeAnswer
from proxy.websocket_frames import GOING_AWAY, Frames, close_frame

log = logging.getLogger(__name__)

_GOOD = frozenset({None, 1000, GOING_AWAY})
"""Codes of a goodbye that is no complaint."""
LINGER_SECONDS = 5.0
"""For the last bytes to be taken."""
SKIPPED = "a message was not looked into: it was too long, or compressed"


async def tunnel(
    request: web.Request,
    answer: UpgradeAnswer,
    record: Record,
    session: SessionDialect | None,
    may_go_on: Callable[[], bool],
) -> Outlet:
    """Pass on what either side sends, as long as *may_go_on*. However this ends, the record is ended.

    An abrupt end on one side is one on the other: nobody is told a goodbye that was not said."""
    passage = _Tunnel(request, answer, record, session, may_go_on)
    outlet = Outlet(request)
    outlet.keeps_open = True  # Connection says something else here
    try:
        await outlet.begin(101, answer.reason, switched_headers(answer.raw_headers, record.call_id))
        await passage.run()
    except LedgerUnavailable:
        passage.cut("cut, as the ledger could not be written")
    except ConnectionError:
        passage.client_left()
    except asyncio.CancelledError:
        passage.cancelled()
        raise
    except Exception as error:
        log.error("call %s failed", record.call_id, exc_info=error)
        passage.cut("payback failed within the connection")
    finally:
        answer.close()
        outlet.keeps_open = False
    return outlet


class _Tunnel:
    def __init__(
        self,
        request: web.Request,
        answer: UpgradeAnswer,
        record: Record,
        session: SessionDialect | None,
        may_go_on: Callable[[], bool],
    ) -> None:
        self._record = record
        self._may_go_on = may_go_on
        self._client = _Side(request.protocol, feels_leaving=True)
        self._upstream = _Side(answer.protocol)
        self._limit_s = answer.protocol.read_timeout
        answer.protocol.read_timeout = None  # either peer may speak alone for as long as it likes
        answer.protocol.set_parser(self._upstream.inbox, None)
        if not self._upstream.is_there:  # it has ended already, and nobody will say so again
            self._upstream.inbox.feed_eof()
        request.protocol.set_parser(self._client.inbox)  # type: ignore[arg-type]  # aiohttp knows one parser
        self._up, self._down = Frames(keeps_text=False), Frames(keeps_text=session is not None)
        self._marks = session.marks if session else ()
        self._reader: SessionReader | None = session.reader() if session else None
        self._problem: str | None = None
        self._is_holding = False
        """What upstream sent last is followed, but not sent."""
        self._is_clients_goodbye = False

    async def run(self) -> None:
        """Until upstream has ended the connection."""
        self._silence = Silence(self._limit_s, self._broken_off)
        pumping = asyncio.ensure_future(self._pump_up())
        try:
            await self._pump_down()
        finally:
            self._silence.stop()
            pumping.cancel()
        self._end_unheard(Outcome.UPSTREAM_BROKE, "upstream cut the connection")
        self._client.close()

    def cut(self, problem: str) -> None:
        self._end_unheard(Outcome.INTERRUPTED, problem, is_goodbye_enough=False)
        self._client.abort()
        self._upstream.abort()

    def client_left(self) -> None:
        rest = self._client.inbox.take_nowait()
        self._follow_up(rest)
        self._upstream.send_nowait(rest)
        self._end_unheard(Outcome.CLIENT_LEFT)
        if self._up.is_closed or self._down.is_closed:
            self._upstream.close()
        else:
            self._upstream.abort()

    def cancelled(self) -> None:
        """The client has left, or payback itself is ending."""
        if not self._client.is_there:
            self.client_left()
            return
        self._report_unfinished()
        self._record.end_cancelled()
        self._say_goodbye()

    def _broken_off(self) -> None:
        """Both peers were silent for too long, or one has read nothing for so long."""
        self._end_unheard(Outcome.TIMEOUT, "nothing passed over the connection for too long")
        self._say_goodbye()

    def _say_goodbye(self) -> None:
        if self._down.is_between and not self._down.is_closed and not self._is_holding:
            self._client.send_nowait(close_frame(GOING_AWAY))
        if self._up.is_between and not self._up.is_closed:
            self._upstream.send_nowait(close_frame(GOING_AWAY, os.urandom(4)))
        self._client.close()
        self._upstream.close()

    async def _pump_up(self) -> None:
        try:
            while chunk := await self._client.inbox.take():
                if not self._may_go_on():
                    self.cut("cut, as the client's key holds no longer")
                    return
                self._follow_up(chunk)
                await self._upstream.send(chunk)
                self._silence.heard()
        except ConnectionError:  # upstream has ended; the other pump finds out how
            pass

    async def _pump_down(self) -> None:
        while chunk := await self._upstream.inbox.take():
            self._is_holding = True
            self._record.first_byte()
            if items := self._items_in(chunk):
                await self._record.report(items)
            if self._down.is_closed and not self._record.is_ended:
                await self._end()
            self._is_holding = False
            await self._client.send(chunk)
            self._silence.heard()

    def _follow_up(self, chunk: bytes) -> None:
        self._up.feed(chunk)
        self._is_clients_goodbye |= self._up.is_closed and not self._down.is_closed

    def _items_in(self, chunk: bytes) -> list[Item]:
        items: list[Item] = []
        for message in self._down.feed(chunk):
            if self._reader is not None and any(mark in message for mark in self._marks):
                items += self._read(self._reader, message)
        return items

    def _read(self, reader: SessionReader, message: bytes) -> Sequence[Item]:
        try:
            reading = reader(message)
        except Exception as error:  # a fault in metering never changes what the client gets
            log.error("metering failed for call %s", self._record.call_id, exc_info=error)
            self._reader, self._problem = None, "metering failed"
            return ()
        return reading.items if reading else ()

    async def _end(self) -> None:
        """Raises LedgerUnavailable where the goodbye must not go out."""
        if unfinished := self._unfinished():
            await self._record.report(unfinished)
        outcome, problem = self._ending(Outcome.OK, None)
        await self._record.end(outcome, problem=problem)

    def _end_unheard(
        self, outcome: Outcome, problem: str | None = None, *, is_goodbye_enough: bool = True
    ) -> None:
        """*outcome* and *problem* are those of an end without a goodbye."""
        if self._record.is_ended:
            return
        self._report_unfinished()
        if is_goodbye_enough:
            outcome, problem = self._ending(outcome, problem)
        self._record.end_unheard(outcome, problem=problem)

    def _ending(self, outcome: Outcome, problem: str | None) -> tuple[Outcome, str | None]:
        skipped = SKIPPED if self._down.has_skipped else None
        if self._is_clients_goodbye:
            return Outcome.OK, self._problem or skipped
        if not self._down.is_closed:
            return outcome, problem or self._problem or skipped
        code = self._down.close_code
        if code in _GOOD:
            return Outcome.OK, self._problem or skipped
        return Outcome.UPSTREAM_ERROR, f"upstream closed the connection with code {code}"

    def _report_unfinished(self) -> None:
        self._record.report_unheard(self._unfinished())

    def _unfinished(self) -> Sequence[Item]:
        """Told once."""
        reader, self._reader = self._reader, None
        return reader.unfinished() if reader else ()


class _Side:
    """One of the two connections."""

    def __init__(self, protocol: BaseProtocol, *, feels_leaving: bool = False) -> None:
        self.inbox = Inbox(protocol, feels_leaving=feels_leaving)
        self._protocol = protocol
        self._writer = StreamWriter(protocol, asyncio.get_running_loop())

    @property
    def is_there(self) -> bool:
        transport = self._protocol.transport
        return transport is not None and not transport.is_closing()

    async def send(self, data: bytes) -> None:
        """Returns when there is room for more. Raises ConnectionError where nobody is there."""
        await self._writer.write(data)

    def send_nowait(self, data: bytes) -> None:
        if self._protocol.transport is not None and self.is_there:
            self._protocol.transport.write(data)

    def close(self) -> None:
        """After what was sent; a peer that does not take it is not waited for."""
        transport = self._protocol.transport
        if transport is not None:
            transport.close()
            if transport.get_write_buffer_size():
                asyncio.get_running_loop().call_later(LINGER_SECONDS, transport.abort)

    def abort(self) -> None:
        if self._protocol.transport is not None:
            self._protocol.transport.abort()
