"""What has come on one connection, past HTTP, and was not passed on yet. aiohttp feeds it, on either side."""

import asyncio

from aiohttp.base_protocol import BaseProtocol

MOST_BYTES = 1 << 17
"""With more than this waiting, nothing more is read: the peer waits, and so does who writes to it."""


class Inbox:
    """What aiohttp calls a parser; its own is the one for WebSocket messages."""

    def __init__(self, protocol: BaseProtocol) -> None:
        self._protocol = protocol
        self._parts: list[bytes] = []
        self._size = 0
        self._is_ended = False
        self._is_paused = False
        self._has_come = asyncio.Event()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._parts.append(data)
        self._size += len(data)
        self._has_come.set()
        if self._size >= MOST_BYTES and not self._is_paused:
            self._is_paused = True
            self._protocol.pause_reading()
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
        if self._is_paused:
            self._is_paused = False
            self._protocol.resume_reading()
        return data
