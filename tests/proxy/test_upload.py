"""The body of a request, whose client may stop sending it: pieces, the end, and how long is waited."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol

from proxy import upload


@pytest.fixture
async def content() -> AsyncIterator[StreamReader]:
    loop, (ours, theirs) = asyncio.get_running_loop(), socket.socketpair()
    transport, protocol = await loop.create_connection(lambda: BaseProtocol(loop), sock=ours)
    yield StreamReader(protocol, 1 << 16, loop=loop)
    transport.close()
    theirs.close()


async def test_all_pieces_come_and_then_the_end(content: StreamReader) -> None:
    async def send() -> None:
        for piece in (b"one", b"two"):
            content.feed_data(piece)
            await asyncio.sleep(0.01)
        content.feed_eof()

    sending = asyncio.create_task(send())
    assert [piece async for piece in upload.pieces_of(content)] == [b"one", b"two"]
    await sending


async def test_a_client_that_stops_is_waited_for_so_long_and_no_longer(
    content: StreamReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "SILENT_SECONDS", 0.05)
    content.feed_data(b"one")
    assert await upload.next_piece(content) == b"one"
    with pytest.raises(TimeoutError):
        await upload.next_piece(content)


async def test_what_has_come_whole_is_not_waited_for(
    content: StreamReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "SILENT_SECONDS", -1)
    content.feed_data(b"all")
    content.feed_eof()
    assert [piece async for piece in upload.pieces_of(content)] == [b"all"]
