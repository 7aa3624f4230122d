"""Sessions over WebSocket: each response is a row of its own, written down before the client hears of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from ledger.call import Entry, Outcome, Pricing, State
from ledger.money import render_usd
from ledger.units import Units
from proxy import websocket_frames
from proxy.dialects import openai_realtime, openai_responses_session
from proxy.dialects.session import MOST_BEGUN, UNTOLD, SessionReader
from proxy.dialects.sessions import session_at
from proxy.websocket import SKIPPED
from tests.proxy.bodies import compact
from tests.proxy.client import connected, get
from tests.proxy.recorded import FOLDER
from tests.proxy.running import Payback, configuration, eventually, process, running, toml_of
from tests.proxy.websockets import SocketUpstream, received, socket_upstream, websocket

REALTIME, RESPONSES = "/v1/realtime?model=gpt-realtime", "/v1/responses"


def told(name: str) -> list[str]:
    return (FOLDER / f"{name}.ndjson").read_text("utf-8").splitlines()


TWO_TURNS = told("openai_realtime/two_turns")
CREATED, BEGUN, *_ = TWO_TURNS
DONE = next(message for message in TWO_TURNS if "response.done" in message)
PRICES = [
    {
        "provider": "lab",
        "model": "gpt-realtime",
        "input_usd_per_mtok": "4.00",
        "cache_read_usd_per_mtok": "0.40",
        "input_audio_usd_per_mtok": "32.00",
        "cache_read_audio_usd_per_mtok": "0.30",
        "input_image_usd_per_mtok": "5.00",
        "cache_read_image_usd_per_mtok": "0.50",
        "output_usd_per_mtok": "16.00",
        "output_audio_usd_per_mtok": "64.00",
    },
    {
        "provider": "lab",
        "model": "gpt-4o-mini-transcribe",
        "input_usd_per_mtok": "1.25",
        "input_audio_usd_per_mtok": "3.00",
        "output_usd_per_mtok": "5.00",
    },
]
FIRST_USD, SECOND_USD = "0.0069656", "0.0035188"
"""55 * 4 + 64 * 0.4 + 13 * 32 + 30 * 16 + 91 * 64 = 6965.6 millionths: of the text, 64 tokens were cached.
50 * 4 + 100 * 0.4 + 34 * 32 + 96 * 0.3 + 16 * 5 + 4 * 0.5 + 10 * 16 + 30 * 64 = 3518.8."""


def sends(*messages: str, code: int = 1000) -> Any:
    async def script(socket: web.WebSocketResponse) -> None:
        for message in messages:
            await socket.send_str(message)
        await socket.close(code=code)

    return script


@pytest.fixture
async def upstream() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as started:
        yield started


@pytest.fixture
async def payback(upstream: SocketUpstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream, price=PRICES)) as started:
        yield started


async def heard(payback: Payback, path: str = REALTIME) -> list[str]:
    """All messages until upstream's goodbye."""
    messages: list[str] = []
    async with websocket(payback.port, path) as client:
        while (message := await received(client)).type is WSMsgType.TEXT:
            messages.append(message.data)
    return messages


def tokens(row: Entry) -> tuple[int, int] | None:
    usage = row.call.usage
    return (usage.input_tokens, usage.output_tokens) if usage else None


async def test_two_responses_are_two_rows_beside_the_connections_own(
    upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.script = sends(*TWO_TURNS)
    assert await heard(payback) == TWO_TURNS
    connection, first, second = await payback.ended(3)
    assert (connection.call.operation, connection.call.http_request) == ("other", "GET /v1/realtime")
    assert (connection.call.outcome, connection.pricing) == (Outcome.OK, Pricing.NOT_BILLED)
    assert (connection.call.http_status, connection.call.request_model) == (101, "gpt-realtime")
    for row in (first, second):
        assert (row.call.operation, row.call.outcome) == ("realtime", Outcome.OK)
        assert row.call.logical_call_id == connection.call.call_id
        assert (row.call.request_model, row.call.response_model) == ("gpt-realtime", "gpt-realtime")
    assert [tokens(first), tokens(second)] == [(132, 121), (300, 40)]
    costs = [render_usd(row.list_cost) for row in (first, second) if row.list_cost is not None]
    assert costs == [FIRST_USD, SECOND_USD]


async def test_a_response_is_in_the_ledger_when_the_client_hears_that_it_is_done(
    upstream: SocketUpstream, payback: Payback
) -> None:
    goes_on = asyncio.Event()

    async def script(socket: web.WebSocketResponse) -> None:
        await socket.send_str(CREATED)
        await socket.send_str(DONE)
        await goes_on.wait()
        await socket.close()

    upstream.script = script
    async with websocket(payback.port, REALTIME) as client:
        assert (await received(client)).data == CREATED
        assert (await received(client)).data == DONE
        states = [(row.state, tokens(row)) for row in payback.rows()]
        goes_on.set()
    assert states == [(State.OPEN, None), (State.ENDED, (132, 121))]


async def test_a_kill_right_after_a_response_loses_nothing_of_it(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await socket.send_str(DONE)
        await socket.receive()

    upstream.script = script
    async with process(tmp_path, toml_of(upstream)) as started:
        async with websocket(started.payback.port, REALTIME) as client:
            assert (await received(client)).data == DONE
            await started.kill()
        rows = started.payback.rows()
    assert [(row.call.outcome, tokens(row)) for row in rows] == [
        (Outcome.INTERRUPTED, None),
        (Outcome.OK, (132, 121)),
    ]


async def test_the_connection_has_ended_in_the_ledger_when_the_client_hears_the_goodbye(
    upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.script = sends(CREATED)
    async with websocket(payback.port, REALTIME) as client:
        assert (await received(client)).data == CREATED
        assert (await received(client)).type is WSMsgType.CLOSE
        assert [row.state for row in payback.rows()] == [State.ENDED]


async def test_a_transcription_is_a_row_at_its_own_models_price(
    upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.script = sends(*told("openai_realtime/transcribed"))
    await heard(payback)
    _, transcription, response = await payback.ended(3)
    assert (transcription.call.operation, transcription.call.model) == (
        "transcription",
        "gpt-4o-mini-transcribe",
    )
    assert transcription.list_cost is not None
    # 10 * 1.25 + 28 * 3.00 + 10 * 5.00 = 146.5 millionths
    assert render_usd(transcription.list_cost) == "0.0001465"
    assert tokens(response) == (132, 121)


async def test_a_transcription_by_the_second_is_counted_in_milliseconds(
    upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.script = sends(*told("openai_realtime/azure_preview"))
    await heard(payback)
    timed, untold = (row for row in await payback.ended(4) if row.call.operation == "transcription")
    assert (timed.call.units, timed.call.model) == (Units(audio_ms=3520), "whisper-1")
    assert (untold.pricing, untold.unpriced_reason) == (Pricing.UNPRICED, "the event tells no usage")


async def test_a_transcription_whose_model_nobody_named_is_not_priced_as_another(
    upstream: SocketUpstream, payback: Payback
) -> None:
    transcribed = [line for line in told("openai_realtime/transcribed") if "transcription.completed" in line]
    upstream.script = sends(CREATED, *transcribed)
    await heard(payback)
    row = (await payback.ended(2))[1]
    assert (row.call.operation, tokens(row), row.list_cost) == ("transcription", (38, 10), None)
    assert (row.call.model, row.pricing) == ("input_audio_transcription", Pricing.UNPRICED)


async def test_responses_over_a_websocket_are_rows_as_those_over_http(
    upstream: SocketUpstream, payback: Payback
) -> None:
    messages = told("openai_responses_session/three_responses")
    upstream.script = sends(*messages)
    assert await heard(payback, RESPONSES) == messages
    connection, first, second, third = await payback.ended(4)
    assert (connection.call.http_request, connection.pricing) == ("GET /v1/responses", Pricing.NOT_BILLED)
    assert {row.call.operation for row in (first, second, third)} == {"chat"}
    assert [tokens(first), tokens(second), tokens(third)] == [(75, 1186), (1300, 20), None]
    assert (third.call.outcome, third.pricing) == (Outcome.UPSTREAM_ERROR, Pricing.NOT_BILLED)


@pytest.mark.parametrize("how", ["client", "upstream", "goodbye"])
async def test_a_response_that_the_end_cut_off_is_a_row_whose_cost_is_not_known(
    how: str, upstream: SocketUpstream, payback: Payback
) -> None:
    """It was made, and is charged for: no row would be a 0."""
    goes_on = asyncio.Event()

    async def script(socket: web.WebSocketResponse) -> None:
        await socket.send_str(CREATED)
        await socket.send_str(BEGUN)
        await goes_on.wait()
        if how == "upstream":
            assert upstream.only.transport is not None
            upstream.only.transport.abort()
        elif how == "goodbye":
            await socket.close(code=1001)

    upstream.script = script
    async with websocket(payback.port, REALTIME) as client:
        await received(client)
        await received(client)
        if how == "client":
            assert client._conn is not None
            assert client._conn.transport is not None
            client._conn.transport.abort()
            await payback.ended(2)
        goes_on.set()
        if how != "client":
            await received(client)
    connection, response = await payback.ended(2)
    assert (response.call.operation, response.pricing) == ("realtime", Pricing.UNPRICED)
    assert response.unpriced_reason == UNTOLD
    assert connection.call.outcome is {
        "client": Outcome.CLIENT_LEFT,
        "upstream": Outcome.UPSTREAM_BROKE,
        "goodbye": Outcome.OK,
    }.get(how)


async def test_a_fault_in_metering_changes_nothing_for_the_client_and_is_named(
    upstream: SocketUpstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, message: bytes) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(openai_realtime._Reader, "__call__", broken)
    upstream.script = sends(*TWO_TURNS)
    assert await heard(payback) == TWO_TURNS
    row = await payback.row()
    assert (row.call.outcome, row.call.problem) == (Outcome.OK, "metering failed")


async def test_a_response_that_can_be_written_down_nowhere_is_kept_from_the_client(
    upstream: SocketUpstream, tmp_path: Path
) -> None:
    goes_on = asyncio.Event()

    async def script(socket: web.WebSocketResponse) -> None:
        await socket.send_str(CREATED)
        await goes_on.wait()
        await socket.send_str(DONE)

    upstream.script = script
    table = configuration(upstream, ledger={"spool": str(tmp_path / "not-there" / "spool")})
    async with running(tmp_path, table) as payback, websocket(payback.port, REALTIME) as client:
        assert (await received(client)).data == CREATED
        with payback.locked():
            goes_on.set()
            assert (await received(client)).type in (WSMsgType.CLOSED, WSMsgType.ERROR)
            assert client.close_code == 1006
            await eventually(lambda: upstream.ended != [])
    async with running(tmp_path, configuration(upstream)) as again:
        assert (await again.row()).call.outcome is Outcome.INTERRUPTED


async def test_a_get_that_asks_for_no_websocket_is_not_one(
    upstream: SocketUpstream, payback: Payback
) -> None:
    upstream.refuse = lambda _: web.Response(text=DONE)
    async with connected(payback.port) as client:
        await client.send(get(REALTIME))
        assert (await client.answer()).body == DONE.encode()
    row = await payback.row()
    assert (row.call.http_request, row.pricing) == ("GET /v1/realtime", Pricing.NOT_BILLED)


async def test_a_message_cut_across_frames_and_packets_is_read_whole(
    upstream: SocketUpstream, payback: Payback
) -> None:
    """Compression apart, servers may send a message in as many frames as they like."""

    data = DONE.encode()
    parts = [data[place : place + 125] for place in range(0, len(data), 125)]
    frames = [b"\x01\x7d" + parts[0], b"\x89\x01p", *(b"\x00\x7d" + part for part in parts[1:-1])]
    sent = b"".join([*frames, b"\x80" + bytes([len(parts[-1])]) + parts[-1]])

    async def script(socket: web.WebSocketResponse) -> None:
        assert upstream.only.transport is not None
        for piece in sent[:7], sent[7:300], sent[300:]:
            upstream.only.transport.write(piece)
            await asyncio.sleep(0.02)
        await socket.close()

    upstream.script = script
    async with websocket(payback.port, REALTIME) as client:
        messages = [await received(client) for _ in range(2)]
    assert {message.type for message in messages} == {WSMsgType.PING, WSMsgType.TEXT}
    assert DONE in [message.data for message in messages]
    assert tokens((await payback.ended(2))[1]) == (132, 121)


async def test_a_message_that_is_too_long_to_be_read_passes_and_is_named(
    upstream: SocketUpstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_frames, "MAX_MESSAGE_BYTES", len(DONE) - 1)
    upstream.script = sends(DONE)
    assert await heard(payback) == [DONE]
    assert (await payback.row()).call.problem == SKIPPED


@pytest.mark.parametrize("reader", [openai_realtime._Reader, openai_responses_session._Reader])
@pytest.mark.parametrize(
    "message",
    [
        b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff", b"{}", b"[" * 100_000, b'{"type":7,"response":[]}',
        b'{"type":"response.done"}', b'{"type":"response.done","response":{}}',
        b'{"type":"response.done","response":{"id":[],"usage":"x"}}',
        b'{"type":"response.created","response":{"id":{}}}',
        b'{"type":"session.created","session":"x"}', b'{"type":"session.created","session":{"audio":7}}',
        b'{"type":"session.created","session":{"model":[],"audio":{"input":{"transcription":{"model":7}}}}}',
        b'{"type":"response.completed","response":null}', b'{"type":"response.failed"}',
        b'{"type":"conversation.item.input_audio_transcription.completed","usage":{"type":"duration","seconds":1e99}}',
        b'{"type":"conversation.item.input_audio_transcription.completed","usage":{"type":"duration","seconds":"3"}}',
        b'{"type":"conversation.item.input_audio_transcription.completed","usage":[]}',
        b'{"type":"response.done","response":{"usage":{"input_tokens":-1,"output_tokens":1e400}}}',
        b'{"type":"response.done","response":{"status":[],"usage":{"input_tokens":0,"output_tokens":0}}}',
    ],
)  # fmt: skip
def test_no_message_makes_a_reader_raise_or_count(reader: type[SessionReader], message: bytes) -> None:
    read = reader()
    reading = read(message)
    items = [*(reading.items if reading else ()), *read.unfinished()]
    assert [item.reading.usage or item.reading.units for item in items if not item.is_failed] in ([], [None])


def test_usage_that_cannot_be_is_named_and_not_counted() -> None:
    usage = {"input_tokens": 5, "output_tokens": 1, "input_token_details": {"cached_tokens": 6}}
    reading = openai_realtime._Reader()(compact({"type": "response.done", "response": {"usage": usage}}))
    assert reading is not None
    (item,) = reading.items
    assert item.reading.usage is None
    assert "cached tokens (6) exceed input_tokens (5)" in (item.reading.problem or "")


def test_what_has_begun_is_bounded() -> None:
    read = openai_realtime._Reader()
    for number in range(MOST_BEGUN + 10):
        read(json.dumps({"type": "response.created", "response": {"id": str(number)}}).encode())
    assert len(read.unfinished()) == MOST_BEGUN


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/realtime", "realtime"),
        ("/openai/realtime", "realtime"),
        ("/openai/v1/realtime/", "realtime"),
        ("/v1/responses", "chat"),
        ("/v1/realtime/translations", None),
        ("/v1/realtime/calls", None),
        ("/v1/live", None),
    ],
)
def test_the_path_says_what_is_spoken(path: str, operation: str | None) -> None:
    found = session_at(path)
    assert (found.operation if found else None) == operation
