"""Where pages are drawn: in a process of their own, which is started for the first page and ends when nobody
has looked for a while.

A page takes milliseconds in which no call would be passed on, and 40 MB that a proxy does not need. What is
sent there goes over pairs of sockets that this process makes: there is no address that others could find."""

import asyncio
import logging
import pickle
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager

from payback.child_process import end
from payback.desk_messages import framed
from payback.pages_messages import PagesSetup

log = logging.getLogger(__name__)

IDLE_S = 600.0
"""Without a request; a page that keeps itself up to date is one that lasts."""
ENDS_WITHIN_S = 3.0


class PagesProcess:
    def __init__(self, setup: PagesSetup, idle_s: float = IDLE_S) -> None:
        self._setup, self._idle_s = setup, idle_s
        self._starting = asyncio.Lock()
        self._process: Process | None = None
        self._control: socket.socket | None = None
        """Over which it is given its ends of pairs."""
        self._requests = 0
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._is_over = False

    def use(self, setup: PagesSetup) -> None:
        """From now on."""
        self._setup = setup
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(framed(pickle.dumps(setup)))

    async def connect(self) -> socket.socket:
        """This process's end of a connection to the other. Raises OSError."""
        async with self._starting:
            if self._is_over:
                raise OSError("payback is ending")
            if self._process is None or self._process.returncode is not None:
                await self._start()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                assert self._control is not None
                socket.send_fds(self._control, [b"c"], [theirs.fileno()])
            except OSError:
                ours.close()
                self._dismiss()
                raise
        return ours

    @contextmanager
    def asked(self) -> Iterator[None]:
        """While this lasts, the process is not ended for want of requests."""
        self._stay_up()
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._dismiss)

    async def close(self) -> None:
        """For good."""
        self._is_over = True
        async with self._starting:  # what is being started is ended, too
            self._dismiss()
        await asyncio.gather(*self._ending)

    async def _start(self) -> None:
        self._dismiss()
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            command = (sys.executable, "-m", "payback.pages_child", str(theirs.fileno()))
            # A session of its own: Ctrl-C is for the server, which then ends it.
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, pass_fds=(theirs.fileno(),), start_new_session=True
            )
        assert self._process.stdin is not None
        self._process.stdin.write(framed(pickle.dumps(self._setup)))

    def _stay_up(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _dismiss(self) -> None:
        """Its input ends, and so does it."""
        self._stay_up()
        if self._control is not None:
            self._control.close()
        process, self._process, self._control = self._process, None, None
        if process is not None:
            task = asyncio.get_running_loop().create_task(_ended(process), name="end of the pages")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


async def _ended(process: Process) -> None:
    if status := await end(process, ENDS_WITHIN_S):
        log.error("the process that draws pages has ended with status %d", status)
