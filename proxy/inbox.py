"""What has come on one connection, past HTTP, and was not passed on yet. aiohttp feeds it, on either side."""

import asyncio

from aiohttp.base_protocol import BaseProtocol

from proxy.departure import LOOK_SECONDS, has_left

MOST_BYTES = 1 << 17
"""With more than this waiting, nothing more is read: the peer waits, and so does who writes to it."""


class Inbox:
    """What aiohttp calls a parser; its own is the one for WebSocket messages.

    *feels_leaving*: a peer that leaves is heard to its end at once, though too much waits. What it has sent
    by then fits into the system's buffer."""

    def __init__(self, protocol: BaseProtocol, *, feels_leaving: bool = False) -> None:
        self._protocol = protocol
        self._feels_leaving = feels_leaving
        self._has_left = False
        self._parts: list[bytes] = []
        self._size = 0
        self._is_ended = False
        self._is_paused = False
        self._has_come = asyncio.Event()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._parts.append(data)
        self._size += len(data)
        self._has_come.set()
        if self._size >= MOST_BYTES and not (self._is_paused or self._has_left):
            self._is_paused = True
            self._protocol.pause_reading()
            self._look_later()
        return False, b""

    def feed_eof(self) -> None:
        self._is_ended = True
        self._has_come.set()

    async def take(self) -> bytes:
        """What has come, or comes next. b'' once the connection has ended and all was taken."""
        await self._has_come.wait()
        return self.take_nowait()

    def take_nowait(self) -> bytes:
        data = b"".join(self._parts)
        self._parts, self._size = [], 0
        if not self._is_ended:
            self._has_come.clear()
        self._read_on()
        return data

    def _read_on(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._protocol.resume_reading()

    def _look_later(self) -> None:
        if self._feels_leaving:
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        transport = self._protocol.transport
        if not self._is_paused or transport is None or transport.is_closing():
            return
        self._has_left = has_left(transport)
        if self._has_left:
            self._read_on()
        else:
            self._look_later()
