"""How a process ends that the server has started and that ends with its input."""

from asyncio import timeout
from asyncio.subprocess import Process


async def end(process: Process, within_s: float) -> int | None:
    """Its status; None where it has not ended by itself within *within_s* and was killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with timeout(within_s):
            return await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
