"""Speech: what is charged is in the request, unless the answer itself tells."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Outcome, Pricing
from ledger.money import NanoUsd
from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects.openai_speech import read, units_asked
from proxy.record import NO_TOKENS
from tests.proxy.bodies import compact, event
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

SPEECH = "/v1/audio/speech"
AUDIO = ("Content-Type", "audio/mpeg")
TEXT = "Größe zählt."
CHARACTERS = Units(characters=12)
COST = NanoUsd(180_000)
"""12 * 15.00 = 180 millionths of a USD."""
PRICES = [
    {"provider": "lab", "model": "tts-1", "usd_per_mchar": "15.00"},
    {"provider": "lab", "model": "gpt-*", "input_usd_per_mtok": "0.60", "output_audio_usd_per_mtok": "12.00"},
]


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream, price=PRICES)) as started:
        yield started


def request(model: str = "tts-1", **more: Any) -> bytes:
    return post(SPEECH, compact({"model": model, "input": TEXT, "voice": "alloy", **more}))


async def test_characters_of_the_request_are_a_row_and_its_cost(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(b"ID3\x04audio", AUDIO)
    answer = await call(payback.port, request())
    assert (answer.body, answer.head.value("X-Payback-Cost-Usd")) == (b"ID3\x04audio", b"0.00018")
    row = await payback.row()
    assert (row.call.operation, row.call.request_model) == ("speech", "tts-1")
    assert (row.call.usage, row.call.units, row.call.problem) == (NO_TOKENS, CHARACTERS, None)
    assert (row.pricing, row.list_cost) == (Pricing.PRICED, COST)


@pytest.mark.parametrize("headers", [(), (("Content-Type", "application/octet-stream"),)])
async def test_audio_that_does_not_say_that_it_is_audio_costs_the_same(
    headers: tuple[tuple[str, str], ...], upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(b"\xff\xfb\x90" * 200_000, *headers)
    assert len((await call(payback.port, request())).body) == 600_000
    row = await payback.row()
    assert (row.call.units, row.call.problem, row.list_cost) == (CHARACTERS, None, COST)


async def test_audio_goes_on_as_it_comes(upstream: Upstream, payback: Payback) -> None:
    """It is played as it is made: nothing of it waits for the rest."""
    goes_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [AUDIO, ("Transfer-Encoding", "chunked")]))
        await visit.send(chunked(b"first", end=False))
        await goes_on.wait()
        await visit.send(chunked(b"second"))

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(request())
        pieces = client.pieces(await client.head())
        assert await client.until(b"first", pieces) == b"first"
        goes_on.set()
        assert await client.until(b"second", pieces) == b"second"
    assert (await payback.row()).list_cost == COST


async def test_audio_that_was_begun_is_charged_though_its_end_is_lost(
    upstream: Upstream, payback: Payback
) -> None:
    """The text was taken: what it costs does not depend on how much of the audio arrived."""

    async def script(visit: Visit) -> None:
        await visit.send(message("HTTP/1.1 200 OK", [AUDIO, ("Content-Length", "100")], b"half"))
        visit.reset()

    upstream.script = script
    assert not (await call(payback.port, request())).whole
    row = await payback.row()
    assert (row.call.outcome, row.list_cost) == (Outcome.UPSTREAM_BROKE, COST)


async def test_tokens_of_a_stream_go_before_the_characters(upstream: Upstream, payback: Payback) -> None:
    """14 * 0.60 + 101 * 12.00 = 1220.4 millionths."""
    usage = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}
    events = (
        event({"type": "speech.audio.delta", "audio": "SUQzBAAA"}),
        event({"type": "speech.audio.done", "usage": usage}),
    )

    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(chunked())

    upstream.script = script
    answer = await call(payback.port, request("gpt-4o-mini-tts", stream_format="sse"))
    assert answer.body == b"".join(events)
    row = await payback.row()
    assert row.call.usage == TokenUsage(input_tokens=14, output_tokens=101, output_audio_tokens=101)
    assert (row.call.units, row.list_cost) == (None, 1_220_400)


async def test_a_stream_that_tells_nothing_costs_what_was_asked_for(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(event({"type": "speech.audio.done"}))
        await visit.send(chunked())

    upstream.script = script
    await call(payback.port, request(stream_format="sse"))
    row = await payback.row()
    assert (row.call.units, row.call.problem, row.list_cost) == (CHARACTERS, None, COST)


async def test_a_model_that_is_charged_by_tokens_is_unpriced_where_it_tells_none(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(b"ID3", AUDIO)
    await call(payback.port, request("gpt-4o-mini-tts"))
    row = await payback.row()
    assert (row.call.units, row.pricing) == (CHARACTERS, Pricing.UNPRICED)
    assert row.unpriced_reason == "no characters price for lab gpt-*"


async def test_an_error_costs_nothing_that_was_asked_for(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(b"{}", status="429 Too Many Requests")
    await call(payback.port, request())
    row = await payback.row()
    assert (row.call.units, row.list_cost) == (None, None)


@pytest.mark.parametrize("body", [b"", b"no JSON", compact({"input": 7}), compact({"model": "tts-1"})])
async def test_a_request_whose_text_cannot_be_read_is_unpriced(
    body: bytes, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(b"ID3", AUDIO)
    assert (await call(payback.port, post(SPEECH, body))).body == b"ID3"
    row = await payback.row()
    assert (row.call.units, row.pricing) == (None, Pricing.UNPRICED)


def test_characters_are_those_of_the_text_and_not_its_bytes() -> None:
    assert units_asked({"input": "Größe 😀", "n": None}) == Units(characters=7)
    assert units_asked({"input": "", "n": None}) == Units(characters=0)
    assert units_asked({"input": None, "n": None}) is None


@pytest.mark.parametrize(
    "usage", ["x", 7, [1], {"input_tokens": "5"}, {"input_tokens": 5, "output_tokens": None}]
)
def test_usage_that_cannot_be_is_a_problem_and_never_a_count(usage: Any) -> None:
    reading = read(compact({"type": "speech.audio.done", "usage": usage}))
    assert reading is not None
    assert (reading.usage, reading.is_last) == (None, True)
    assert reading.problem
