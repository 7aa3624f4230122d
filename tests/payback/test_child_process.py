"""Processes that end with their input, and one that does not."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from time import monotonic

from payback.child_process import end


async def started(code: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=PIPE)


async def test_the_end_of_its_input_is_a_process_own_and_its_status_is_told() -> None:
    assert await end(await started("import sys; sys.stdin.read(); sys.exit(3)"), within_s=20) == 3


async def test_a_process_that_goes_on_is_killed() -> None:
    process, started_s = await started("while True: pass"), monotonic()
    assert await end(process, within_s=0.1) is None
    assert process.returncode == -9
    assert monotonic() - started_s < 10
