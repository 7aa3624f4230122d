"""The socket to one scribe, at the writer's end."""

import asyncio
from collections.abc import Callable
from typing import cast

from ledger.parcels import Reply, Unpacker


class Line(asyncio.Protocol):
    """The socket to one scribe."""

    def __init__(self, replied: Callable[[Reply], None], cut: "Callable[[Line], None]") -> None:
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
        if not self.first_reply.done():
            self.first_reply.set_result(None)

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
