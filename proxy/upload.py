"""The body of a request, piece by piece, from a client that may stop sending it."""

from asyncio import timeout
from collections.abc import AsyncIterator

from aiohttp import StreamReader

SILENT_SECONDS = 60.0
"""Without a byte of a body that has more; as nginx waits (client_body_timeout)."""


async def next_piece(content: StreamReader) -> bytes:
    """What has come; empty: that was all. Raises TimeoutError where the client has stopped sending."""
    if content.is_eof():
        return await content.readany()
    async with timeout(SILENT_SECONDS):
        return await content.readany()


async def pieces_of(content: StreamReader) -> AsyncIterator[bytes]:
    """Raises TimeoutError likewise."""
    while piece := await next_piece(content):
        yield piece
