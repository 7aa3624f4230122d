"""Stream upstream and listeners together, and the verdicts on what they find."""

import asyncio
from functools import partial
from typing import Any

from bench import events, listeners, upstream, wire
from bench.processes import free_port
from bench.streams import verdicts_of


async def spoken_to(port: int, body: bytes) -> bytes:
    """The whole answer's body to one request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(wire.request_of(body, port))
    answer, heard = wire.MessageReader(), b""
    while not answer.complete:
        heard += answer.feed(await reader.read(65536))
    writer.close()
    return heard


async def with_upstream(port: int, asked: Any) -> Any:
    """What *asked* gives while the upstream runs; it is asked again until the upstream listens."""
    server = asyncio.ensure_future(upstream.serve(port, events_per_s=100))
    try:
        while True:
            try:
                found = await asked()
                await asyncio.sleep(0.05)  # both ends see that the connections are closed
                return found
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
    finally:
        server.cancel()


async def test_every_event_is_heard_and_none_before_it_was_written() -> None:
    port = free_port()
    found = await with_upstream(port, partial(listeners.run, port, 8, 20, 0, 5))
    assert (found["expected"], found["received"], found["ended"]) == (160, 160, 8)
    assert 0 < found["p50_ms"] <= found["p99_ms"]


async def test_usage_is_sent_only_to_who_asked_for_it() -> None:
    port = free_port()
    plain = wire.stream_body(2)
    asking = plain.replace(b'"stream":true', b'"stream":true,"stream_options":{"include_usage":true}')
    assert events.USAGE not in await with_upstream(port, partial(spoken_to, port, plain))
    port = free_port()
    heard = await with_upstream(port, partial(spoken_to, port, asking))
    assert heard.endswith(events.FINISH + events.USAGE + events.DONE)


async def test_a_call_that_is_not_streamed_gets_the_fixed_answer() -> None:
    port = free_port()
    assert await with_upstream(port, partial(spoken_to, port, wire.CHAT_BODY)) == wire.ANSWER.encode()


def round_of(**more: float) -> dict[str, float]:
    return {"p50_ms": 0.1, "streams": 2, "ended": 2, "expected": 800, "received": 800, "last_ms": 1.0, **more}


def test_payback_must_be_quick_and_lose_nothing() -> None:
    direct = [round_of(p50_ms=0.05)]

    def met(**more: float) -> list[bool]:
        return [verdict.met for verdict in verdicts_of({"direct": direct, "payback": [round_of(**more)]})]

    assert met() == [True, True, True, True]
    assert met(p50_ms=0.36) == [False, True, True, True]  # adds 0.31 ms
    assert met(received=799) == [True, False, True, True]
    assert met(ended=1) == [True, True, False, True]
    assert met(last_ms=900) == [True, True, True, False]
