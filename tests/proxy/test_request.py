"""Which requests are plain: those that say nothing of how they are to be passed on."""

import asyncio

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_parser import HttpRequestParser, RawRequestMessage

from proxy.request import is_plain
from tests.proxy.client import get, post
from tests.proxy.message import chunked


def parsed(request: bytes) -> RawRequestMessage:
    loop = asyncio.get_running_loop()
    ((message, _),), _, _ = HttpRequestParser(BaseProtocol(loop), loop, 1 << 16).feed_data(request)
    return message


async def test_what_every_client_sends_is_plain() -> None:
    assert is_plain(parsed(post("/v1/chat/completions", b"{}", ("Connection", "keep-alive"))))
    assert is_plain(parsed(get("/v1/models")))


ODD = {
    "closing": get("/v1/a", ("Connection", "close")),
    "1.0": get("/v1/a").replace(b"1.1", b"1.0"),
    "1.0 kept": get("/v1/a", ("Connection", "keep-alive")).replace(b"1.1", b"1.0"),
    "expecting": post("/v1/a", b"{}", ("Expect", "100-continue")),
    "upgrading": get("/v1/a", ("Connection", "Upgrade"), ("Upgrade", "websocket")),
    "upgrading by half": get("/v1/a", ("Upgrade", "websocket")),
    "in chunks": get("/v1/a", ("Transfer-Encoding", "chunked"), method="POST") + chunked(b"{}"),
    "a tunnel": get("payback.test:443", method="CONNECT"),
}


@pytest.mark.parametrize("odd", ODD)
async def test_what_is_to_be_treated_in_another_way_is_not(odd: str) -> None:
    assert not is_plain(parsed(ODD[odd]))
