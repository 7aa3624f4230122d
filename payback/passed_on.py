"""Requests for pages, passed on to the process that draws them."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence

from aiohttp import (
    BaseConnector,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    hdrs,
    web,
)
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict
from yarl import URL

from ledger.writer import Writer
from payback.budget_states import states_of
from payback.pages_messages import TOLD, Told
from payback.pages_process import PagesProcess
from proxy.budget import Budget, Purse
from proxy.wire import LINE_BYTES
from web.addresses import HEALTH_PATHS, LOGIN_PATH
from web.api.failures import failure, is_api
from web.login.door import COOKIE as SESSION_COOKIE
from web.visitor import VISITOR, Visitor

log = logging.getLogger(__name__)

_LEFT_OUT = frozenset(
    {
        "authorization", "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", TOLD.lower(),
    }
)  # fmt: skip
"""What is of one hop, what a page has no business with, and what only the server says."""
_OF_A_BODY = frozenset({"content-type", "content-encoding"})
_OF_THE_ANSWERS_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})
_UNWRITTEN = re.compile(rb"[^\x21-\x7e]")
_SENTENCE = "The page could not be drawn: its process has ended. Ask again; the log of payback says why."
_NOBODY = Visitor()


class PassedOn:
    def __init__(
        self,
        process: PagesProcess,
        writer: Writer,
        budgets: Callable[[], Sequence[tuple[Budget, Purse]]] = tuple,
    ) -> None:
        self._process, self._writer, self._budgets = process, writer, budgets
        self._session = ClientSession(
            connector=_Pairs(process),
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(),
            auto_decompress=False,
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
            skip_auto_headers=(hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE, hdrs.USER_AGENT),
        )

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self._passed(request, request.method, _target(request), await request.read())

    async def form(self, request: web.Request) -> web.StreamResponse:
        """For the password, as its visitor says: also where a password was sent, which goes no further."""
        return await self._passed(request, hdrs.METH_GET, LOGIN_PATH, b"")

    async def close(self) -> None:
        await self._session.close()

    async def _passed(
        self, request: web.Request, method: str, target: str, body: bytes
    ) -> web.StreamResponse:
        try:
            with self._process.asked():
                async with self._session.request(
                    method,
                    URL(f"http://localhost{target}", encoded=True),
                    headers=self._headers(request, keeps_type=bool(body)),
                    data=body or None,
                    allow_redirects=False,
                ) as answer:
                    return await _relayed(request, answer)
        except (ClientError, OSError, ValueError) as error:
            log.error("a page could not be drawn: %s", type(error).__name__)
            return _failed(request)

    def _headers(self, request: web.Request, *, keeps_type: bool) -> CIMultiDict[str]:
        headers = _without(request.headers, _LEFT_OUT if keeps_type else _LEFT_OUT | _OF_A_BODY)
        if hdrs.COOKIE in headers:
            headers[hdrs.COOKIE] = _without_session("; ".join(headers.getall(hdrs.COOKIE)))
        told = Told(
            visitor=request.get(VISITOR, _NOBODY),
            problem=self._writer.problem,
            spool_problem=self._writer.spool_problem,
            spooled=self._writer.spooled,
            budgets=states_of(self._budgets() if request.path in HEALTH_PATHS else ()),
        )
        headers[TOLD] = told.as_header()
        return headers


class _Pairs(BaseConnector):
    """Its connections are pairs of sockets, whose other ends the process is given."""

    def __init__(self, process: PagesProcess) -> None:
        super().__init__()
        self._process = process

    async def _create_connection(self, *_: object) -> ResponseHandler:
        """aiohttp's own connectors override the same: pinned in tests/test_aiohttp_facts.py."""
        ours = await self._process.connect()
        made: tuple[object, ResponseHandler] = await self._loop.create_connection(self._factory, sock=ours)
        return made[1]


async def _relayed(request: web.Request, answer: ClientResponse) -> web.StreamResponse:
    headers = _without(answer.headers, _OF_THE_ANSWERS_HOP)
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    try:
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except (ClientError, OSError):  # what is there must not look whole
        if request.transport is not None:
            request.transport.abort()
    return response


def _target(request: web.Request) -> str:
    """As it was sent, but for bytes that no address has, which are written as their numbers."""
    raw = request.rel_url.raw_path_qs.encode("utf-8", "surrogateescape")
    return _UNWRITTEN.sub(lambda found: b"%%%02X" % found[0][0], raw).decode("ascii")


def _without(headers: Mapping[str, str], names: frozenset[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in names)


def _without_session(cookies: str) -> str:
    """
    >>> _without_session("payback_zone=UTC; payback_session=secret")
    'payback_zone=UTC'
    """
    kept = (each.strip() for each in cookies.split(";"))
    return "; ".join(each for each in kept if each.partition("=")[0].strip() != SESSION_COOKIE)


def _failed(request: web.Request) -> web.Response:
    if is_api(request.path):
        return failure(503, _SENTENCE)
    return web.Response(status=503, text=f"{_SENTENCE}\n")
