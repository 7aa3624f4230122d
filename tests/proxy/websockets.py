"""WebSockets on both sides of payback: an upstream that does what a test says, and a client. Both are
aiohttp's, and real peers: payback passes bytes on, and uses neither."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, ClientTimeout, ClientWebSocketResponse, WSMessage, web
from yarl import URL

PATIENCE_S = 10.0
Script = Callable[[web.WebSocketResponse], Awaitable[None]]
Refuse = Callable[[web.Request], web.StreamResponse | None]
Client = ClientWebSocketResponse
UPGRADE = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEC=="),
]


async def echo(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        send = socket.send_str if isinstance(message.data, str) else socket.send_bytes
        await send(message.data)


@dataclass(eq=False)
class SocketUpstream:
    script: Script = echo
    refuse: Refuse = lambda _: None
    protocols: tuple[str, ...] = ()
    compress: bool = False
    autoping: bool = True
    port: int = 0
    requests: list[web.Request] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    ended: list[int | None] = field(default_factory=list)
    """The close codes that its scripts have seen; 1006 where there was none."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def only(self) -> web.Request:
        assert len(self.requests) == 1, self.requests
        return self.requests[0]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        self.requests.append(request)
        refusal = self.refuse(request)
        if refusal is not None:
            return refusal
        socket = web.WebSocketResponse(
            protocols=self.protocols, compress=self.compress, autoping=self.autoping, max_msg_size=0
        )
        await socket.prepare(request)
        self.sockets.append(socket)
        try:
            await self.script(socket)
        finally:
            self.ended.append(socket.close_code)
        return socket


@asynccontextmanager
async def socket_upstream() -> AsyncIterator[SocketUpstream]:
    upstream = SocketUpstream()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", upstream.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream.port = runner.addresses[0][1]
    try:
        yield upstream
    finally:
        await runner.cleanup()


@asynccontextmanager
async def websocket(port: int, path: str, **options: Any) -> AsyncIterator[Client]:
    """Answers neither pings nor closes by itself: the test sees what came."""
    timeout = ClientTimeout(total=PATIENCE_S)
    async with ClientSession(timeout=timeout) as session:
        connecting = session.ws_connect(
            URL(f"http://127.0.0.1:{port}{path}", encoded=True),
            autoping=False,
            autoclose=False,
            max_msg_size=0,
            **options,
        )
        async with connecting as socket:
            yield socket


async def received(client: Client) -> WSMessage:
    async with asyncio.timeout(PATIENCE_S):
        return await client.receive()
