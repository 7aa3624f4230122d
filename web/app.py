"""The report's routes. The ledger is read in threads of the report's own; the loop goes on serving calls."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import jinja2
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ledger.errors import BadPeriod, LedgerError
from ledger.period import Period, month_of, read_month
from ledger.store import Reader
from web import filters
from web.assets import Asset, read_assets, read_templates
from web.charts import share_bar
from web.pages import ask, month_page
from web.security import HEADERS, Guard, is_own

log = logging.getLogger(__name__)

REPORT_PATH = "/-/report"
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
    answer_within_s: float = 5.0


def add_report(app: web.Application, settings: ReportSettings) -> None:
    """Add the report to *app*, and the guard to everything under /-/, whoever answers it.

    Raises ValueError on an empty password."""
    guard = Guard(settings.password, settings.allowed_hosts)
    pages = _Pages(settings)
    app.middlewares.append(_in_front(guard))
    app.cleanup_ctx.append(pages.threads)
    app.router.add_get(REPORT_PATH, pages.report)
    app.router.add_route(hdrs.METH_ANY, REPORT_PATH, pages.not_allowed)
    for asset in pages.assets.values():
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
    """The handlers, with what they share: templates, assets, threads."""

    def __init__(self, settings: ReportSettings) -> None:
        self.assets: Mapping[str, Asset] = read_assets()
        self._settings = settings
        self._templates = template_environment()
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
            return self._sentence(400, "There is no such month", str(error))
        return await self._read_in_time(month, now)

    async def not_found(self, _: web.Request) -> web.Response:
        return self._sentence(404, "There is no such page", "The report is one page; this leads to it:")

    async def not_allowed(self, _: web.Request) -> web.Response:
        response = self._sentence(405, "The report can only be read", "Ask for it with GET.")
        response.headers[hdrs.ALLOW] = ", ".join(sorted(_READ_ONLY))
        return response

    async def _read_in_time(self, month: Period, now: datetime) -> web.Response:
        loop, limit_s = asyncio.get_running_loop(), self._settings.answer_within_s
        try:
            async with asyncio.timeout(limit_s):
                html = await loop.run_in_executor(self._pool, self._read_and_render, month, now)
        except LedgerError as error:
            return self._sentence(503, "The ledger cannot be read", str(error))
        except TimeoutError:
            return self._sentence(503, "The ledger is slow", f"It did not answer within {limit_s:g} s.")
        except Exception as error:  # a page says so, the log says what
            log.error("the report could not be made", exc_info=error)
            return self._sentence(500, "The report could not be made", "The log of payback says why.")
        return _page(200, html)

    def _read_and_render(self, month: Period, now: datetime) -> str:
        with closing(self._settings.open_reader()) as reader, reader.snapshot():
            answers = ask(reader, month)
        return self._render("report.html", page=month_page(answers, now), notices=self._settings.notices())

    def _sentence(self, status: int, title: str, sentence: str) -> web.Response:
        return _page(status, self._render("sentence.html", status=status, title=title, sentence=sentence))

    def _render(self, template: str, **facts: object) -> str:
        urls = {name: asset.url for name, asset in self.assets.items()}
        return self._templates.get_template(template).render(
            asset=urls, base_url=self._settings.base_url, ledger_name=self._settings.ledger_name, **facts
        )


def _page(status: int, html: str) -> web.Response:
    return web.Response(status=status, text=html, content_type="text/html")


def template_environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(read_templates()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["report_path"] = REPORT_PATH
    environment.globals["share_bar"] = share_bar
    for name in _FILTERS:
        environment.filters[name] = getattr(filters, name)
    for name in environment.list_templates():
        environment.get_template(name)  # compiled now, not while somebody waits for the first page
    return environment


_FILTERS = (
    "usd", "usd_exact", "plain_usd", "head_of_usd", "tail_of_usd", "tokens", "of_calls", "counted", "share",
    "when", "iso", "day_name", "month_name", "month_key", "duration", "shown", "full",
)  # fmt: skip
