"""Ends of answers where aiohttp's parser alone would spoil them. More of it is in tests/conformance."""

import asyncio

import pytest

from proxy.upstream_protocol import MOST_FIELDS
from tests.proxy.client import call, get, post
from tests.proxy.running import Payback
from tests.proxy.upstream import Script, Upstream, Visit

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("cut", range(len(ANSWER) - 9, len(ANSWER)))
async def test_surplus_spoils_no_answer_wherever_its_packets_are_cut(
    cut: int, upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(ANSWER[:cut])
        await asyncio.sleep(0.02)
        await visit.send(ANSWER[cut:] + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")

    upstream.script = script
    for request in (get("/v1/x"), post("/v1/x", b"{}")):
        assert (await call(payback.port, request)).body == b"hello"


async def test_a_head_has_as_many_lines_as_gateways_write_and_not_without_end(
    upstream: Upstream, payback: Payback
) -> None:
    for lines, status in ((MOST_FIELDS - 10, 200), (MOST_FIELDS + 10, 502)):
        head = b"".join(b"X-%d: 1\r\n" % number for number in range(lines))
        upstream.script = _sending(ANSWER.replace(b"\r\n\r\n", b"\r\n" + head + b"\r\n"))
        assert (await call(payback.port, post("/v1/x", b"{}"))).status == status


def _sending(answer: bytes) -> Script:
    return lambda visit: visit.send(answer)
