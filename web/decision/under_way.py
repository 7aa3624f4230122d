"""Projections that somebody waits for: one for each plan, however often its page is asked for meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from web.projector import Answer, Plan, ProjectionFailed, Projector

MOST = 4
"""Plans at the same time; the process that projects takes one after the other."""
KEPT_S = 60.0
"""How long an answer waits for somebody to come back for it: calls go on, and it grows old."""


@dataclass(slots=True)
class _Asked:
    task: "asyncio.Task[Answer]"
    done_at: float | None = None
    """On the loop's clock."""


class UnderWay:
    def __init__(self, projector: Projector, most: int = MOST, kept_s: float = KEPT_S) -> None:
        self._projector = projector
        self._most, self._kept_s = most, kept_s
        self._asked: dict[str, _Asked] = {}

    async def answer(self, key: str, plan: Plan, within_s: float) -> Answer | None:
        """What *plan*, known as *key*, comes to; None: not in time, ask again. Raises ProjectionFailed."""
        asked = self._known(key) or self._begun(key, plan)
        await asyncio.wait({asked.task}, timeout=within_s)
        if not asked.task.done():
            return None
        if self._asked.get(key) is asked:
            del self._asked[key]
        return asked.task.result()

    async def end(self) -> None:
        tasks = [asked.task for asked in self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._asked.clear()

    def _known(self, key: str) -> _Asked | None:
        now = asyncio.get_running_loop().time()
        old = [k for k, a in self._asked.items() if a.done_at is not None and now - a.done_at > self._kept_s]
        for each in old:
            del self._asked[each]
        return self._asked.get(key)

    def _begun(self, key: str, plan: Plan) -> _Asked:
        if sum(not asked.task.done() for asked in self._asked.values()) >= self._most:
            raise ProjectionFailed(f"{self._most} other projections are being made; ask again in a minute")
        loop = asyncio.get_running_loop()
        asked = _Asked(loop.create_task(self._projector.project(plan), name="projection"))
        asked.task.add_done_callback(_noting(asked, loop.time))
        self._asked[key] = asked
        return asked


def _noting(asked: _Asked, time: Callable[[], float]) -> Callable[["asyncio.Task[Answer]"], None]:
    def note(task: "asyncio.Task[Answer]") -> None:
        asked.done_at = time()
        if not task.cancelled():
            task.exception()  # looked at, so that an answer nobody comes back for is no warning

    return note
