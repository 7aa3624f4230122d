"""Transcriptions: a form goes in; tokens or seconds come out, and never both."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import Pricing
from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of
from proxy.dialects.openai_transcriptions import DIALECT, read
from tests.proxy.bodies import compact, event
from tests.proxy.client import call, post
from tests.proxy.forms import FORM, file_part, form, part
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

TRANSCRIPTIONS = "/v1/audio/transcriptions"
JSON = ("Content-Type", "application/json")
AUDIO = b"ID3\x04" + bytes(range(256)) * 2000
USAGE = {
    "type": "tokens",
    "input_tokens": 14,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
    "output_tokens": 45,
    "total_tokens": 59,
}
PRICES = [
    {"provider": "lab", "model": "whisper-1", "usd_per_audio_hour": "0.36"},
    {"provider": "lab", "model": "gpt-*", "input_audio_usd_per_mtok": "6.00", "output_usd_per_mtok": "10.00"},
]


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream, price=PRICES)) as started:
        yield started


def request(model: str, path: str = TRANSCRIPTIONS, **more: str) -> bytes:
    options = [part(name, value.encode()) for name, value in more.items()]
    return post(path, form(file_part(AUDIO), part("model", model.encode()), *options), FORM)


@pytest.mark.parametrize("path", [TRANSCRIPTIONS, "/v1/audio/translations", "/openai/audio/transcriptions"])
def test_transcriptions_and_translations_are_one_dialect(path: str) -> None:
    assert dialect_of("POST", path)[0] is DIALECT


async def test_seconds_are_a_row_at_the_price_of_the_hour(upstream: Upstream, payback: Payback) -> None:
    """9 s * 0.36 / 3600 = 0.0009 USD. The audio, half a megabyte, goes on as it came."""
    body = compact({"text": "Hi", "usage": {"type": "duration", "seconds": 9}})
    upstream.script = lambda visit: visit.answer(body, JSON)
    sent = await call(payback.port, request("whisper-1"))
    assert sent.head.value("X-Payback-Cost-Usd") == b"0.0009"
    assert AUDIO in upstream.only.body
    row = await payback.row()
    assert (row.call.operation, row.call.request_model) == ("transcription", "whisper-1")
    assert (row.call.units, row.list_cost, row.call.problem) == (Units(audio_ms=9000), 900_000, None)


async def test_tokens_of_a_stream_are_a_row_at_the_price_of_audio(
    upstream: Upstream, payback: Payback
) -> None:
    """14 * 6.00 + 45 * 10.00 = 534 millionths."""
    events = (
        event({"type": "transcript.text.delta", "delta": "I see"}),
        event({"type": "transcript.text.done", "text": "I see", "usage": USAGE}),
    )

    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(chunked())

    upstream.script = script
    answer = await call(payback.port, request("gpt-4o-transcribe", stream="true"))
    assert answer.body == b"".join(events)
    row = await payback.row()
    assert (row.call.stream, row.list_cost) == (True, 534_000)
    assert row.call.usage == TokenUsage(input_tokens=14, output_tokens=45, input_audio_tokens=14)


@pytest.mark.parametrize("stream", ["true", "false"])
async def test_a_transcript_as_text_is_unpriced_and_says_why(
    stream: str, upstream: Upstream, payback: Payback
) -> None:
    text = b"1\n00:00:00,000 --> 00:00:03,320\nThe beach was a popular spot\n\n"
    upstream.script = lambda visit: visit.answer(text, ("Content-Type", "text/plain; charset=utf-8"))
    answer = await call(payback.port, request("whisper-1", response_format="srt", stream=stream))
    assert answer.body == text
    row = await payback.row()
    assert (row.pricing, row.call.usage, row.call.units) == (Pricing.UNPRICED, None, None)
    assert row.unpriced_reason in ("the answer is not JSON", "the stream reported no usage")


WRONG: list[Any] = ["9", True, [9], {}, -1, 1e300, 10**30]


@pytest.mark.parametrize("seconds", WRONG, ids=repr)
def test_a_duration_that_cannot_be_is_a_problem_and_never_a_count(seconds: Any) -> None:
    for told in ({"duration": seconds}, {"usage": {"type": "duration", "seconds": seconds}}):
        reading = read(compact({"text": "Hi", **told}))
        assert reading is not None
        assert (reading.usage, reading.units) == (None, None)
        assert reading.problem


def test_a_duration_of_nothing_is_a_duration() -> None:
    for told in ({"duration": 0}, {"duration": 0.0}, {"usage": {"type": "duration", "seconds": 0}}):
        reading = read(compact({"text": "", **told}))
        assert reading is not None
        assert reading.units == Units(audio_ms=0)


def test_seconds_are_rounded_to_the_nearest_millisecond() -> None:
    reading = read(compact({"duration": 8.470600267028809}))
    assert reading is not None
    assert reading.units == Units(audio_ms=8471)


@pytest.mark.parametrize("seconds", [None, 0])
def test_tokens_count_where_seconds_are_named_and_not_told(seconds: Any) -> None:
    usage = {"prompt_audio_seconds": seconds, "prompt_tokens": 8, "completion_tokens": 4, "total_tokens": 12}
    reading = read(compact({"text": "Hi", "usage": usage, "duration": 3}))
    assert reading is not None
    assert (reading.usage, reading.units) == (TokenUsage(input_tokens=8, output_tokens=4), None)


VALUES = st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
NAMES = ["type", "model", "usage", "duration", "seconds", "input_tokens", "prompt_audio_seconds"]


@given(st.dictionaries(st.sampled_from(NAMES), VALUES | st.dictionaries(st.sampled_from(NAMES), VALUES)))
def test_whatever_an_answer_holds_nothing_is_raised(members: dict[str, Any]) -> None:
    read(compact(members))
    read(compact({"usage": members}))
