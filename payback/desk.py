"""Where the report's page has its projections made: in a process of their own, one after the other.

The process starts with the first question and ends when nobody has asked for a while: the arithmetic takes
100 MB that a proxy does not need, and seconds in which calls would wait."""

import asyncio
import json
import logging
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any

from ledger.pricebook import PriceBook
from payback.child_process import end
from payback.desk_messages import BAD_PLAN, NOTHING, Setup, framed, read_answer
from web.projector import Answer, BadPlan, NothingToProject, Plan, ProjectionFailed

log = logging.getLogger(__name__)

IDLE_S = 600.0
"""Without a question; then the process ends, and the next question starts another."""
ENDS_WITHIN_S = 2.0
_FAILURES = {NOTHING: NothingToProject, BAD_PLAN: BadPlan}


class Desk:
    """A web.projector.Projector."""

    def __init__(self, setup: Setup, *, is_made_up: bool = False, idle_s: float = IDLE_S) -> None:
        self._setup, self._is_made_up, self._idle_s = setup, is_made_up, idle_s
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._told: Setup | None = None
        """What the process was started with."""
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[int | None]] = set()

    async def project(self, plan: Plan) -> Answer:
        async with self._turn:
            told = await self._asked(plan)
        if "answer" in told:
            return self._answer(told["answer"])
        raise _FAILURES.get(told["failed"], ProjectionFailed)(told["sentence"])

    @property
    def book(self) -> PriceBook:
        """What projections are priced by from the next question on."""
        return self._setup.book

    def use(self, setup: Setup) -> None:
        """From the next question on."""
        self._setup = setup

    async def close(self) -> None:
        self._dismiss()
        await asyncio.gather(*self._ending)

    async def _asked(self, plan: Plan) -> dict[str, Any]:
        self._stay_up()
        try:
            answer = await _answered(await self._running(), plan)
        except (OSError, EOFError, ValueError) as error:
            self._dismiss()
            log.error("the process that projects has ended: %s", error)
            raise ProjectionFailed("the projection broke off; ask again, or see the log") from None
        except asyncio.CancelledError:
            self._dismiss()  # it is still at a question whose answer nobody wants
            raise
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._dismiss)
        return answer

    async def _running(self) -> Process:
        if self._told is not self._setup:
            self._dismiss()
        if self._process is None or self._process.returncode is not None:
            command = (sys.executable, "-m", "payback.desk_child")
            # A session of its own: Ctrl-C is for the server, which then ends it.
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, start_new_session=True
            )
            assert self._process.stdin is not None
            self._told = self._setup
            self._process.stdin.write(framed(pickle.dumps(self._told)))
        return self._process

    def _stay_up(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _dismiss(self) -> None:
        """Its input ends, and so does it; one that is deep in arithmetic is ended."""
        self._stay_up()
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            task = asyncio.get_running_loop().create_task(end(process, ENDS_WITHIN_S), name="end of the desk")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def _answer(self, told: dict[str, Any]) -> Answer:
        smaller = {"workloads": told["smaller_workloads"], "usd": told["smaller_usd"]}
        return told | {"smaller": smaller if smaller["workloads"] else None, "made_up": self._is_made_up}


async def _answered(process: Process, plan: Plan) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(framed(pickle.dumps(dict(plan))))
    await process.stdin.drain()
    answer: dict[str, Any] = json.loads(await read_answer(process.stdout))
    return answer
