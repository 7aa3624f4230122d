"""Whether a peer is still there of which nothing is read: the end of its connection would be read behind all
that waits, and the system does not say it of itself."""

import asyncio
import select

from aiohttp.base_protocol import BaseProtocol

LOOK_SECONDS = 0.04
"""A client that left is to be felt upstream within 0.1 s."""
_LEFT = getattr(select, "POLLRDHUP", 0)
"""Linux has it; others tell of a reset alone."""


def has_left(transport: asyncio.Transport) -> bool:
    """Whether the peer has ended the connection, though there may be more to read of it. What its own system
    still holds back, its end included, nobody can see."""
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), _LEFT)
    return bool(poll.poll(0))


class Lookout:
    """Ends a client's connection when the client has, as reading does that meets the end, though nothing is
    read of it just now: its upload waits for upstream, or more came behind a call than is held here."""

    __slots__ = ("_is_looking", "_protocol")

    def __init__(self, protocol: BaseProtocol) -> None:
        self._protocol = protocol
        self._is_looking = False

    def begin(self) -> None:
        """Nothing is read from now on; it ends by itself when that is over."""
        if not self._is_looking:
            self._is_looking = True
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._is_looking = False
        transport = self._protocol.transport
        if transport is None or transport.is_closing() or transport.is_reading():
            return
        if self._protocol._upgraded:  # noqa: SLF001  # an Inbox looks, and passes on what came
            return
        if has_left(transport):
            transport.abort()
        else:
            self.begin()
