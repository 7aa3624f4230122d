"""What payback answers itself: its health, its metrics, its report."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ledger.writer import Writer
from payback.passed_on import PassedOn
from payback.sections import Report
from web.compression import pack
from web.entrance import EntranceSettings, add_entrance

METRICS_PATH = "/-/metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPages:
    """What they are made of."""

    report: Report
    writer: Writer
    drawn: PassedOn
    render_metrics: Callable[[str], tuple[bytes, str]]
    """From an Accept header to a body and its type. Takes a while: for a thread."""


def own_pages(parts: OwnPages) -> web.Application:
    """Everything that is not answered upstream. Raises SettingsError where the password is not there."""
    app = web.Application()
    app.router.add_get("/-/healthz", _healthy)
    app.router.add_get("/-/readyz", _readiness(parts.writer))
    app.router.add_get(METRICS_PATH, _metrics(parts.render_metrics))
    app.router.add_head("/", _alive)
    app.router.add_get("/", _to_report, allow_head=False)
    add_entrance(app, _entrance_settings(parts.report), parts.drawn.form)
    for path in ("/-", "/-/{rest:(?s:.*)}"):
        app.router.add_route(hdrs.METH_ANY, path, parts.drawn.page)
    return app


def _entrance_settings(report: Report) -> EntranceSettings:
    return EntranceSettings(
        password=report.password.read("report.password") if report.password else None,
        proxies=report.networks(),
        allowed_hosts=frozenset(report.hosts),
    )


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
        response = web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})
        await pack(request, response)
        return response

    return metrics
