"""A row has what upstream reported, whenever it is written; a fault in that costs nothing else."""

import asyncio

import pytest

from ledger.call import Entry, State, UsageBasis
from ledger.usage import TokenUsage
from tests.proxy.bodies import (
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    DONE,
    PLAIN_EVENTS,
    STREAM_REQUEST,
    USAGE_EVENT,
    chat_answer,
    chunk,
)
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream, Visit

JSON = ("Content-Type", "application/json")
REPORTED = '{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}'
ELEVEN_AND_FIVE = TokenUsage(input_tokens=11, output_tokens=5)


def streams(upstream: Upstream, *events: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(chunked())

    upstream.script = script


def told(row: Entry) -> tuple[str | None, UsageBasis]:
    return row.call.reported_usage, row.call.usage_basis


async def test_documents_and_streams_leave_what_they_reported(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(CHAT_ANSWER, JSON)
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    streams(upstream, chunk("Hi"), USAGE_EVENT, DONE)
    await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert [told(row) for row in await payback.ended(2)] == [(REPORTED, UsageBasis.REPORTED)] * 2


async def test_it_is_there_as_soon_as_the_tokens_are(upstream: Upstream, payback: Payback) -> None:
    """A call that a crash cuts off keeps its tokens, and what they were read from."""
    goes_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.stream(chunk("Hi"), USAGE_EVENT)
        await goes_on.wait()
        await visit.send(chunked(DONE))

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.until(b'"usage"', client.pieces(await client.head()))
        (row,) = payback.rows()
        assert (row.state, row.call.reported_usage) == (State.METERED, REPORTED)
        goes_on.set()
        await payback.ended()
    assert told(await payback.row()) == (REPORTED, UsageBasis.REPORTED)


async def test_an_estimate_of_what_nobody_reported_has_no_evidence(
    upstream: Upstream, payback: Payback
) -> None:
    streams(upstream, *PLAIN_EVENTS)
    await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert told(await payback.row()) == (None, UsageBasis.ESTIMATED)


async def test_an_estimate_in_place_of_zeros_keeps_the_zeros(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(
        chat_answer({"prompt_tokens": 0, "completion_tokens": 0}), JSON
    )
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert told(await payback.row()) == (
        '{"prompt_tokens":0,"completion_tokens":0}',
        UsageBasis.ESTIMATED,
    )


async def test_usage_that_cannot_be_is_kept_as_it_was_reported(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(chat_answer({"prompt_tokens": -1, "note": "odd"}), JSON)
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    row = await payback.row()
    assert (row.call.usage, told(row)) == (None, ('{"prompt_tokens":-1}', UsageBasis.NONE))


async def test_what_is_not_metered_reports_nothing(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(CHAT_ANSWER, JSON)
    await call(payback.port, get("/v1/models"))
    assert told(await payback.row()) == (None, UsageBasis.NONE)


async def test_a_fault_in_it_costs_neither_the_answer_nor_the_tokens(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(told: object) -> None:
        raise RuntimeError("it is broken")

    monkeypatch.setattr("proxy.record.render_reported", fails)
    upstream.script = lambda visit: visit.answer(CHAT_ANSWER, JSON)
    assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).body == CHAT_ANSWER
    row = await payback.row()
    assert (row.call.usage, told(row)) == (ELEVEN_AND_FIVE, (None, UsageBasis.REPORTED))
    assert caplog.text.count("reported usage is not kept") == 1
