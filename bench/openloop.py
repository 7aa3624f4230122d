"""Sends calls on schedule, whatever comes back.

`python -m bench.openloop PORT CALLS_PER_S SECONDS CONNECTIONS` prints one JSON object.
A delay counts from the time the call was due, not from when a connection was free to send it: a target that
stalls is charged for every call that was due meanwhile (else: coordinated omission)."""

import asyncio
import contextlib
import json
import sys
from array import array
from collections import deque
from typing import cast

from bench import wire
from bench.clock import run_finely
from bench.table import percentile

GRACE_S = 5
"""How long after the last call was due its answer may take."""

LEAD_S = 0.05
"""Between opening the connections and the first call."""


class Connection(asyncio.Protocol):
    """One keep-alive connection; carries one call at a time."""

    def __init__(self, schedule: "Schedule") -> None:
        self.schedule = schedule
        self.answer = wire.MessageReader()
        self.due_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, due_s: float) -> None:
        self.due_s = due_s
        self.answer = wire.MessageReader()
        self.transport.write(self.schedule.request)

    def data_received(self, data: bytes) -> None:
        self.answer.feed(data)
        if self.answer.complete and self.due_s is not None:
            due_s, self.due_s = self.due_s, None
            self.schedule.answered(self, due_s, self.answer.status)

    def connection_lost(self, _error: Exception | None) -> None:
        self.schedule.lost(self)


class Schedule:
    """The calls that are due, the connections that are free, the delays so far."""

    def __init__(self, port: int, calls_per_s: float, calls: int) -> None:
        self.request = wire.request_of(wire.CHAT_BODY, port)
        self.loop = asyncio.get_running_loop()
        self.over = asyncio.Event()
        self.delays_s = array("d")
        self.failed = 0
        self.sent = 0
        self._calls, self._period_s = calls, 1 / calls_per_s
        self._free: deque[Connection] = deque()
        self._waiting: deque[float] = deque()

    def start(self, connections: list[Connection]) -> None:
        self._free.extend(connections)
        self._start_s = self.loop.time() + LEAD_S
        self.loop.call_at(self._start_s, self._tick)

    def _tick(self) -> None:
        """Send all that is due, oldest first, and come back for the next."""
        while self.sent < self._calls:
            due_s = self._start_s + self.sent * self._period_s
            if due_s > self.loop.time():
                self.loop.call_at(due_s, self._tick)
                return
            self.sent += 1
            self._waiting.append(due_s)
            if self._free:
                self._free.popleft().send(self._waiting.popleft())

    def answered(self, connection: Connection, due_s: float, status: int) -> None:
        self.delays_s.append(self.loop.time() - due_s)
        self.failed += status != 200
        if self._waiting:
            connection.send(self._waiting.popleft())
        else:
            self._free.append(connection)
        if len(self.delays_s) == self._calls:
            self.over.set()

    def lost(self, connection: Connection) -> None:
        """A target that hangs up takes a connection out of the run; the call on it is never answered."""
        if connection in self._free:
            self._free.remove(connection)


async def run(port: int, calls_per_s: float, seconds: float, connections: int) -> dict[str, float]:
    """The delays, in milliseconds; *failed* counts calls answered with another status, or never."""
    calls = round(calls_per_s * seconds)
    schedule = Schedule(port, calls_per_s, calls)
    opened = [
        await schedule.loop.create_connection(lambda: Connection(schedule), "127.0.0.1", port)
        for _ in range(connections)
    ]
    schedule.start([connection for _, connection in opened])
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(schedule.over.wait(), seconds + GRACE_S)
    for transport, _ in opened:
        transport.close()
    return summary_of(schedule.delays_s, schedule.failed + calls - len(schedule.delays_s))


def summary_of(delays_s: "array[float]", failed: int) -> dict[str, float]:
    ordered = sorted(delays_s) or [0.0]
    return {
        "answered": len(delays_s),
        "failed": failed,
        "p50_ms": percentile(ordered, 0.50) * 1e3,
        "p99_ms": percentile(ordered, 0.99) * 1e3,
        "max_ms": ordered[-1] * 1e3,
    }


def main() -> None:
    port, calls_per_s, seconds, connections = map(int, sys.argv[1:])
    print(json.dumps(run_finely(run(port, calls_per_s, seconds, connections))))


if __name__ == "__main__":
    main()
