"""openai's SDK over WebSocket: its sessions pass, and each of their responses is in the ledger."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from openai import AsyncOpenAI
from websockets.exceptions import InvalidStatus

from ledger.call import Outcome
from tests.proxy.recorded import FOLDER
from tests.proxy.running import Payback, configuration, running
from tests.proxy.websockets import SocketUpstream, socket_upstream


def told(name: str) -> list[str]:
    return (FOLDER / f"{name}.ndjson").read_text("utf-8").splitlines()


@pytest.fixture
async def upstream() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as started:
        yield started


@pytest.fixture
async def sockets(upstream: SocketUpstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream)) as started:
        yield started


@pytest.fixture
async def client(sockets: Payback) -> AsyncIterator[AsyncOpenAI]:
    base_url = f"http://127.0.0.1:{sockets.port}/v1"
    async with AsyncOpenAI(base_url=base_url, api_key="sk-of-the-application", max_retries=0) as made:
        yield made


async def test_a_realtime_session_with_the_sdk(
    client: AsyncOpenAI, upstream: SocketUpstream, sockets: Payback
) -> None:
    asked: list[str] = []

    async def script(socket: web.WebSocketResponse) -> None:
        for message in told("openai_realtime/two_turns"):
            if '"session.created"' not in message and '"response.created"' in message:
                asked.append((await socket.receive_json())["type"])
            await socket.send_str(message)
        await socket.receive()

    upstream.script = script
    heard = []
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.response.create()
        async for event in connection:
            heard.append(event.type)
            if event.type == "response.done":
                assert event.response.usage is not None
                if event.response.usage.input_tokens == 300:
                    break
                await connection.response.create()
    assert heard.count("response.done") == 2
    assert asked == ["response.create"] * 2
    assert upstream.only.headers["Authorization"] == "Bearer sk-of-the-application"
    connection_row, *responses = await sockets.ended(3)
    assert connection_row.call.outcome is Outcome.OK
    assert [row.call.usage.input_tokens for row in responses if row.call.usage] == [132, 300]
    assert {row.call.who.client for row in responses} == {"AsyncOpenAI/Python"}


async def test_responses_over_a_websocket_with_the_sdk(
    client: AsyncOpenAI, upstream: SocketUpstream, sockets: Payback
) -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        assert (await socket.receive_json())["model"] == "gpt-5.1"
        for message in told("openai_responses_session/three_responses"):
            await socket.send_str(message)
            if '"response.completed"' in message:
                break
        await socket.receive()

    upstream.script = script
    async with client.responses.connect() as connection:
        await connection.response.create(model="gpt-5.1", input="hi")
        async for event in connection:
            if event.type == "response.completed":
                assert event.response.usage is not None
                assert event.response.usage.output_tokens == 1186
                break
    _, response = await sockets.ended(2)
    assert response.call.usage is not None
    assert (response.call.usage.output_tokens, response.call.response_model) == (1186, "gpt-5.1-2025-11-13")


async def test_the_sdk_sees_why_upstream_refused(
    client: AsyncOpenAI, upstream: SocketUpstream, sockets: Payback
) -> None:
    upstream.refuse = lambda _: web.json_response({"error": {"message": "no such key"}}, status=401)
    with pytest.raises(InvalidStatus) as refused:
        async with client.realtime.connect(model="gpt-realtime"):
            pass
    assert refused.value.response.status_code == 401
    assert b"no such key" in (refused.value.response.body or b"")
    assert (await sockets.row()).call.outcome is Outcome.UPSTREAM_ERROR
