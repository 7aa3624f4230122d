"""Addresses of the pages on single calls."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ledger.call import Entry
from ledger.errors import LedgerError
from ledger.ids import CallId, read_call_id
from ledger.store import Reader
from web.addresses import CALLS_PATH
from web.calls import listed, one
from web.calls.live import EVERY_S, Change, Listener, Live, News, TooManyListeners, Trouble
from web.calls.passing import passes
from web.calls.query import Asked, BadFilter, read_query
from web.lines import CallLine, line_of
from web.manner import held
from web.reading import NotThere, Reading
from web.rendering import Renderer
from web.report_settings import ReportSettings
from web.security import HEADERS

TAIL_PATH = f"{CALLS_PATH}/tail"
HEARTBEAT_S = 15.0
"""Then a line that says nothing, so that whoever is between does not take the connection for dead."""
WRITE_S = 10.0
"""Who takes nothing for so long has gone."""
_EVENTS = {
    **HEADERS,
    hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
    hdrs.CACHE_CONTROL: "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep what is said until there is more of it
}
_NO_SUCH_CALL = "No call of the ledger has this id. It may have been pruned, or it is of another ledger."
_BAD_ID = "This is no id of a call; X-Payback-Call-Id of an answer is one."


class CallsPages:
    def __init__(
        self,
        settings: ReportSettings,
        renderer: Renderer,
        reading: Reading,
        *,
        heartbeat_s: float = HEARTBEAT_S,
        every_s: float = EVERY_S,
    ) -> None:
        self._settings, self._renderer, self._reading = settings, renderer, reading
        self._heartbeat_s = heartbeat_s
        self._live = Live(reading, settings.now, self._line, every_s)

    def routes(self) -> Mapping[str, Handler]:
        return {CALLS_PATH: self.page, TAIL_PATH: self.tail, f"{CALLS_PATH}/{{call_id}}": self.call}

    async def end(self, _: web.Application) -> None:
        """When the application shuts down: who listens would keep it waiting."""
        self._live.end()

    async def page(self, request: web.Request) -> web.Response:
        try:
            asked = read_query(request.query.items())
        except BadFilter as error:
            return self._refusal(error)
        if asked.is_form:  # a form sends every field; an address to keep has what is stated
            raise web.HTTPSeeOther(f"{CALLS_PATH}?{asked.whole_query}" if asked.whole_query else CALLS_PATH)
        return await self._reading.page(partial(self._list, asked, self._settings.now()))

    async def call(self, request: web.Request) -> web.Response:
        call_id = read_call_id(request.match_info["call_id"])
        if call_id is None:
            return self._renderer.sentence(404, "There is no such call", _BAD_ID)
        return await self._reading.page(partial(self._one, call_id))

    async def tail(self, request: web.Request) -> web.StreamResponse:
        try:
            asked = read_query(request.query.items())
        except BadFilter as error:
            return self._refusal(error)
        if request.method == hdrs.METH_HEAD:
            return web.Response(headers=_EVENTS)
        try:
            with self._live.listening() as listener:
                return await self._told(request, asked, listener)
        except TooManyListeners:
            return web.Response(status=503, text="Too many pages listen for new calls; close one.\n")

    async def _told(self, request: web.Request, asked: Asked, listener: Listener) -> web.StreamResponse:
        response = web.StreamResponse(headers=_EVENTS)
        await response.prepare(request)
        with suppress(ConnectionError):  # the client has left
            try:
                async for text in self._texts(asked, listener):
                    async with asyncio.timeout(WRITE_S):
                        await response.write(text.encode())
            except TimeoutError:
                if request.transport is not None:
                    request.transport.abort()
        return response

    async def _texts(self, asked: Asked, listener: Listener) -> AsyncIterator[str]:
        """The list as it is now, as the page that listens may be old; then what changes of it."""
        yield _event_of(await self._first(asked), asked)
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    news = await listener.get()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if news is None:
                return
            yield _event_of(news, asked)

    async def _first(self, asked: Asked) -> News:
        try:
            return await self._reading.answer(partial(self._changes, asked))
        except LedgerError as error:
            return Trouble(str(error))
        except TimeoutError:
            return Trouble("The ledger does not answer in time.")

    def _changes(self, asked: Asked, reader: Reader) -> tuple[Change, ...]:
        page = reader.calls_page(asked.which, limit=listed.CALLS_ON_A_PAGE)
        return tuple(self._live.change_of(entry, [held()]) for entry in page.entries)

    def _list(self, asked: Asked, now: datetime, reader: Reader) -> str:
        page = listed.list_page(listed.ask(reader, asked), asked, now)
        return self._rendered("calls_list.html", page=page, tail_path=TAIL_PATH)

    def _one(self, call_id: CallId, reader: Reader) -> str:
        answers = one.ask(reader, call_id)
        if answers is None:
            raise NotThere("There is no such call", _NO_SUCH_CALL)
        return self._rendered("calls_one.html", page=one.call_page(answers))

    def _rendered(self, template: str, **facts: object) -> str:
        return self._renderer.render(template, notices=self._settings.notices(), **facts)

    def _line(self, entry: Entry) -> str:
        line: CallLine = line_of(entry)
        html = self._renderer.render("calls_line.html", call=line, year=f"{self._settings.now():%Y}")
        return re.sub(r"\s*[\r\n]\s*", " ", html).strip()

    def _refusal(self, error: BadFilter) -> web.Response:
        return self._renderer.sentence(400, "This cannot be asked", str(error))


def _event_of(news: News, asked: Asked) -> str:
    """As server-sent events are written: https://html.spec.whatwg.org/multipage/server-sent-events.html.
    Lines of the list are one line of text each; where none passes, a comment."""
    if isinstance(news, Trouble):
        return f"event: trouble\ndata: {' '.join(news.sentence.split())}\n\n"
    lines = [change.html for change in news or () if passes(change.entry, asked.which)]
    return f"event: calls\ndata: {' '.join(lines)}\n\n" if lines else ": nothing new\n\n"
