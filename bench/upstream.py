"""The stream upstream: `python -m bench.upstream PORT EVENTS_PER_S`.

A streamed call gets max_tokens events, evenly spaced, each stamped as it is written. The streams' phases are
spread over the period, so that events leave one by one, not in bursts. Other calls get the fixed answer."""

import asyncio
import json
import sys
import time
from heapq import heappop, heappush
from itertools import count
from typing import Any, cast

from bench import events, wire
from bench.clock import run_finely

GOLDEN = 0.6180339887498949
"""Multiples of it, taken modulo 1, spread evenly however many there are."""

_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_FIXED_HEAD = (
    f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(wire.ANSWER)}\r\n\r\n"
)
_FIXED_ANSWER = (_FIXED_HEAD + wire.ANSWER).encode()


class Stream:
    """One streamed answer under way."""

    def __init__(self, transport: asyncio.Transport, asked: dict[str, Any]) -> None:
        self.transport = transport
        self.left = int(asked["max_tokens"])
        self._wants_usage = bool((asked.get("stream_options") or {}).get("include_usage"))

    def write_next(self) -> None:
        self.left -= 1
        event = events.chunked(events.stamped(time.monotonic_ns()))
        self.transport.write(event if self.left else event + self._last_words())

    def _last_words(self) -> bytes:
        usage = events.chunked(events.USAGE) if self._wants_usage else b""
        return events.chunked(events.FINISH) + usage + events.chunked(events.DONE) + b"0\r\n\r\n"


class Pacer:
    """Writes each stream's events when they are due; late ones at once, none left out."""

    def __init__(self, events_per_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._period_s = 1 / events_per_s
        self._serials = count()
        self._due: list[tuple[float, int, Stream]] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: Stream) -> None:
        serial = next(self._serials)
        first_s = self._loop.time() + self._period_s * (serial * GOLDEN % 1)
        heappush(self._due, (first_s, serial, stream))
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._due[0][0], self._tick) if self._due else None

    def _tick(self) -> None:
        now_s = self._loop.time()
        while self._due and self._due[0][0] <= now_s:
            due_s, serial, stream = heappop(self._due)
            if stream.transport.is_closing():
                continue
            stream.write_next()
            if stream.left:
                heappush(self._due, (due_s + self._period_s, serial, stream))
        self._timer = None
        self._set_timer()


class Caller(asyncio.Protocol):
    """One connection of a caller."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._forget()

    def _forget(self) -> None:
        self._request, self._body = wire.MessageReader(), b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._body += self._request.feed(data)
        if self._request.complete:
            asked = json.loads(self._body or b"{}")
            self._forget()
            self._answer(asked)

    def _answer(self, asked: dict[str, Any]) -> None:
        if not asked.get("stream"):
            self._transport.write(_FIXED_ANSWER)
            return
        self._transport.write(_STREAM_HEAD)
        self._pacer.add(Stream(self._transport, asked))


async def serve(port: int, events_per_s: float) -> None:
    pacer = Pacer(events_per_s)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Caller(pacer), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


def main() -> None:
    port, events_per_s = map(int, sys.argv[1:])
    run_finely(serve(port, events_per_s))


if __name__ == "__main__":
    main()
