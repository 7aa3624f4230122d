"""The process that draws pages: `python -m payback.pages_child DESCRIPTOR`, started by the server and ended
with it.

Setups come on its standard input until that ends. Over the descriptor, a Unix socket, come connections to
serve."""

import asyncio
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from threading import Thread

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.sqlite.reader import open_sqlite_reader
from payback import collector, logs
from payback.clock import utc_now
from payback.desk import Desk
from payback.desk_messages import Setup, read_question
from payback.pages_messages import TOLD, PagesSetup, Told, read_told
from payback.plan_folder import PlanFolder
from payback.priority import give_way
from payback.version import VERSION
from proxy.wire import LINE_BYTES
from web.addresses import LOGIN_PATH
from web.app import add_report
from web.report_settings import ReportSettings, Writing
from web.visitor import VISITOR, Visitor

PAGE_SECONDS = 5.0
"""A page's questions to the ledger are given up after this; the page says so."""
CLOSE_SECONDS = 1.0
_UNASKED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Sent to all processes of a service. When this one ends is the server's to say."""


class _Office:
    """What pages are told of the server, as it was last heard of."""

    def __init__(self, setup: PagesSetup) -> None:
        self.setup = setup
        self.told = Told(visitor=Visitor(), problem=None, spool_problem=None, spooled=0)
        self.desk = Desk(_desk_setup(setup), is_made_up=setup.is_made_up)

    def use(self, setup: PagesSetup) -> None:
        self.setup = setup
        self.desk.use(_desk_setup(setup))

    @web.middleware
    async def hear(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.told = read_told(request.headers[TOLD])
        request[VISITOR] = self.told.visitor
        return await handler(request)

    def notices(self) -> Sequence[str]:
        told = self.told
        if told.problem is None:
            return self.setup.notices
        waiting = f"The ledger cannot be written ({told.problem}); {told.spooled} records wait in the spool."
        return (*self.setup.notices, waiting)

    def writing(self) -> Writing:
        disk = shutil.disk_usage(self.setup.ledger.parent)
        return Writing(
            problem=self.told.problem,
            spool_problem=self.told.spool_problem,
            spooled=self.told.spooled,
            disk_free_bytes=disk.free,
            disk_bytes=disk.total,
        )


def main(arguments: Sequence[str]) -> int:
    for number in _UNASKED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    give_way()
    (descriptor,) = arguments
    control = socket.socket(fileno=int(descriptor))
    try:
        setup: PagesSetup = read_question(sys.stdin.buffer)
    except EOFError:
        return 0
    logs.begin(setup.log_format, setup.log_level)
    asyncio.run(_serve(setup, control))
    return 0


async def _serve(setup: PagesSetup, control: socket.socket) -> None:
    office = _Office(setup)
    app = web.Application(middlewares=[office.hear])
    app.router.add_get(LOGIN_PATH, add_report(app, _report_settings(office)))
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        handler_cancellation=True,
        auto_decompress=False,
        max_line_size=LINE_BYTES,
        max_field_size=LINE_BYTES,
        shutdown_timeout=CLOSE_SECONDS,
    )
    await runner.setup()
    assert runner.server is not None
    collector.settle()
    is_over = asyncio.Event()
    _listen_for_setups(office, is_over)
    _take_connections(control, runner.server)
    await is_over.wait()
    await app.shutdown()  # who listens for new calls would be waited for
    await runner.cleanup()
    await office.desk.close()


def _listen_for_setups(office: _Office, is_over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def listen() -> None:
        with suppress(EOFError):
            while True:
                loop.call_soon_threadsafe(office.use, read_question(sys.stdin.buffer))
        loop.call_soon_threadsafe(is_over.set)

    Thread(target=listen, name="setups", daemon=True).start()


def _take_connections(control: socket.socket, server: web.Server) -> None:
    loop = asyncio.get_running_loop()
    control.setblocking(False)
    taken: set[asyncio.Task[object]] = set()

    def take() -> None:
        try:
            said, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        except BlockingIOError:
            return
        if not said:
            loop.remove_reader(control)
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            task = loop.create_task(loop.connect_accepted_socket(server, connection))
            taken.add(task)
            task.add_done_callback(taken.discard)

    loop.add_reader(control, take)


def _report_settings(office: _Office) -> ReportSettings:
    ledger = office.setup.ledger
    return ReportSettings(
        open_reader=partial(open_sqlite_reader, ledger, limit_s=PAGE_SECONDS),
        now=utc_now,
        base_url=f"{office.setup.origin}/v1",
        ledger_name=ledger.name,
        notices=office.notices,
        projector=office.desk,
        plans=PlanFolder(ledger),
        book=lambda: office.desk.book,
        writing=office.writing,
        budgets=lambda: office.told.budgets,
        open_long_reader=partial(open_sqlite_reader, ledger),
        version=VERSION,
    )


def _desk_setup(setup: PagesSetup) -> Setup:
    return Setup(ledger=setup.ledger, book=setup.book)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
