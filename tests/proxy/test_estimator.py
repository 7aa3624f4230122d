"""Tokens that nobody reports are estimated, marked, and never mixed up with what was reported."""

from pathlib import Path
from typing import Any

import pytest

from ledger.call import Entry, Outcome, Pricing, UsageBasis
from ledger.usage import TokenUsage
from proxy.kept import MAX_KEPT_BYTES
from tests.proxy.bodies import (
    CHAT,
    CHAT_REQUEST,
    DONE,
    EMBEDDINGS,
    PLAIN_EVENTS,
    STREAM_REQUEST,
    chat_answer,
    chat_request,
    chunk,
    compact,
)
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

JSON = ("Content-Type", "application/json")
HELLO = TokenUsage(input_tokens=8, output_tokens=2)
"""In o200k_base "user" and "hi" are a token each; 3 more stand around the message, 3 around the answer, which
is Hello and !."""


def streams(upstream: Upstream, *events: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(chunked())

    upstream.script = script


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}])
async def test_an_answer_that_reports_nothing_is_estimated_and_priced(
    usage: Any, upstream: Upstream, payback: Payback
) -> None:
    """8 * 1.00 + 2 * 10.00 = 28 millionths."""
    upstream.script = lambda visit: visit.answer(chat_answer(usage), JSON)
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert answer.head.value("X-Payback-Cost-Usd") == b"0.000028"
    row = await payback.row()
    assert (row.call.usage, row.call.usage_basis) == (HELLO, UsageBasis.ESTIMATED)
    assert (row.call.tokenizer, row.pricing, row.list_cost) == ("o200k_base", Pricing.PRICED, 28_000)
    assert row.call.problem is not None


async def test_a_stream_that_reports_nothing_is_estimated_before_its_end_goes_out(
    upstream: Upstream, payback: Payback
) -> None:
    streams(upstream, *PLAIN_EVENTS)
    async with connected(payback.port) as client:
        await client.send(post(CHAT, STREAM_REQUEST))
        await client.until(DONE, client.pieces(await client.head()))
        (row,) = payback.rows()
    assert (row.call.usage, row.call.usage_basis) == (HELLO, UsageBasis.ESTIMATED)


HALF = rb"Hello\ud83d"
"""Of "Hello" and a smile that was cut in two: two tokens, with U+FFFD for the half."""


async def test_an_answer_with_half_a_character_is_estimated(upstream: Upstream, payback: Payback) -> None:
    body = chat_answer(None).replace(b"Hello!", HALF)
    upstream.script = lambda visit: visit.answer(body, JSON)
    assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).body == body
    row = await payback.row()
    assert (row.call.usage, row.call.usage_basis) == (HELLO, UsageBasis.ESTIMATED)


async def test_a_stream_with_half_a_character_is_estimated(upstream: Upstream, payback: Payback) -> None:
    """Nothing else of what was written is in the event that has it."""
    streams(upstream, chunk("HALF").replace(b"HALF", HALF), DONE)
    await call(payback.port, post(CHAT, STREAM_REQUEST))
    row = await payback.row()
    assert (row.call.usage, row.call.usage_basis) == (HELLO, UsageBasis.ESTIMATED)


async def test_a_request_with_half_a_character_is_estimated(upstream: Upstream, payback: Payback) -> None:
    """One token more than "hi"."""
    upstream.script = lambda visit: visit.answer(chat_answer(None), JSON)
    await call(payback.port, post(CHAT, CHAT_REQUEST.replace(b'"hi"', rb'"hi\ud83d"')))
    assert (await payback.row()).call.usage == TokenUsage(input_tokens=9, output_tokens=2)


async def test_embeddings_write_nothing(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(b'{"object":"list","data":[],"model":"small-model"}', JSON)
    await call(payback.port, post(EMBEDDINGS, compact({"model": "small-model", "input": ["hi", "hi"]})))
    row = await payback.row()
    assert row.call.usage == TokenUsage(input_tokens=2, output_tokens=0)
    assert row.call.usage_basis is UsageBasis.ESTIMATED


async def row_of_a_client_that_left_after(event: bytes, upstream: Upstream, payback: Payback) -> Entry:
    async def script(visit: Visit) -> None:
        await visit.stream(event)
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, STREAM_REQUEST))
        await client.until(event, client.pieces(await client.head()))
        client.leave()
    return await payback.row()


async def test_what_a_client_had_before_it_left_is_estimated_as_a_part(
    upstream: Upstream, payback: Payback
) -> None:
    row = await row_of_a_client_that_left_after(chunk("Hello!"), upstream, payback)
    assert (row.call.outcome, row.call.usage) == (Outcome.CLIENT_LEFT, HELLO)
    assert (row.call.usage_basis, row.pricing) == (UsageBasis.PARTIAL, Pricing.PRICED)


async def test_a_long_stream_is_estimated_from_its_start(upstream: Upstream, payback: Payback) -> None:
    """Four times what is kept: within a hundredth of four times the tokens."""
    piece = chunk("Hello! " * 20)
    number = 4 * MAX_KEPT_BYTES // len(piece)
    streams(upstream, *[piece * 10] * (number // 10), DONE)
    await call(payback.port, post(CHAT, STREAM_REQUEST))
    usage = (await payback.row()).call.usage
    assert usage is not None
    whole = number // 10 * 10 * 20 * 2
    assert abs(usage.output_tokens - whole) < whole / 20


@pytest.mark.parametrize("part", [{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}])
async def test_half_an_estimate_is_none(part: Any, upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(chat_answer(None), JSON)
    body = compact({"model": "small-model", "messages": [{"role": "user", "content": [part]}]})
    await call(payback.port, post(CHAT, body))
    row = await payback.row()
    assert (row.call.usage, row.pricing) == (None, Pricing.UNPRICED)
    assert "images, audio and files have no text to count" in (row.unpriced_reason or "")


async def test_an_error_is_not_estimated(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(b'{"error":{"message":"no"}}', JSON, status="429 No")
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert (await payback.row()).call.usage is None


NOTHING_SAID = [
    (CHAT, CHAT_REQUEST, b'{"error":{"message":"overloaded","code":503}}'),
    (CHAT, CHAT_REQUEST, b"{}"),
    (CHAT, STREAM_REQUEST, b'data: {"error":{"message":"overloaded","code":503}}\n\n'),
    ("/v1/responses", STREAM_REQUEST, b'data: {"type":"error","code":"server_error"}\n\n'),
    ("/lab/v1beta/models/m:generateContent", b'{"contents":[{"parts":[{"text":"hi"}]}]}', b'{"error":{}}'),
]


@pytest.mark.parametrize(("path", "request_body", "answer"), NOTHING_SAID)
async def test_an_answer_that_says_nothing_is_not_estimated(
    path: str, request_body: bytes, answer: bytes, upstream: Upstream, payback: Payback
) -> None:
    """OpenRouter answers 200 before it knows that nobody will: what such a call costs is not its input."""
    content_type = "text/event-stream" if answer.startswith(b"data") else "application/json"
    upstream.script = lambda visit: visit.answer(answer, ("Content-Type", content_type))
    assert (await call(payback.port, post(path, request_body))).body == answer
    row = await payback.row()
    assert (row.call.usage, row.pricing) == (None, Pricing.UNPRICED)
    assert (row.unpriced_reason or "").endswith("not estimated: the answer has no text")


async def test_what_was_asked_is_estimated_where_the_client_left_before_a_word_was_said(
    upstream: Upstream, payback: Payback
) -> None:
    row = await row_of_a_client_that_left_after(chunk(""), upstream, payback)
    assert (row.call.usage, row.call.usage_basis) == (TokenUsage(input_tokens=8), UsageBasis.PARTIAL)


async def test_a_local_engine_counts_with_its_own_tokenizer(upstream: Upstream, tmp_path: Path) -> None:
    """It says 3 tokens for what was asked and 3 for what was answered; 6 more are around the message."""

    async def script(visit: Visit) -> None:
        if visit.received.target == "/tokenize":
            await visit.answer(b'{"tokens":[1,2,3]}', JSON)
        else:
            await visit.answer(chat_answer(None, content="Hello!"), JSON)

    upstream.script = script
    async with running(tmp_path, configuration(upstream, lab={"self_hosted": True})) as payback:
        await call(payback.port, post(CHAT, chat_request(messages=[{"role": "user", "content": "hello"}])))
        row = await payback.row()
    assert row.call.tokenizer == "upstream /tokenize"
    assert row.call.usage == TokenUsage(input_tokens=9, output_tokens=3)
    assert row.pricing is Pricing.SELF_HOSTED


async def test_an_answer_does_not_wait_for_a_tokenizer_that_hangs(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(visit: Visit) -> None:
        if visit.received.target == "/tokenize":
            await visit.left()
        else:
            await visit.answer(chat_answer(None), JSON)

    monkeypatch.setattr("proxy.estimator.COUNT_SECONDS", 0.1)
    upstream.script = script
    async with running(tmp_path, configuration(upstream, lab={"self_hosted": True})) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
        row = await payback.row()
    assert answer.whole
    assert (row.call.usage, row.call.tokenizer) == (HELLO, "o200k_base")


async def test_a_call_that_finds_no_room_among_those_that_wait_is_guessed_at_and_says_so(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """ "user" and "hi" are 6 bytes, in two passages of one text; "Hello!" is 6: two tokens each."""
    monkeypatch.setattr("proxy.estimate.tokens.MOST_WAITING", 0)
    upstream.script = lambda visit: visit.answer(chat_answer(None), JSON)
    for _ in range(2):
        await call(payback.port, post(CHAT, CHAT_REQUEST))
    for row in await payback.ended(2):
        assert (row.call.usage, row.call.usage_basis) == (HELLO, UsageBasis.ESTIMATED)
        assert (row.call.tokenizer, row.list_cost) == ("UTF-8 bytes / 4", 28_000)
    assert caplog.text.count("tokens of some calls are estimated from the length of their text") == 1
