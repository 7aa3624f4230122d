"""An export as a download: made block by block in a thread of its own, each when the one before was taken.

So memory holds one block however large the month and however slow the client, and a client that leaves ends
the reading. What breaks halfway ends in a broken connection: half a file must not look like a whole one."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp import hdrs, web

from ledger.exports.export import Export
from ledger.store import Reader

log = logging.getLogger(__name__)

BLOCK_BYTES = 1 << 16
MOST_AT_ONCE = 2
"""Each takes the interpreter from the calls for a third of its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    file_name: str
    content_type: str
    make: Callable[[Reader], Iterator[bytes]]
    """The body, in pieces of any size."""


def whole(export: Export) -> Iterator[bytes]:
    return iter(export.chunks)


async def send(
    request: web.Request, download: Download, open_reader: Callable[[], Reader]
) -> web.StreamResponse:
    """Raises LedgerError while nothing was sent yet."""
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix="download")
    try:
        reader = await loop.run_in_executor(thread, open_reader)
        try:
            return await _sent(request, download, thread, blocks_of(download.make(reader)))
        finally:
            await asyncio.shield(loop.run_in_executor(thread, reader.close))
    finally:
        thread.shutdown(wait=False)


def blocks_of(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, in blocks of BLOCK_BYTES and little more."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


async def _sent(
    request: web.Request, download: Download, thread: ThreadPoolExecutor, blocks: Iterator[bytes]
) -> web.StreamResponse:
    loop = asyncio.get_running_loop()
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: download.content_type,
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{download.file_name}"',
            hdrs.CACHE_CONTROL: "no-store",
        }
    )
    first = (
        None if request.method == hdrs.METH_HEAD else await loop.run_in_executor(thread, next, blocks, None)
    )
    await response.prepare(request)
    try:
        while first is not None:
            await response.write(first)
            first = await loop.run_in_executor(thread, next, blocks, None)
        await response.write_eof()
    except ConnectionError:
        pass  # the client has left
    except Exception as error:
        log.error("a download broke off: %s", download.file_name, exc_info=error)
        if request.transport is not None:
            request.transport.abort()
    return response
