"""What payback answers itself: its health, its metrics, its report."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ledger.sqlite.reader import open_sqlite_reader
from ledger.writer import Writer
from payback.clock import utc_now
from payback.desk import Desk
from payback.plan_folder import PlanFolder
from payback.sections import Report
from payback.version import VERSION
from web.app import add_report
from web.report_settings import ReportSettings, Writing

METRICS_PATH = "/-/metrics"
PAGE_SECONDS = 5.0
"""A page's questions to the ledger are given up after this; the page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPages:
    """What they are made of."""

    ledger: Path
    origin: str
    """Where payback listens, such as http://127.0.0.1:8300."""
    report: Report
    notices: Sequence[str]
    writer: Writer
    desk: Desk
    render_metrics: Callable[[str], tuple[bytes, str]]
    """From an Accept header to a body and its type. Takes a while: for a thread."""


def own_pages(parts: OwnPages) -> web.Application:
    """Everything that is answered here and not upstream."""
    app = web.Application()
    app.router.add_get("/-/healthz", _healthy)
    app.router.add_get("/-/readyz", _readiness(parts.writer))
    app.router.add_get(METRICS_PATH, _metrics(parts.render_metrics))
    app.router.add_head("/", _alive)
    app.router.add_get("/", _to_report, allow_head=False)
    add_report(app, _report_settings(parts))
    return app


async def _alive(_: web.Request) -> web.Response:
    return web.Response()


async def _to_report(_: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/-/report")


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


def _readiness(writer: Writer) -> Handler:
    async def ready(_: web.Request) -> web.Response:
        if writer.problem is None:
            return web.Response(text="ready\n")
        return web.Response(
            status=503, text="the ledger cannot be written; the report's page on health says why\n"
        )

    return ready


def _metrics(render: Callable[[str], tuple[bytes, str]]) -> Handler:
    async def metrics(request: web.Request) -> web.Response:
        accept = ",".join(request.headers.getall(hdrs.ACCEPT, []))
        body, content_type = await asyncio.to_thread(render, accept)
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})

    return metrics


def _report_settings(parts: OwnPages) -> ReportSettings:
    writer = parts.writer

    def notices() -> Sequence[str]:
        if writer.problem is None:
            return parts.notices
        waiting = (
            f"The ledger cannot be written ({writer.problem}); {writer.spooled} records wait in the spool."
        )
        return (*parts.notices, waiting)

    password = parts.report.password
    return ReportSettings(
        open_reader=lambda: open_sqlite_reader(parts.ledger, limit_s=PAGE_SECONDS),
        now=utc_now,
        base_url=f"{parts.origin}/v1",
        ledger_name=parts.ledger.name,
        password=password.read("report.password") if password else None,
        proxies=parts.report.networks(),
        allowed_hosts=frozenset(parts.report.hosts),
        notices=notices,
        projector=parts.desk,
        plans=PlanFolder(parts.ledger),
        book=lambda: parts.desk.book,
        writing=partial(_writing, writer, parts.ledger),
        open_long_reader=partial(open_sqlite_reader, parts.ledger),
        version=VERSION,
    )


def _writing(writer: Writer, ledger: Path) -> Writing:
    disk = shutil.disk_usage(ledger.parent)
    return Writing(
        problem=writer.problem,
        spool_problem=writer.spool_problem,
        spooled=writer.spooled,
        disk_free_bytes=disk.free,
        disk_bytes=disk.total,
    )
