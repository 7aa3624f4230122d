"""The report's routes. The ledger is read in threads of the report's own, so that one page does not wait for
another."""

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from web.addresses import REPORT_PATH
from web.api.failures import is_api
from web.api.routes import Api
from web.assets import Asset
from web.calls.routes import CallsPages
from web.compression import pack
from web.decision.routes import DecisionPages
from web.health.routes import HealthPages
from web.login.form import LoginForm, fit_session
from web.manner import Manner, reading_as
from web.months.routes import MonthsPages
from web.plans.routes import PlanPages
from web.prices.routes import PricesPages
from web.reading import Reading
from web.rendering import Renderer
from web.report_settings import ReportSettings
from web.security import is_own, secure
from web.spend.routes import SpendPages
from web.viewer import SETTINGS_PATH, ViewerSettings, fit, manner_of

_READ_PAGES = (SpendPages, PricesPages, MonthsPages, HealthPages)
_READ_ONLY = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_KEEP_FOR_GOOD = MappingProxyType({hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"})


def add_report(app: web.Application, settings: ReportSettings) -> Handler:
    """Add the report to *app*: who may see it is for the entrance in front of it, which is given what comes
    back: the handler that draws the form for the password."""
    renderer = Renderer(settings.base_url, settings.ledger_name)
    reading = Reading(settings, renderer)
    decision = DecisionPages(
        settings.projector, renderer, settings.notices, settings.answer_within_s, settings.plans
    )
    calls = CallsPages(settings, renderer, reading)
    app.middlewares.append(_fitted)
    app.cleanup_ctx.extend([reading.threads, decision.projecting])
    app.on_shutdown.append(calls.end)
    read = (group(settings, renderer, reading) for group in _READ_PAGES)
    for pages in (*read, calls, decision):
        _add(app, pages.routes(), _not_allowed(renderer))
    if settings.plans is not None:
        plans = PlanPages(settings.plans, renderer)
        _add(app, plans.routes(), _not_allowed(renderer), plans.changes())
    for asset in renderer.assets.values():
        app.router.add_get(asset.url, _handing_out(asset))
    Api(settings, reading, decision.under_way).add_to(app.router)
    app.router.add_post(SETTINGS_PATH, ViewerSettings(renderer).take)
    app.router.add_get(SETTINGS_PATH, _to_report)
    app.router.add_get("/-/", _to_report)
    for path in ("/-", "/-/{rest:(?s:.*)}"):
        app.router.add_route(hdrs.METH_ANY, path, _not_found(renderer))
    return LoginForm(renderer).page


def _add(
    app: web.Application,
    routes: Mapping[str, Handler],
    not_allowed: Handler,
    changes: Mapping[str, Handler] = MappingProxyType({}),
) -> None:
    """*changes*: what is sent with POST."""
    for path, handler in changes.items():
        app.router.add_post(path, handler)
    for path, handler in routes.items():
        app.router.add_get(path, handler)
        app.router.add_route(hdrs.METH_ANY, path, not_allowed)


async def _to_report(_: web.Request) -> web.Response:
    raise web.HTTPSeeOther(REPORT_PATH)


@web.middleware
async def _fitted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Each answer as whoever asks is to have it."""
    if not is_own(request):
        return await handler(request)
    try:
        with reading_as(Manner() if is_api(request.path) else manner_of(request)):
            response = await handler(request)
    except web.HTTPException as error:
        secure(error)
        raise
    secure(response)
    fit(request, response)
    fit_session(request, response)
    await pack(request, response)
    return response


def _handing_out(asset: Asset) -> Handler:
    async def hand_out(_: web.Request) -> web.Response:
        return web.Response(
            body=asset.body, content_type=asset.content_type, charset="utf-8", headers=_KEEP_FOR_GOOD
        )

    return hand_out


def _not_found(renderer: Renderer) -> Handler:
    async def not_found(_: web.Request) -> web.Response:
        words = "The navigation above leads to all there are; this leads to the first:"
        return renderer.sentence(404, "There is no such page", words)

    return not_found


def _not_allowed(renderer: Renderer) -> Handler:
    async def not_allowed(_: web.Request) -> web.Response:
        response = renderer.sentence(405, "The report can only be read", "Ask for it with GET.")
        response.headers[hdrs.ALLOW] = ", ".join(sorted(_READ_ONLY))
        return response

    return not_allowed
