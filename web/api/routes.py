"""Addresses of the API: a query is read, the ledger is asked in the report's threads, JSON goes out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ledger.as_json import Json
from ledger.errors import BadPeriod, LedgerError
from ledger.store import Reader
from web.api import questions
from web.api.calls import NotThere, call_asked, calls_asked
from web.api.failures import API_PATH, failure
from web.api.openapi import document
from web.api.params import BadParameter, Params, read_params
from web.api.plan_body import LONGEST_BYTES, read_plan_body
from web.decision.under_way import UnderWay
from web.plan_query import FIELDS, Asked, BadQuery, read_query
from web.projector import Answer, BadPlan, NothingToProject, ProjectionFailed
from web.reading import Reading
from web.report_settings import ReportSettings

log = logging.getLogger(__name__)

AGAIN_AFTER_S = 3
PROJECT_WITHIN_S = 20.0
"""A program waits longer than a page; then it is told to ask again, and finds the answer."""
READ_ONLY = (hdrs.METH_GET, hdrs.METH_HEAD)
Make = Callable[[web.Request], Awaitable[web.Response]]


class Api:
    """*under_way*: the projections of the decision page; None: there is no projector."""

    def __init__(self, settings: ReportSettings, reading: Reading, under_way: UnderWay | None) -> None:
        self._settings, self._reading, self._under_way = settings, reading, under_way
        self._document = msgspec.json.format(msgspec.json.encode(document()), indent=1)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Before whatever else answers under /-/."""
        for path, make in self._makers().items():
            methods = (*READ_ONLY, hdrs.METH_POST) if path == "project" else READ_ONLY
            resource = router.add_resource(f"{API_PATH}/{path}")
            for method in methods:
                resource.add_route(method, _answering(make))
            resource.add_route(hdrs.METH_ANY, _not_allowed(methods))
        for path in (API_PATH, f"{API_PATH}/{{rest:(?s:.*)}}"):
            router.add_route(hdrs.METH_ANY, path, _not_found)

    def _makers(self) -> dict[str, Make]:
        return {
            "report": self._report,
            "calls": self._calls,
            "calls/{call_id}": self._call,
            "series": self._series,
            "months": self._months,
            "prices": self._prices,
            "health": self._health,
            "project": self._project,
            "openapi.json": self._openapi,
        }

    async def _report(self, request: web.Request) -> web.Response:
        params = _params(request, questions.REPORT)
        return await self._asked(questions.report_asked(params, self._settings.now().date()))

    async def _calls(self, request: web.Request) -> web.Response:
        return await self._asked(calls_asked(request.query.items()))

    async def _call(self, request: web.Request) -> web.Response:
        _params(request, ())
        return await self._asked(call_asked(request.match_info["call_id"]))

    async def _series(self, request: web.Request) -> web.Response:
        params = _params(request, questions.SERIES)
        return await self._asked(questions.series_asked(params, self._settings.now().date()))

    async def _months(self, request: web.Request) -> web.Response:
        _params(request, ())
        return await self._asked(questions.months_asked())

    async def _prices(self, request: web.Request) -> web.Response:
        _params(request, ())
        return await self._asked(questions.prices_asked(self._settings.book(), self._settings.now()))

    async def _health(self, request: web.Request) -> web.Response:
        return await self._asked(questions.health_asked(_params(request, questions.HEALTH), self._settings))

    async def _openapi(self, request: web.Request) -> web.Response:
        _params(request, ())
        return _json(self._document)

    async def _project(self, request: web.Request) -> web.Response:
        asked = await _plan_asked(request)
        if self._under_way is None:
            return failure(503, "this payback makes no projections; payback project does")
        try:
            answer = await self._under_way.answer(asked.query, asked.plan, PROJECT_WITHIN_S)
        except (BadPlan, NothingToProject) as error:
            return failure(422, str(error))
        except ProjectionFailed as error:
            return failure(503, str(error))
        return await _projected(answer)

    async def _asked(self, question: questions.Question) -> web.Response:
        def encoded(reader: Reader) -> bytes:
            return msgspec.json.encode(question(reader))

        return _json(await self._reading.answer(encoded))


async def _projected(answer: Answer | None) -> web.Response:
    if answer is None:
        waiting: Json = {"status": "under way", "again_after_s": AGAIN_AFTER_S}
        return _json(msgspec.json.encode(waiting), 202, {hdrs.RETRY_AFTER: str(AGAIN_AFTER_S)})
    return _json(await asyncio.to_thread(msgspec.json.encode, dict(answer)))


async def _plan_asked(request: web.Request) -> Asked:
    """Of the query; what is posted states nothing there, and everything in its body."""
    if request.method != hdrs.METH_POST:
        return read_query(_params(request, FIELDS).items())
    _params(request, ())
    body = await request.content.read(LONGEST_BYTES + 1)
    while body and len(body) <= LONGEST_BYTES and not request.content.at_eof():
        body += await request.content.read(LONGEST_BYTES + 1 - len(body))
    return read_plan_body(body)


def _params(request: web.Request, known: Collection[str]) -> Params:
    return read_params(request.query.items(), known)


def _answering(make: Make) -> Handler:
    """The one place where errors become answers."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await make(request)
        except (BadParameter, BadPeriod, BadQuery) as error:
            return failure(400, str(error))
        except NotThere as error:
            return failure(404, str(error))
        except LedgerError as error:
            return failure(503, str(error))
        except TimeoutError:
            return failure(503, "the ledger did not answer in time; ask for fewer days, or try again")
        except Exception as error:  # the answer says so, the log says what
            log.error("the API could not answer", exc_info=error)
            return failure(500, "the answer could not be made; the log of payback says why")

    return answer


def _not_allowed(methods: Collection[str]) -> Handler:
    allowed = ", ".join(sorted(methods))

    async def not_allowed(request: web.Request) -> web.Response:
        message = f"{request.method} is not for this address; it takes {allowed}"
        return failure(405, message, {hdrs.ALLOW: allowed})

    return not_allowed


async def _not_found(_: web.Request) -> web.Response:
    return failure(404, f"there is no such address; {API_PATH}/openapi.json describes all there are")


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status, body=body, content_type="application/json", charset="utf-8", headers=headers
    )
