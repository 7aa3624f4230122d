"""The calls that are under way: what payback waits for at its end, and cuts when that takes too long."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

CUT_SECONDS = 1.0
"""A call that is cut has its row written in milliseconds; one that takes longer is left behind."""


class UnderWay:
    def __init__(self) -> None:
        self.is_stopping = False
        """No new call is wanted: connections close after their answer."""
        self.is_cutting = False
        """What is cancelled from now on, payback has cut; before, it was the client that left."""
        self._calls: set[asyncio.Task[Any]] = set()
        self._hurry = asyncio.Event()

    def __len__(self) -> int:
        return len(self._calls)

    def join(self) -> None:
        """The running task is a call, until it is done."""
        task = asyncio.current_task()
        assert task is not None
        self.add(task)

    def afterwards(self, work: Coroutine[Any, Any, None]) -> None:
        """What is still to be done for a call whose client has left is a call too."""
        self.add(asyncio.get_running_loop().create_task(work))

    def add(self, task: "asyncio.Task[Any]") -> None:
        """*task* is a call, until it is done."""
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def hurry(self) -> None:
        """Wait no longer."""
        self._hurry.set()

    async def end(self, within_s: float) -> None:
        """Let calls end by themselves, for *within_s* or until somebody is in a hurry; then cut the rest."""
        self.is_stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._ended_or_hurried()
        self.is_cutting = True
        await asyncio.sleep(0)  # what was begun just now would end before its first line, and write nothing
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=CUT_SECONDS)

    async def _ended_or_hurried(self) -> None:
        hurried = asyncio.ensure_future(self._hurry.wait())
        try:
            while self._calls and not hurried.done():
                await asyncio.wait({*self._calls, hurried}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurried.cancel()
