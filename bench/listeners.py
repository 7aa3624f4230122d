"""Opens streams and listens: `python -m bench.listeners PORT STREAMS EVENTS RAMP_S SECONDS`.

Counts the events, and how long each took from being written to being read. Prints one JSON object after
SECONDS at the latest; what has not come by then is missing."""

import asyncio
import contextlib
import gc
import json
import sys
import time
from array import array
from dataclasses import dataclass, field
from typing import cast

from bench import wire
from bench.events import StampReader
from bench.table import percentile


@dataclass(slots=True)
class Heard:
    """What all streams of one run have heard."""

    delays_ns: "array[int]" = field(default_factory=lambda: array("q"))
    last_delays_ns: list[int] = field(default_factory=list)
    """Of the last event of each stream that ended: a target that falls behind shows here."""
    ended: int = 0
    """Streams that ended with status 200, [DONE] and a complete body."""


class Listener(asyncio.Protocol):
    """One stream on one connection."""

    def __init__(self, request: bytes, heard: Heard) -> None:
        self._request, self._heard = request, heard
        self._answer, self._stamps = wire.MessageReader(), StampReader()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        delays_ns = self._heard.delays_ns
        for stamp_ns in self._stamps.feed(self._answer.feed(data)):
            delays_ns.append(now_ns - stamp_ns)
            self._last_delay_ns = now_ns - stamp_ns
        if self._answer.complete:
            self._end()

    def _end(self) -> None:
        if self._stamps.done and self._answer.status == 200:
            self._heard.ended += 1
            self._heard.last_delays_ns.append(self._last_delay_ns)
        self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


async def listen(port: int, streams: int, events: int, ramp_s: float, heard: Heard) -> None:
    """Open the streams evenly over *ramp_s* and wait for all of them."""
    loop = asyncio.get_running_loop()
    request = wire.request_of(wire.stream_body(events), port)
    start_s = loop.time()
    listeners = []
    for at in range(streams):
        await asyncio.sleep(start_s + ramp_s * at / streams - loop.time())
        _, listener = await loop.create_connection(lambda: Listener(request, heard), "127.0.0.1", port)
        listeners.append(listener.over)
    await asyncio.wait(listeners)


async def run(port: int, streams: int, events: int, ramp_s: float, seconds: float) -> dict[str, float]:
    heard = Heard()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(listen(port, streams, events, ramp_s, heard), seconds)
    return {"streams": streams, "expected": streams * events, **summary_of(heard)}


def summary_of(heard: Heard) -> dict[str, float]:
    ordered = sorted(heard.delays_ns) or [0]
    return {
        "ended": heard.ended,
        "received": len(heard.delays_ns),
        "p50_ms": percentile(ordered, 0.50) / 1e6,
        "p99_ms": percentile(ordered, 0.99) / 1e6,
        "last_ms": max(heard.last_delays_ns, default=0) / 1e6,
    }


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is available: listening costs less, on cores that the target needs."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def main() -> None:
    port, streams, events, ramp_s, seconds = map(int, sys.argv[1:])
    gc.disable()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        print(json.dumps(runner.run(run(port, streams, events, ramp_s, seconds))))


if __name__ == "__main__":
    main()
