"""A fault in metering never changes what the client gets; usage that cannot be is named and not counted."""

import asyncio
from typing import Any

import pytest

from ledger.call import Outcome, Pricing, UsageBasis
from proxy.dialects import openai_document
from proxy.dialects.reading import Reading
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_REQUEST,
    DONE,
    STREAM_REQUEST,
    USAGE_EVENT,
    chat_answer,
    chunk,
    event,
)
from tests.proxy.client import Answer, call, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback
from tests.proxy.test_dialects import WRONG
from tests.proxy.upstream import Upstream, Visit

JSON = ("Content-Type", "application/json")


def streams(upstream: Upstream, *events: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(chunked())

    upstream.script = script


async def chat(payback: Payback, body: bytes) -> Answer:
    return await call(payback.port, post(CHAT, body))


REPORTED = [usage for usage, problem in WRONG if problem != "no tokens at all"]


@pytest.mark.parametrize("usage", REPORTED, ids=lambda usage: repr(usage)[:40])
async def test_wrong_usage_is_passed_on_and_named_and_not_counted(
    usage: Any, upstream: Upstream, payback: Payback
) -> None:
    document = chat_answer(usage)
    upstream.script = lambda visit: visit.answer(document, JSON)
    assert (await chat(payback, CHAT_REQUEST)).body == document
    events = (chunk("Hi"), event({"choices": [], "usage": usage}), DONE)
    streams(upstream, *events)
    assert (await chat(payback, ASKED_REQUEST)).body == b"".join(events)
    for row in await payback.ended(2):
        assert (row.call.outcome, row.pricing) == (Outcome.OK, Pricing.UNPRICED)
        assert (row.call.usage, row.call.usage_basis) == (None, UsageBasis.NONE)
        assert row.call.problem is not None
        assert row.unpriced_reason == row.call.problem


BROKEN = [
    b"<html>Service unavailable</html>",
    b"",
    b'{"usage":',
    b"null",
    b"[" * 100_000,
    b'{"model":{"a":1},"choices":"x","usage":{"prompt_tokens":1e999999}}',
    b'{"model":"\\ud800","choices":"x","usage":{"prompt_tokens":' + b"9" * 5000 + b"}}",
    b'\xff\xfe{"usage":1}',
    b'{"a":1}{"usage":{"prompt_tokens":1}}',
]


@pytest.mark.parametrize("document", BROKEN, ids=lambda document: repr(document[:30]))
async def test_what_is_no_answer_at_all_is_passed_on_too(
    document: bytes, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(document, JSON)
    assert (await chat(payback, CHAT_REQUEST)).body == document
    events = (b"data: %s\n\n" % document, b"\xff\xfe: no text\n\n", b"data\n\n\n\n", document)
    streams(upstream, *filter(None, events))
    assert (await chat(payback, STREAM_REQUEST)).body == b"".join(events)
    assert [row.call.usage for row in await payback.ended(2)] == [None, None]


@pytest.mark.parametrize(
    "body", [CHAT_REQUEST, ASKED_REQUEST, STREAM_REQUEST], ids=["document", "asked", "hidden"]
)
async def test_a_meter_that_fails_changes_no_byte(
    body: bytes, upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(document: bytes) -> Reading:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(openai_document, "read", fails)
    if body is CHAT_REQUEST:
        expected = chat_answer()
    else:
        streams(upstream, *ASKED_EVENTS)
        expected = b"".join(ASKED_EVENTS)
    answer = await chat(payback, body)
    assert (answer.status, answer.body, answer.whole) == (200, expected, True)
    row = await payback.row()
    assert (row.call.outcome, row.call.problem) == (Outcome.OK, "metering failed")


async def test_a_meter_that_fails_gives_back_what_it_had_kept_of_an_event(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where usage is hidden, the start of an event waits for its end."""
    first = chunk("Hel")

    def fails(document: bytes) -> Reading:
        raise RuntimeError("a fault of ours")

    async def script(visit: Visit) -> None:
        await visit.stream(first[:20])
        await asyncio.sleep(0.05)
        await visit.send(chunked(first[20:], DONE))

    monkeypatch.setattr(openai_document, "read", fails)
    upstream.script = script
    answer = await chat(payback, STREAM_REQUEST)
    assert (answer.body, answer.whole) == (first + DONE, True)


async def test_a_meter_that_fails_after_it_has_read_the_tokens_loses_none(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = openai_document.read

    def fails_at_the_end(document: bytes) -> Reading | None:
        if b"late" in document:
            raise RuntimeError("a fault of ours")
        return read(document)

    async def script(visit: Visit) -> None:
        await visit.stream(USAGE_EVENT)
        await visit.send(chunked(chunk("late", usage=None), DONE))

    monkeypatch.setattr(openai_document, "read", fails_at_the_end)
    upstream.script = script
    answer = await chat(payback, ASKED_REQUEST)
    assert answer.body == USAGE_EVENT + chunk("late", usage=None) + DONE
    row = await payback.row()
    assert row.call.usage is not None
    assert row.pricing is Pricing.PRICED


async def test_a_ledger_that_cannot_be_opened_for_reading_harms_no_call(
    upstream: Upstream, payback: Payback
) -> None:
    """A report, a SQL prompt or a backup reads beside; whatever it does, calls go on."""
    streams(upstream, *ASKED_EVENTS)
    with payback.locked():
        assert (await chat(payback, STREAM_REQUEST)).whole
    assert (await payback.row()).call.outcome is Outcome.OK


@pytest.mark.parametrize("body", [CHAT_REQUEST, ASKED_REQUEST], ids=["document", "stream"])
async def test_a_price_list_that_fails_changes_no_byte_and_loses_no_tokens(
    body: bytes, upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("ledger.pricebook.PriceBook.price_of", fails)
    if body is ASKED_REQUEST:
        streams(upstream, *ASKED_EVENTS)
    answer = await chat(payback, body)
    assert answer.whole
    assert answer.body == (chat_answer() if body is CHAT_REQUEST else b"".join(ASKED_EVENTS))
    row = await payback.row()
    assert (row.call.outcome, row.pricing, row.unpriced_reason) == (
        Outcome.OK,
        Pricing.UNPRICED,
        "pricing failed",
    )
    assert row.call.usage is not None
