"""The generator against servers whose delays are known."""

import asyncio
from array import array

from bench import openloop, wire

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


async def measured(stall_s: float, answer: bytes = ANSWER) -> dict[str, float]:
    """100 calls at 200/s on two connections; the server stalls once, at the 20th call."""
    calls = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        while (await reader.read(65536)).endswith(wire.CHAT_BODY):
            calls += 1
            if calls == 20:
                loop = asyncio.get_running_loop()
                stalled_until_s[0] = loop.time() + stall_s
            await asyncio.sleep(max(stalled_until_s[0] - asyncio.get_running_loop().time(), 0))
            writer.write(answer)
        writer.close()

    stalled_until_s = [0.0]
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = await openloop.run(port, calls_per_s=200, seconds=0.5, connections=2)
        await asyncio.sleep(0.05)  # both ends see that the connections are closed
    return found


async def test_a_stall_is_charged_to_every_call_that_was_due_meanwhile() -> None:
    found = await measured(stall_s=0.3)
    assert (found["answered"], found["failed"]) == (100, 0)
    assert found["max_ms"] >= 290  # the call that met the stall
    assert found["p50_ms"] >= 20  # 60 of 100 calls were due during it; two connections met it


async def test_answers_with_another_status_are_failures() -> None:
    found = await measured(stall_s=0, answer=b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    assert (found["answered"], found["failed"]) == (100, 100)


def test_calls_that_were_never_answered_are_failures() -> None:
    assert openloop.summary_of(array("d"), failed=7)["failed"] == 7
