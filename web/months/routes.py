"""Addresses of the months and of their files."""

import re
from collections.abc import Iterator, Mapping
from functools import partial

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ledger.errors import BadPeriod, LedgerError
from ledger.exports.export import FORMATS, MANIFEST_ENDING, Export, file_name
from ledger.ids import us_of_call_id
from ledger.period import Period, read_month, time_of
from ledger.store import Reader
from web.addresses import REPORT_PATH
from web.months.download import MOST_AT_ONCE, Download, send
from web.months.page import months_page
from web.reading import Reading
from web.rendering import Renderer
from web.report_settings import ReportSettings
from web.spend.answers import EVER

MONTHS_PATH = f"{REPORT_PATH}/months"
_FILE = re.compile(
    rf"payback-(?P<month>.{{7}})\.(?P<format>{'|'.join(FORMATS)})(?P<manifest>{re.escape(MANIFEST_ENDING)})?"
)
_TYPES: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_JSON = "application/json"


class MonthsPages:
    def __init__(self, settings: ReportSettings, renderer: Renderer, reading: Reading) -> None:
        self._settings, self._renderer, self._reading = settings, renderer, reading
        self._downloads = 0

    def routes(self) -> Mapping[str, Handler]:
        return {MONTHS_PATH: self.page, f"{MONTHS_PATH}/{{file}}": self.file}

    async def page(self, _: web.Request) -> web.Response:
        return await self._reading.page(self._render)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The export of one month, or its manifest."""
        found = _FILE.fullmatch(request.match_info["file"])
        if found is None:
            words = f"Files are called payback-2026-10.csv, with {' or '.join(FORMATS)} and the month."
            return self._renderer.sentence(404, "There is no such file", words)
        try:
            month = read_month(found["month"])
        except BadPeriod as error:
            return self._renderer.sentence(404, "There is no such file", str(error))
        make = self._manifest if found["manifest"] else _body
        content_type = _JSON if found["manifest"] else _TYPES[found["format"]]
        name = request.match_info["file"]
        return await self._sent(
            request,
            Download(file_name=name, content_type=content_type, make=partial(make, month, found["format"])),
        )

    async def _sent(self, request: web.Request, download: Download) -> web.StreamResponse:
        if self._downloads >= MOST_AT_ONCE:
            words = f"{MOST_AT_ONCE} files are being made already; ask again when one of them is done."
            response = self._renderer.sentence(503, "Too many downloads at once", words)
            response.headers[hdrs.RETRY_AFTER] = "30"
            return response
        self._downloads += 1
        try:
            return await send(
                request, download, self._settings.open_long_reader or self._settings.open_reader
            )
        except LedgerError as error:
            return self._renderer.sentence(503, "The ledger cannot be read", str(error))
        finally:
            self._downloads -= 1

    def _manifest(self, month: Period, format_name: str, reader: Reader) -> Iterator[bytes]:
        """What stands beside the file: its rows, sums and sha256. The whole export is made to know them."""
        export = Export(reader, format_name, month)
        for _ in export.chunks:
            pass
        manifest = export.manifest(
            file_name(month, format_name),
            payback_version=self._settings.version,
            ledger_schema=reader.ledger_facts().schema_version,
            created_at=self._settings.now(),
        )
        yield manifest.as_json(indent=2).encode() + b"\n"

    def _render(self, reader: Reader) -> str:
        first = reader.first_and_last(EVER)
        first_day = None if first is None else time_of(us_of_call_id(first[0])).date()
        page = months_page(reader.months(), MONTHS_PATH, self._settings.now(), first_day)
        return self._renderer.render("months.html", page=page, notices=self._settings.notices())


def _body(month: Period, format_name: str, reader: Reader) -> Iterator[bytes]:
    return Export(reader, format_name, month).chunks
