"""The running program: what is built, what starts and stops in which order, what is listened to."""

import asyncio
import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from aiohttp import web

from ledger.lock import LedgerLock
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import open_store
from ledger.writer import Writer, start_ledger
from payback import wiring
from payback.bad_requests import Server, request_log
from payback.clock import now_us, utc_now
from payback.desk import Desk
from payback.desk_messages import Setup
from payback.errors import SettingsError
from payback.front_door import FrontDoor, front_door
from payback.preconditions import refuse_lenient_parser, refuse_open_report
from payback.settings import Settings
from payback.under_way import UnderWay
from proxy.forward import Forwarder
from proxy.record import Books, CallIds
from proxy.route import Router
from proxy.upstream_client import LINE_BYTES, UpstreamClient
from web.app import ReportSettings, add_report

log = logging.getLogger(__name__)

MIB = 1 << 20
SWITCH_SECONDS = 0.0001
"""How long the ledger's thread waits for the loop's until it may run; Python's own 5 ms calls would feel."""
PAGE_SECONDS = 5.0
"""A page's questions to the ledger are given up after this; the page says so."""
CLOSE_SECONDS = 1.0
"""For what is left once calls have ended: connections that wait for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one server listens and writes."""

    settings: Settings
    ledger: Path
    host: str
    port: int
    notices: Sequence[str] = ()
    is_made_up: bool = False
    """The ledger's calls are a demonstration's."""


@dataclass(slots=True)
class Running:
    """A server that answers. *port* is the one that was bound."""

    place: Place
    port: int
    left_open: int = 0
    """Calls that an earlier process left open; they are marked interrupted."""
    calls: UnderWay = field(default_factory=UnderWay)

    @property
    def origin(self) -> str:
        host = self.place.host
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{shown}:{self.port}"


def run(place: Place, on_ready: Callable[[Running], None]) -> None:
    """Serve until SIGTERM or SIGINT; calls under way may end, a second signal cuts them."""
    refuse_lenient_parser()
    refuse_open_report(place.host, place.settings.report)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_until_signal(place, on_ready))


async def _until_signal(place: Place, on_ready: Callable[[Running], None]) -> None:
    stop = asyncio.Event()
    async with serving(place) as running:
        loop = asyncio.get_running_loop()

        def on_signal() -> None:
            if stop.is_set():
                running.calls.hurry()
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal)
        on_ready(running)
        await stop.wait()
        log.info("stopping: calls under way have %g s", place.settings.server.drain_s)


@asynccontextmanager
async def serving(place: Place) -> AsyncIterator[Running]:
    """The whole program on the running loop. Ends in the reverse order: the ledger last."""
    async with AsyncExitStack() as stack:
        bound = stack.enter_context(_bound(place))
        running = Running(place, bound.getsockname()[1])
        upstreams = wiring.upstreams(place.settings, place.host, running.port)
        writer, secret, running.left_open = await _ledger(place, stack)
        attributor = wiring.attributor(place.settings, secret)
        books = Books(
            writer=writer,
            prices=wiring.price_book(place.settings),
            now_us=now_us,
            is_stopping=lambda: running.calls.is_cutting,
            ids=CallIds(),
            known_model=partial(attributor.name_of, "answering model"),
            afterwards=running.calls.afterwards,
            listens_on_s=_listens_on_s(place.settings),
            refuse_unrecordable=place.settings.ledger.when_unrecordable == "refuse",
        )
        forwarder = Forwarder(
            client=_client(place.settings, stack),
            router=Router(upstreams, place.settings.default_upstream),
            attributor=attributor,
            books=books,
            longest_body=place.settings.server.read_body_mib * MIB,
        )
        stack.callback(forwarder.close)
        pages = _pages(running, writer, _desk(place, stack))
        await _listen(pages, front_door(pages, forwarder, running.calls), bound, running, stack)
        _settle()
        yield running


async def _ledger(place: Place, stack: AsyncExitStack) -> tuple[Writer, bytes, int]:
    ledger = place.ledger
    lock = LedgerLock(ledger)
    stack.callback(lock.release)
    store = open_store(ledger)
    stack.callback(store.close)
    spool = Spool(wiring.spool_path(place.settings, ledger), store.identity())
    left_open = start_ledger(store, spool)
    writer = Writer(store, spool, ledger.with_name(f"{ledger.name}.reserve"))
    secret = store.key_secret()
    writer.start()
    stack.push_async_callback(writer.close)
    return writer, secret, left_open


def _desk(place: Place, stack: AsyncExitStack) -> Desk:
    setup = Setup(ledger=place.ledger, book=wiring.price_book(place.settings))
    desk = Desk(setup, is_made_up=place.is_made_up)
    stack.push_async_callback(desk.close)
    return desk


def _client(settings: Settings, stack: AsyncExitStack) -> UpstreamClient:
    server = settings.server
    client = UpstreamClient(connect_timeout_s=server.connect_timeout_s, idle_timeout_s=server.idle_timeout_s)
    stack.push_async_callback(client.close)
    return client


def _listens_on_s(settings: Settings) -> float:
    server = settings.server
    return server.drain_limit_s if server.when_client_leaves == "drain" else 0


def _pages(running: Running, writer: Writer, desk: Desk) -> web.Application:
    """Everything that is answered here and not upstream."""
    app = web.Application()

    async def ready(_: web.Request) -> web.Response:
        if writer.problem is None:
            return web.Response(text="ready\n")
        return web.Response(status=503, text=f"the ledger cannot be written: {writer.problem}\n")

    app.router.add_get("/-/healthz", _healthy)
    app.router.add_get("/-/readyz", ready)
    app.router.add_head("/", _alive)
    app.router.add_get("/", _to_report, allow_head=False)
    add_report(app, _report_settings(running, writer, desk))
    return app


async def _alive(_: web.Request) -> web.Response:
    return web.Response()


async def _to_report(_: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/-/report")


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


def _report_settings(running: Running, writer: Writer, desk: Desk) -> ReportSettings:
    place = running.place

    def notices() -> Sequence[str]:
        if writer.problem is None:
            return place.notices
        waiting = (
            f"The ledger cannot be written ({writer.problem}); {writer.spooled} records wait in the spool."
        )
        return (*place.notices, waiting)

    password = place.settings.report.password
    return ReportSettings(
        open_reader=lambda: open_sqlite_reader(place.ledger, limit_s=PAGE_SECONDS),
        now=utc_now,
        base_url=f"{running.origin}/v1",
        ledger_name=place.ledger.name,
        password=password.read("report.password") if password else None,
        allowed_hosts=frozenset(place.settings.report.hosts),
        notices=notices,
        projector=desk,
    )


async def _listen(
    pages: web.Application, handler: FrontDoor, bound: socket.socket, running: Running, stack: AsyncExitStack
) -> None:
    pages_runner = web.AppRunner(pages)
    await pages_runner.setup()
    stack.push_async_callback(pages_runner.cleanup)
    server = Server(
        handler,
        request_factory=pages._make_request,  # noqa: SLF001  # pinned in tests/test_aiohttp_facts.py
        handler_cancellation=True,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=75,
        max_line_size=LINE_BYTES,
        max_field_size=LINE_BYTES,
        logger=request_log(),
    )
    runner = web.ServerRunner(server, shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    stack.push_async_callback(_ended, runner, running)
    await web.SockSite(runner, bound, backlog=1024).start()


def _bound(place: Place) -> socket.socket:
    """Raises SettingsError with the sentence that says what to set."""
    try:
        family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((place.host, place.port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = "another program listens there; end it, or give --port another number"
        elif error.errno == errno.EACCES:
            why = "the system keeps that port for others; give --port a number above 1023"
        else:
            why = (
                f"{(error.strerror or str(error)).lower()}; give --host and --port an address of this machine"
            )
        raise SettingsError(f"cannot listen on {place.host}:{place.port}: {why}") from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed: 5 to 10 % more calls."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _ended(runner: web.ServerRunner, running: Running) -> None:
    """Take no new connection, let calls end, then close what is left."""
    for site in list(runner.sites):
        await site.stop()
    await running.calls.end(running.place.settings.server.drain_s)
    await runner.cleanup()


def _settle() -> None:
    """Threads take turns often; the collector leaves alone what lives from here on, and looks seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    sys.setswitchinterval(SWITCH_SECONDS)
