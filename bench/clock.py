"""An event loop that wakes to the microsecond.

epoll and libuv round a timer up to the next millisecond: at 2,000 requests/s two would leave at once and
both up to 1 ms late, which is more than what is to be measured."""

import asyncio
import gc
import select
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class FineSelector(selectors.EpollSelector):
    """Waits with select(2), which takes microseconds, on the epoll descriptor itself."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            select.select([self.fileno()], [], [], timeout)
        return super().select(0)


def run_finely(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* on such a loop, with the garbage collector off: its pauses are not the target's."""
    gc.disable()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(FineSelector())) as runner:
        return runner.run(main)
