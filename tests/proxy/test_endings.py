"""However a call ends, its row says so; a broken end is broken for the client too, and nobody waits."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from ledger.call import Entry, Outcome, Pricing, UsageBasis
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    STREAM_REQUEST,
    USAGE_EVENT,
    chunk,
)
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import Ended, chunked, message
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Script, Upstream, Visit

JSON = ("Content-Type", "application/json")
HALF = message("HTTP/1.1 200 OK", [JSON, ("Content-Length", str(len(CHAT_ANSWER)))], CHAT_ANSWER[:60])


def ending(row: Entry) -> tuple[Outcome | None, int | None, str | None]:
    return row.call.outcome, row.call.http_status, row.unpriced_reason


def sends(*data: bytes, then: str) -> Script:
    async def script(visit: Visit) -> None:
        await visit.send(*data)
        await asyncio.sleep(0.02)
        getattr(visit, then)()

    return script


HEADS = {
    "sized": message("HTTP/1.1 200 OK", [("Content-Length", "100")], b"x" * 50),
    "chunked": message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], chunked(b"x" * 50, end=False)),
    "within a chunk": message("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], b"ff\r\nxxx"),
}


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("head", HEADS)
async def test_an_answer_that_upstream_cuts_is_cut_for_the_client(
    head: str, then: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = sends(HEADS[head], then=then)
    async with connected(payback.port) as client:
        await client.send(get("/v1/files/1/content"))
        answer = await client.answer()
        assert not answer.whole
        assert await client.is_cut()
    row = await payback.row()
    assert ending(row)[:2] == (Outcome.UPSTREAM_BROKE, 200)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_stream_that_upstream_cuts_has_no_end_for_the_client_either(
    then: str, upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(chunk("Hel"), chunk("lo"))
        await asyncio.sleep(0.02)
        getattr(visit, then)()

    upstream.script = script
    answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert (answer.body, answer.whole) == (chunk("Hel") + chunk("lo"), False)
    row = await payback.row()
    assert ending(row) == (Outcome.UPSTREAM_BROKE, 200, None)
    assert (row.call.usage_basis, row.pricing) == (UsageBasis.PARTIAL, Pricing.PRICED)
    assert row.call.response_model == "small-model"


async def test_tokens_that_a_cut_stream_had_told_are_kept(upstream: Upstream, payback: Payback) -> None:
    upstream.script = sends(
        message("HTTP/1.1 200 OK", [("Content-Type", "text/event-stream"), ("Content-Length", "9999")]),
        chunk("Hi") + USAGE_EVENT,
        then="reset",
    )
    await call(payback.port, post(CHAT, ASKED_REQUEST))
    row = await payback.row()
    assert (row.call.outcome, row.pricing) == (Outcome.UPSTREAM_BROKE, Pricing.PRICED)
    assert row.call.usage is not None


async def test_a_stream_that_is_cut_after_its_done_event_was_complete(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*ASKED_EVENTS)
        await asyncio.sleep(0.02)
        visit.reset()

    upstream.script = script
    answer = await call(payback.port, post(CHAT, ASKED_REQUEST))
    assert (answer.body, answer.whole) == (b"".join(ASKED_EVENTS), False)
    assert (await payback.row()).call.outcome is Outcome.OK


async def test_a_document_that_upstream_cuts_is_not_answered_as_a_whole_one(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = sends(HALF, then="close")
    async with connected(payback.port) as client:
        await client.send(post(CHAT, CHAT_REQUEST))
        with suppress(Ended):  # nothing came before the cut, which is no whole answer either
            assert not (await client.answer()).whole
    assert (await payback.row()).call.outcome is Outcome.UPSTREAM_BROKE


async def test_a_silent_upstream_is_a_504(upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = lambda visit: visit.left()
    async with running(tmp_path, configuration(upstream, server={"idle_timeout_s": 0.1})) as payback:
        for request in (post(CHAT, CHAT_REQUEST), get("/v1/models")):
            answer = await call(payback.port, request)
            assert (answer.status, b"upstream_timeout" in answer.body) == (504, True)
        rows = await payback.ended(2)
    assert [ending(row)[:2] for row in rows] == [(Outcome.TIMEOUT, 504)] * 2


@pytest.mark.parametrize("body", [CHAT_REQUEST, ASKED_REQUEST], ids=["document", "stream"])
async def test_an_upstream_that_falls_silent_within_its_answer_is_given_up(
    body: bytes, upstream: Upstream, tmp_path: Path
) -> None:
    async def script(visit: Visit) -> None:
        await (visit.send(HALF) if body is CHAT_REQUEST else visit.stream(chunk("Hi")))
        await visit.left()

    upstream.script = script
    async with running(tmp_path, configuration(upstream, server={"idle_timeout_s": 0.3})) as payback:
        answer = await call(payback.port, post(CHAT, body))
        row = await payback.row()
    assert not answer.whole
    assert row.call.outcome is Outcome.TIMEOUT
