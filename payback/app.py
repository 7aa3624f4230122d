"""The running program: what is built, what starts and stops in which order, what is listened to."""

import asyncio
import errno
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from ledger.call import Entry
from ledger.journal import Journal, journal_path
from ledger.keeper import start_ledger
from ledger.lock import LedgerLock
from ledger.scribe_process import ScribeProcess
from ledger.spool import Spool
from ledger.sqlite.store import open_store
from ledger.writer import Writer
from payback import collector, wiring
from payback.bad_requests import request_log
from payback.budgeting import Budgeting
from payback.clock import now_us, utc_now
from payback.current import Current
from payback.errors import SettingsError
from payback.forwarders import Forwarders
from payback.front_door import front_door
from payback.hangup import on_hangup
from payback.key_file import key_file
from payback.key_ring import KeyRing
from payback.metrics import Metrics
from payback.own_pages import OwnPages, own_pages
from payback.pages_messages import PagesSetup
from payback.pages_process import PagesProcess
from payback.passed_on import PassedOn
from payback.preconditions import (
    doubt_about_callers,
    refuse_lenient_parser,
    refuse_open_report,
    refuse_useless_keys,
)
from payback.server import Server
from payback.settings import Settings
from payback.under_way import UnderWay
from proxy.forward import Lasting
from proxy.room import take_all_room
from proxy.upstream_client import LINE_BYTES, UpstreamClient

if TYPE_CHECKING:
    from payback.metrics_page import MetricsPage

log = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0001
"""How long the loop waits for a thread that counts tokens or asks the ledger, where Python's own is 5 ms."""
BACKLOG = 4096
"""Connections that wait to be accepted; the system may have a lower limit. With more at once, the rest try
again a second later."""
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
    load: Callable[[], Settings] | None = None
    """Reads the configuration again, at SIGHUP; None: it is not."""


@dataclass(slots=True)
class Running:
    """A server that answers. *port* is the one that was bound."""

    place: Place
    port: int
    left_open: int = 0
    """Calls that an earlier process left open; they are marked interrupted."""
    calls: UnderWay = field(default_factory=UnderWay)
    read_again: Callable[[], None] = lambda: None
    """Take the configuration as it is now for new calls."""

    @property
    def origin(self) -> str:
        host = self.place.host
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{shown}:{self.port}"


def run(place: Place, on_ready: Callable[[Running], None]) -> None:
    """Serve until SIGTERM or SIGINT; calls under way may end, a second signal cuts them."""
    refuse_lenient_parser()
    refuse_open_report(place.host, place.settings.report)
    take_all_room()
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
        if place.load is not None:
            loop.add_signal_handler(signal.SIGHUP, on_hangup(running.read_again, on_signal))
        on_ready(running)
        await stop.wait()
        log.info("stopping: calls under way have %g s", place.settings.server.drain_s)


@asynccontextmanager
async def serving(place: Place) -> AsyncIterator[Running]:
    """The whole program on the running loop. Ends in the reverse order: the ledger last."""
    async with AsyncExitStack() as stack:
        bound = stack.enter_context(_bound(place))
        running = Running(place, bound.getsockname()[1])
        wiring.upstreams(
            place.settings, place.host, running.port
        )  # what is wrong is told before a ledger is made
        ring = _ring(place)
        writer, secret, running.left_open = await _ledger(place, stack)
        lasting, metrics = Lasting(_client(place.settings, stack)), Metrics()
        stack.callback(lasting.close)
        budgeting = Budgeting(
            place.ledger, now_us, metrics.refused, is_behind=lambda: bool(writer.problem or writer.spooled)
        )
        stack.push_async_callback(budgeting.close)
        drawing = PagesProcess(_pages_setup(running, place.settings))
        forwarders = Forwarders(
            host=place.host,
            port=running.port,
            writer=writer,
            secret=secret,
            calls=running.calls,
            lasting=lasting,
            names=wiring.distinct_names(place.settings, wiring.names_known(place.ledger, now_us())),
            watch=metrics,
            ring=ring,
            budgeting=budgeting,
        )
        current = Current(
            place.settings, forwarders.make, lambda settings: drawing.use(_pages_setup(running, settings))
        )
        if place.load is not None:
            running.read_again = partial(current.read_again, place.load)
        passed_on = PassedOn(drawing, writer, budgeting.now)
        stack.push_async_callback(passed_on.close)
        pages = own_pages(
            OwnPages(
                report=place.settings.report,
                writer=writer,
                drawn=passed_on,
                render_metrics=_metrics_page(metrics, writer, running.calls, current, budgeting),
            )
        )
        await _listen(pages, current, bound, running, metrics, stack)
        stack.push_async_callback(drawing.close)  # who listens for new calls would be waited for
        if doubt := doubt_about_callers(place.host, place.settings, has_keys=ring.has_keys):
            log.warning("%s", doubt)
        _settle()
        yield running


def _ring(place: Place) -> KeyRing:
    """Raises SettingsError where clients' keys cannot be read, or one opens nothing."""
    ring = KeyRing(key_file(place.settings, place.ledger))
    ring.start()
    refuse_useless_keys(place.settings, ring.issued, utc_now())
    return ring


async def _ledger(place: Place, stack: AsyncExitStack) -> tuple[Writer, bytes, int]:
    ledger = place.ledger
    lock = LedgerLock(ledger)
    stack.callback(lock.release)
    spool = wiring.spool_path(place.settings, ledger)
    with closing(open_store(ledger)) as store:
        secret, identity = store.key_secret(), store.identity()
        left_open = start_ledger(store, Spool(spool, identity), Journal(journal_path(ledger), identity))
    scribe = ScribeProcess(
        lock=lock.descriptor,
        ledger=ledger,
        identity=identity,
        spool=spool,
        reserve=ledger.with_name(f"{ledger.name}.reserve"),
    )
    writer = Writer(scribe, partial(_spooled, spool, identity))
    stack.push_async_callback(writer.close)
    await writer.start()
    return writer, secret, left_open


def _spooled(spool: Path, identity: str, entries: Sequence[Entry]) -> int:
    """Opened anew each time: between two of them a scribe may have emptied it."""
    opened = Spool(spool, identity)
    opened.append(entries)
    return opened.waiting


def _metrics_page(
    metrics: Metrics, writer: Writer, calls: UnderWay, current: Current, budgeting: Budgeting
) -> Callable[[str], tuple[bytes, str]]:
    """What shows metrics is read with the first look: most never look, and it takes a MB."""

    @cache
    def page() -> "MetricsPage":
        from payback.metrics_page import MetricsPage, Now

        return MetricsPage(
            Now(metrics=metrics, writer=writer, calls=calls, current=current, budgets=budgeting.now)
        )

    return lambda accept: page().render(accept)


def _pages_setup(running: Running, settings: Settings) -> PagesSetup:
    place = running.place
    return PagesSetup(
        ledger=place.ledger,
        origin=running.origin,
        notices=tuple(place.notices),
        book=wiring.price_book(settings),
        is_made_up=place.is_made_up,
        log_format=place.settings.log.format,
        log_level=logging.getLogger().level,
    )


def _client(settings: Settings, stack: AsyncExitStack) -> UpstreamClient:
    server = settings.server
    client = UpstreamClient(connect_timeout_s=server.connect_timeout_s, idle_timeout_s=server.idle_timeout_s)
    stack.push_async_callback(client.close)
    return client


async def _listen(
    pages: web.Application,
    current: Current,
    bound: socket.socket,
    running: Running,
    metrics: Metrics,
    stack: AsyncExitStack,
) -> None:
    pages_runner = web.AppRunner(pages)
    await pages_runner.setup()
    stack.push_async_callback(pages_runner.cleanup)
    server = Server(
        front_door(pages, current, running.calls, metrics.refused),
        plain_handler=lambda request: current.forwarder.handle(request),
        calls=running.calls,
        count=metrics.refused,
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
    await web.SockSite(runner, bound, backlog=BACKLOG).start()


def _bound(place: Place) -> socket.socket:
    """Raises SettingsError with the sentence that says what to set."""
    try:
        family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((place.host, place.port), family=family, backlog=BACKLOG)
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
    """Threads give way soon."""
    collector.settle()
    sys.setswitchinterval(SWITCH_SECONDS)
