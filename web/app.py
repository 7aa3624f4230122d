"""The report's routes. The ledger is read in threads of the report's own; the loop goes on serving calls."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ledger.errors import BadPeriod, LedgerError
from ledger.period import Period, month_of, read_month
from ledger.store import Reader
from web.assets import Asset
from web.decision.routes import PLAN_PATH, DecisionPages
from web.pages import ask, month_page
from web.projector import Projector
from web.rendering import PAYBACK_PATH, REPORT_PATH, Renderer, page_of
from web.security import HEADERS, Guard, is_own

log = logging.getLogger(__name__)

READING_THREADS = 2
"""Pages that are made at the same time; more would take the interpreter from the calls."""
_READ_ONLY = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_KEEP_FOR_GOOD = MappingProxyType({hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    open_reader: Callable[[], Reader]
    """A read-only view of the ledger, used by one thread and closed. May raise LedgerError."""
    now: Callable[[], datetime]
    """UTC."""
    base_url: str
    """What applications point at, such as http://127.0.0.1:8300/v1."""
    ledger_name: str
    password: str | None = None
    """None only where payback listens on loopback alone."""
    allowed_hosts: frozenset[str] = frozenset()
    """Host names besides those of loopback under which the pages are answered while there is no password."""
    notices: Callable[[], Sequence[str]] = tuple
    """Sentences to show above everything."""
    projector: Projector | None = None
    """Answers what plans come to, in a process of its own; None: the page names the command instead."""
    answer_within_s: float = 5.0


def add_report(app: web.Application, settings: ReportSettings) -> None:
    """Add the report to *app*, and the guard to everything under /-/, whoever answers it.

    Raises ValueError on an empty password."""
    guard = Guard(settings.password, settings.allowed_hosts)
    renderer = Renderer(settings.base_url, settings.ledger_name)
    pages = _Pages(settings, renderer)
    decision = DecisionPages(settings.projector, renderer, settings.notices, settings.answer_within_s)
    app.middlewares.append(_in_front(guard))
    app.cleanup_ctx.extend([pages.threads, decision.projecting])
    gets = {REPORT_PATH: pages.report, PAYBACK_PATH: decision.page, PLAN_PATH: decision.plan_file}
    for path, handler in gets.items():
        app.router.add_get(path, handler)
        app.router.add_route(hdrs.METH_ANY, path, pages.not_allowed)
    for asset in renderer.assets.values():
        app.router.add_get(asset.url, _handing_out(asset))
    app.router.add_get("/-/", _to_report)
    for path in ("/-", "/-/{rest:.*}"):
        app.router.add_route(hdrs.METH_ANY, path, pages.not_found)


def wants_report(request: web.Request) -> bool:
    """Is this somebody who opened payback's address in a browser? Send them to REPORT_PATH with a 303."""
    if request.method != hdrs.METH_GET or request.path != "/":
        return False
    return "text/html" in ",".join(request.headers.getall(hdrs.ACCEPT, [])).lower()


async def _to_report(_: web.Request) -> web.Response:
    raise web.HTTPSeeOther(REPORT_PATH)


def _in_front(guard: Guard) -> Middleware:
    @web.middleware
    async def in_front(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_own(request):
            return await handler(request)
        try:
            refusal = guard.refusal(request)
            response = await handler(request) if refusal is None else refusal
        except web.HTTPException as error:
            _secure(error)
            raise
        _secure(response)
        return response

    return in_front


def _secure(response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def _handing_out(asset: Asset) -> Handler:
    async def hand_out(_: web.Request) -> web.Response:
        return web.Response(
            body=asset.body, content_type=asset.content_type, charset="utf-8", headers=_KEEP_FOR_GOOD
        )

    return hand_out


class _Pages:
    """The handlers, with what they share: the settings, what renders, threads."""

    def __init__(self, settings: ReportSettings, renderer: Renderer) -> None:
        self._settings = settings
        self._renderer = renderer
        self._pool: ThreadPoolExecutor | None = None

    async def threads(self, _: web.Application) -> AsyncIterator[None]:
        """From the application's start to its end."""
        self._pool = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="report")
        yield
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def report(self, request: web.Request) -> web.Response:
        now = self._settings.now()
        try:
            text = request.query.get("month")
            month = read_month(text) if text else month_of(now.date())
        except BadPeriod as error:
            return self._renderer.sentence(400, "There is no such month", str(error))
        return await self._read_in_time(month, now)

    async def not_found(self, _: web.Request) -> web.Response:
        return self._renderer.sentence(
            404, "There is no such page", "The report is two pages; this leads to the first:"
        )

    async def not_allowed(self, _: web.Request) -> web.Response:
        response = self._renderer.sentence(405, "The report can only be read", "Ask for it with GET.")
        response.headers[hdrs.ALLOW] = ", ".join(sorted(_READ_ONLY))
        return response

    async def _read_in_time(self, month: Period, now: datetime) -> web.Response:
        loop, limit_s = asyncio.get_running_loop(), self._settings.answer_within_s
        try:
            async with asyncio.timeout(limit_s):
                html = await loop.run_in_executor(self._pool, self._read_and_render, month, now)
        except LedgerError as error:
            return self._renderer.sentence(503, "The ledger cannot be read", str(error))
        except TimeoutError:
            return self._renderer.sentence(
                503, "The ledger is slow", f"It did not answer within {limit_s:g} s."
            )
        except Exception as error:  # a page says so, the log says what
            log.error("the report could not be made", exc_info=error)
            return self._renderer.sentence(
                500, "The report could not be made", "The log of payback says why."
            )
        return page_of(200, html)

    def _read_and_render(self, month: Period, now: datetime) -> str:
        with closing(self._settings.open_reader()) as reader, reader.snapshot():
            answers = ask(reader, month)
        return self._renderer.render(
            "report.html", page=month_page(answers, now), notices=self._settings.notices()
        )
