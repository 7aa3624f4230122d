"""What payback relies on in aiohttp 3.14. If one fails after an upgrade, reread the file that it names."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import ClientSession, ClientTimeout, http_parser, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from tests.proxy.bodies import CHAT_ANSWER
from tests.proxy.client import call, connected, get, post
from tests.proxy.running import eventually
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, **options: object) -> AsyncIterator[int]:
    """The port of aiohttp's bare server, as payback/app.py starts it."""
    runner = web.ServerRunner(web.Server(handler, **options), shutdown_timeout=0.1)  # type: ignore[arg-type]
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.mark.parametrize(("how", "looks_whole"), [("returns", True), ("raises", False), ("aborts", False)])
async def test_only_abort_or_raise_tells_the_caller_that_the_answer_is_cut(
    how: str, looks_whole: bool
) -> None:
    """proxy/relay.py: a handler that simply returns makes half an answer look whole."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        if how == "raises":
            raise ConnectionError
        if how == "aborts":
            assert request.transport is not None
            request.transport.abort()
        return response

    async with serving(handler) as port:
        answer = await call(port, get("/"))
    assert answer.whole is looks_whole
    assert answer.body == b"half" or how == "aborts"


@pytest.mark.parametrize(
    ("path", "by_default"),
    [
        ("/v1/a%41/%2e%2e/b", "/v1/b"),
        ("/v1/a?x[]=1", "/v1/a?x%5B%5D=1"),
        ("/v1/a%2Fb?c=%2B+d", "/v1/a%2Fb?c=%2B+d"),
    ],
)
async def test_an_encoded_url_is_sent_as_it_is_and_any_other_is_not(
    path: str, by_default: str, upstream: Upstream
) -> None:
    """proxy/route.py: without encoded=True aiohttp climbs out of the path that a key is meant for."""
    origin = f"http://127.0.0.1:{upstream.port}"
    async with ClientSession() as session:
        for url in (URL(origin + path, encoded=True), URL(origin + path)):
            async with session.get(url) as answer:
                await answer.read()
    assert [received.target for received in upstream.received] == [path, by_default]


async def test_a_small_body_is_there_as_soon_as_the_head_is(upstream: Upstream) -> None:
    """proxy/relay.py: then the answer is passed on in one piece, with its cost in a header."""
    async with ClientSession() as session:
        answer = await session.get(f"http://127.0.0.1:{upstream.port}/")
        assert answer.content.is_eof()
        assert answer.content.read_nowait() == CHAT_ANSWER
        assert answer.content.at_eof()


async def dies_at_the_second(visit: Visit) -> None:
    """A server that closes its connection just when it is used again."""
    if visit.received.connection == 1 and not visit.received.target.endswith("/first"):
        visit.reset()
    else:
        await visit.answer(b"{}")


@pytest.mark.parametrize(("method", "requests"), [("GET", 3), ("POST", 2)])
async def test_a_post_is_not_sent_again_when_a_pooled_connection_proves_dead(
    method: str, requests: int, upstream: Upstream
) -> None:
    """proxy/upstream_client.py: a POST that was read may have been answered, and charged."""
    upstream.script = dies_at_the_second
    async with ClientSession(f"http://127.0.0.1:{upstream.port}") as session:
        await (await session.get("/first")).read()
        data = b"{}" if method == "POST" else None
        with suppress(aiohttp.ClientError):
            await (await session.request(method, "/second", data=data)).read()
    assert len(upstream.received) == requests


@pytest.mark.parametrize("cancels", [True, False])
async def test_a_handler_hears_that_its_client_has_left_only_when_told_to_cancel(cancels: bool) -> None:
    """payback/app.py: else upstream goes on, and charges, for a client that is gone."""
    ended = asyncio.Event()
    cancelled = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        try:
            await asyncio.wait_for(ended.wait(), 5)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return web.Response()

    async with serving(handler, handler_cancellation=cancels) as port:
        async with connected(port) as client:
            await client.send(get("/"))
            await asyncio.sleep(0.05)
        if cancels:
            await asyncio.wait_for(cancelled.wait(), 2)
        else:
            await asyncio.sleep(0.1)
            assert not cancelled.is_set()
        ended.set()


async def test_the_bare_server_leaves_100_continue_to_its_handler() -> None:
    """proxy/asked.py: aiohttp's Application would send it; curl waits a second for it with large bodies."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=str(len(await request.read())))

    async with serving(handler) as port, connected(port) as client:
        await client.send(post("/", b"", ("Expect", "100-continue")).replace(b"Length: 0", b"Length: 2"))
        assert await client.is_silent(0.1)


async def test_a_request_that_cannot_be_read_comes_to_handle_error(caplog: pytest.LogCaptureFixture) -> None:
    """payback/bad_requests.py: aiohttp quotes it there in answer and log, a key in it too."""
    seen: list[BaseException | None] = []

    class Quiet(web.Server):
        def __call__(self) -> web.RequestHandler:
            return Handling(self, loop=self._loop, **self._kwargs)

    class Handling(web.RequestHandler):
        __slots__ = ()

        def handle_error(
            self,
            request: web.BaseRequest,
            status: int = 500,
            exc: BaseException | None = None,
            message: str | None = None,
        ) -> web.StreamResponse:
            seen.append(exc)
            assert "secret" in (message or "")
            return super().handle_error(request, status, exc, "no")

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response()

    runner = web.ServerRunner(Quiet(handler))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    answer = await call(runner.addresses[0][1], b"GET / HTTP/1.1\r\nHost: a\r\nX: secret\x00\r\n\r\n")
    await runner.cleanup()
    assert (answer.status, answer.body) == (400, b"no")
    assert [isinstance(error, HttpProcessingError) for error in seen] == [True]
    assert "secret" in caplog.text


async def test_an_applications_requests_and_its_handling_can_be_used_without_its_server() -> None:
    """payback/front_door.py and payback/app.py: calls do not take the way through routes and middlewares."""
    pages = web.Application()
    pages.router.add_get("/page", answer_of_page)
    runner = web.AppRunner(pages)
    await runner.setup()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        return await pages._handle(request)

    async with serving(handler, request_factory=pages._make_request) as port:
        assert (await call(port, get("/page"))).body == b"a page"
        assert (await call(port, get("/other"))).status == 404
    await runner.cleanup()


async def answer_of_page(request: web.Request) -> web.Response:
    return web.Response(text="a page")


async def test_what_aiohttp_adds_to_an_answer_is_added_in_prepare_headers() -> None:
    """proxy/websocket.py takes back there what upstream did not send."""

    class Bare(web.Response):
        async def _prepare_headers(self) -> None:
            await super()._prepare_headers()
            for name in ("Content-Type", "Server"):
                del self.headers[name]

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return Bare(body=b"x")

    async with serving(handler) as port:
        answer = await call(port, get("/"))
    assert sorted(answer.head.names) == ["content-length", "date"]


async def test_a_silent_peer_is_a_timeout(upstream: Upstream) -> None:
    upstream.script = lambda visit: visit.left()
    timeout = ClientTimeout(total=None, sock_read=0.1)
    async with ClientSession(timeout=timeout) as session:
        with pytest.raises(aiohttp.SocketTimeoutError):
            await session.get(f"http://127.0.0.1:{upstream.port}/")
    await eventually(lambda: upstream.received != [])


async def test_a_connection_can_be_given_to_the_server_with_what_came_on_it() -> None:
    """payback/lean_front.py: all that is odd goes that way."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=await request.read())

    server = web.Server(handler)

    class Giver(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            assert isinstance(self.transport, asyncio.Transport)
            handler = server()
            self.transport.set_protocol(handler)
            handler.connection_made(self.transport)
            handler.data_received(data)

    listening = await asyncio.get_running_loop().create_server(Giver, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with connected(port) as client:
        await client.send(post("/", b"abc")[:-1])
        await asyncio.sleep(0.01)
        await client.send(b"c" + post("/", b"def"))
        assert [(await client.answer()).body for _ in range(2)] == [b"abc", b"def"]
    listening.close()
    await server.shutdown(1)


async def test_a_protocols_writing_can_be_waited_for() -> None:
    """proxy/outlet.py waits so for clients that read slowly."""
    protocol = BaseProtocol(asyncio.get_running_loop())
    protocol.transport = asyncio.Transport()
    protocol.pause_writing()
    assert protocol.writing_paused
    waiting = asyncio.ensure_future(protocol._drain_helper())
    await asyncio.sleep(0)
    assert not waiting.done()
    protocol.resume_writing()
    await waiting
    assert not protocol.writing_paused


def test_requests_are_parsed_by_the_c_extension() -> None:
    """The parser in Python had most of aiohttp's smuggling faults."""
    assert http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy
    assert http_parser.HttpResponseParser is not http_parser.HttpResponseParserPy


async def test_a_connector_may_bring_any_connection() -> None:
    """payback/passed_on.py: aiohttp's own connectors make theirs by these two names."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    class Brings(aiohttp.BaseConnector):
        async def _create_connection(self, *_: object) -> ResponseHandler:
            made: tuple[object, ResponseHandler] = await self._loop.create_connection(
                self._factory, sock=ours
            )
            return made[1]

    with theirs:
        theirs.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        async with ClientSession(connector=Brings()) as session, session.get("http://localhost/a") as answer:
            assert answer.status == 204
        assert theirs.recv(1000).startswith(b"GET /a HTTP/1.1\r\n")
