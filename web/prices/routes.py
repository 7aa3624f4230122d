"""Address of the page of prices."""

from collections.abc import Mapping
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.pricebook import PriceBook
from ledger.store import Reader
from web.addresses import REPORT_PATH
from web.prices.answers import ask
from web.prices.page import prices_page
from web.reading import Reading
from web.rendering import Renderer
from web.report_settings import ReportSettings

PRICES_PATH = f"{REPORT_PATH}/prices"


class PricesPages:
    def __init__(self, settings: ReportSettings, renderer: Renderer, reading: Reading) -> None:
        self._settings, self._renderer, self._reading = settings, renderer, reading

    def routes(self) -> Mapping[str, Handler]:
        return {PRICES_PATH: self.page}

    async def page(self, _: web.Request) -> web.Response:
        return await self._reading.page(partial(self._render, self._settings.book()))

    def _render(self, book: PriceBook, reader: Reader) -> str:
        now = self._settings.now()
        page = prices_page(ask(reader, now.date()), book, now)
        return self._renderer.render("prices.html", page=page, notices=self._settings.notices())
