"""Addresses of the overview."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.errors import BadPeriod
from ledger.period import Period, month_of, read_month
from ledger.store import Reader
from web.addresses import REPORT_PATH
from web.reading import Reading
from web.rendering import Renderer
from web.report_settings import ReportSettings
from web.spend.answers import ask
from web.spend.page import month_page
from web.spend.remembered import Remembered


class SpendPages:
    def __init__(self, settings: ReportSettings, renderer: Renderer, reading: Reading) -> None:
        self._settings, self._renderer, self._reading = settings, renderer, reading
        self._remembered = Remembered()

    def routes(self) -> Mapping[str, Handler]:
        return {REPORT_PATH: self.report}

    async def report(self, request: web.Request) -> web.Response:
        now = self._settings.now()
        try:
            text = request.query.get("month")
            month = read_month(text) if text else month_of(now.date())
        except BadPeriod as error:
            return self._renderer.sentence(400, "There is no such month", str(error))
        return await self._reading.page(partial(self._render, month, now))

    def _render(self, month: Period, now: datetime, reader: Reader) -> str:
        page = month_page(ask(reader, month, now.date(), self._remembered), now)
        return self._renderer.render("spend.html", page=page, notices=self._settings.notices())
