"""Whether a peer is still there of which nothing is read: the end of its connection would be read behind all
that waits, and the system does not say it of itself."""

import asyncio
import select

from proxy.request import Request

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


def feel_departure(request: Request) -> None:
    """End the client's connection when the client has, as reading does that meets the end, though its upload
    waits for upstream; until the body has come."""
    transport = request.protocol.transport
    if transport is None or transport.is_closing() or request.content.is_eof():
        return
    if not transport.is_reading() and has_left(transport):
        transport.abort()
    else:
        asyncio.get_running_loop().call_later(LOOK_SECONDS, feel_departure, request)
