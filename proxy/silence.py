"""How long a connection may be silent, where aiohttp does not look."""

import asyncio
from collections.abc import Callable


class Silence:
    """Calls *broken_off* once, when nothing was heard for *limit_s*; None: never. One timer serves all that
    is heard: setting one each time takes time."""

    def __init__(self, limit_s: float | None, broken_off: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit_s = limit_s
        self._broken_off = broken_off
        self._timer: asyncio.TimerHandle | None = None
        self.heard()
        self._wait(limit_s)

    def heard(self) -> None:
        self._heard_s = self._loop.time()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self, seconds: float | None) -> None:
        if seconds:
            self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        assert self._limit_s is not None
        left_s = self._heard_s + self._limit_s - self._loop.time()
        if left_s > 0.001:
            self._wait(left_s)
        else:
            self._broken_off()
