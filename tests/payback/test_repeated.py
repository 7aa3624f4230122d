"""Two User-Agent lines: not by the book, sent by real clients, and no reason to refuse a call."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from payback.repeated import set_apart
from tests.proxy.bodies import CHAT, CHAT_ANSWER, CHAT_REQUEST
from tests.proxy.client import connected, get, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, scripted_upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream)) as started:
        yield started


TWICE = [("User-Agent", "ours/1"), ("X-Between", "1"), ("user-agent", "Continue/2")]
LINES = [(b"User-Agent", b"ours/1"), (b"X-Between", b"1"), (b"user-agent", b"Continue/2")]
AT_AIOHTTPS = [
    get("/v1/models", ("Expect", "nothing"), *TWICE),
    get("/lab/v1/models", *TWICE),
    post("/lab/v1/chat/completions", CHAT_REQUEST, *TWICE),
    get(CHAT, ("Transfer-Encoding", "chunked"), *TWICE, method="POST") + chunked(CHAT_REQUEST),
]


def agents_seen(upstream: Upstream) -> list[list[tuple[bytes, bytes]]]:
    values = [value for _, value in LINES]
    return [[pair for pair in received.head.headers if pair[1] in values] for received in upstream.received]


async def test_both_lines_reach_upstream_as_they_were_sent(upstream: Upstream, payback: Payback) -> None:
    async with connected(payback.port) as client:
        for _ in range(3):
            await client.send(post(CHAT, CHAT_REQUEST, *TWICE))
            assert (await client.answer()).body == CHAT_ANSWER
    assert agents_seen(upstream) == [LINES] * 3
    assert [b"payback" in received.raw.lower() for received in upstream.received] == [False] * 3


async def test_so_they_do_where_aiohttps_server_reads_the_request_and_on_the_connection_after_it(
    upstream: Upstream, payback: Payback
) -> None:
    async with connected(payback.port) as client:
        for request in AT_AIOHTTPS * 2:
            await client.send(request)
            assert (await client.answer()).status == 200
    assert len(upstream.received) == 8
    lower = [(name.lower(), value) for name, value in LINES]
    for agents in agents_seen(upstream):
        assert sorted((name.lower(), value) for name, value in agents) == sorted(lower)


async def test_a_body_that_looks_like_a_head_is_not_touched(upstream: Upstream, payback: Payback) -> None:
    body = get("/v1/models", *TWICE)
    sized = post("/lab/v1/files", body)
    head, rest = sized[: -len(body)], sized[-len(body) :]
    async with connected(payback.port) as client:
        await client.send(head)
        await client.send(rest)
        assert (await client.answer()).status == 200
        await client.send(post("/v1/files", body))
        assert (await client.answer()).status == 200
    assert [received.body for received in upstream.received] == [body, body]


@pytest.mark.parametrize("name", ["Content-Type", "Host", "Content-Length"])
async def test_a_header_that_decides_something_stands_once(
    name: str, upstream: Upstream, payback: Payback
) -> None:
    async with connected(payback.port) as client:
        await client.send(post(CHAT, b"{}", (name, "2"), (name, "2")))
        assert (await client.answer()).status == 400
    assert upstream.received == []


def test_what_has_it_once_or_is_not_whole_stays_the_text_that_it_is() -> None:
    for data in (get("/", TWICE[0]), get("/", *TWICE)[:-2], b"", get("/") + get("/", *TWICE)):
        assert set_apart(data) == (data, False)
