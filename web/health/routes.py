"""Address of the page of health."""

from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.period import us_at
from ledger.store import Reader
from web.addresses import HEALTH_PATH as HEALTH_PATH
from web.health.page import health_page, since
from web.reading import Reading
from web.rendering import Renderer
from web.report_settings import ReportSettings


class HealthPages:
    def __init__(self, settings: ReportSettings, renderer: Renderer, reading: Reading) -> None:
        self._settings, self._renderer, self._reading = settings, renderer, reading

    def routes(self) -> Mapping[str, Handler]:
        return {HEALTH_PATH: self.page}

    async def page(self, _: web.Request) -> web.Response:
        return await self._reading.page(self._render)

    def _render(self, reader: Reader) -> str:
        now, writing = self._settings.now(), self._settings.writing
        page = health_page(
            reader.ledger_facts(),
            reader.health(us_at(since(now))),
            writing() if writing else None,
            now,
            self._settings.budgets(),
        )
        return self._renderer.render("health.html", page=page, notices=self._settings.notices())
