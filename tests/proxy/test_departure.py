"""Uploads that stream through: whoever leaves or breaks one, its other side hears of it at once."""

import asyncio
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.call import Outcome
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit

AT_ONCE_S = 0.1
FILES = "/v1/files"
CHUNKED = [("Host", "payback.test"), ("Transfer-Encoding", "chunked")]
RESET = struct.pack("ii", 1, 0)
STEP = b"x" * (48 << 10)


class Deaf:
    """An upstream that takes connections and reads nothing, as one does whose disk is slow."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        self._taken: socket.socket | None = None

    async def take(self) -> None:
        self._taken, _ = await asyncio.get_running_loop().sock_accept(self._listening)

    def close(self) -> None:
        if self._taken is not None:
            self._taken.close()

    def is_left(self) -> bool:
        """Whether the other side has ended the connection, without a byte of it being read."""
        assert self._taken is not None
        poll = select.poll()
        poll.register(self._taken, select.POLLRDHUP)
        return poll.poll(0) != []


@contextmanager
def deaf_upstream() -> Iterator[Deaf]:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        with closing(Deaf(listening)) as upstream:
            yield upstream


async def send_until_unread(client: socket.socket) -> None:
    """Until payback reads nothing more, and all that was sent lies in its system."""
    await asyncio.get_running_loop().sock_sendall(client, bytes(1 << 20))
    while not await is_left_unread(client):
        assert client.send(STEP) == len(STEP)


async def is_left_unread(client: socket.socket) -> bool:
    deadline_s = time.monotonic() + 0.2
    while unread(client):
        if time.monotonic() > deadline_s:
            return True
        await asyncio.sleep(0.001)
    return False


def unread(client: socket.socket) -> int:
    """Bytes of the client's that payback's system has, and payback does not."""
    here, there = (f"{port:04X}" for port in (client.getsockname()[1], client.getpeername()[1]))
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if local.endswith(f":{there}") and remote.endswith(f":{here}"):
            return int(queues.partition(":")[2], 16)
    return 0


@contextmanager
def plain_client(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setblocking(False)
        yield client


LONG_UPLOAD = message(f"POST {FILES} HTTP/1.1", [("Host", "payback.test"), ("Content-Length", "1000000000")])


@pytest.mark.parametrize("how", ["reset", "close"])
async def test_a_client_that_leaves_while_upstream_takes_nothing_ends_the_upload_at_once(
    how: str, tmp_path: Path
) -> None:
    """A close is seen where what was sent before it has come as far as payback's system; a reset always."""
    with deaf_upstream() as upstream:
        async with running(tmp_path, configuration(upstream)) as payback:
            with plain_client(payback.port) as client:
                client.sendall(LONG_UPLOAD)
                await upstream.take()
                await send_until_unread(client)
                if how == "reset":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            left_at_s = time.monotonic()
            await eventually(upstream.is_left)
            assert time.monotonic() - left_at_s < AT_ONCE_S
            assert (await payback.row()).call.outcome is Outcome.CLIENT_LEFT


FIRST = {
    "a call": post(CHAT, CHAT_REQUEST),
    "a call at aiohttp's": message(f"POST {CHAT} HTTP/1.1", CHUNKED, chunked(CHAT_REQUEST)),
    "a read": get("/lab/v1/models"),
}
BEHIND = {
    "one long request": post(CHAT, b"x" * (1 << 20)),
    "many requests": post(CHAT, CHAT_REQUEST) * 5000,
}


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("first", FIRST)
async def test_a_client_that_leaves_with_more_sent_than_is_read_ends_the_call_at_once(
    first: str, behind: str, how: str, upstream: Upstream, payback: Payback
) -> None:
    """Behind a call that is under way, no more is read than a little."""
    left = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.left()
        left.set()

    upstream.script = script
    with plain_client(payback.port) as client:
        client.sendall(FIRST[first])
        await eventually(lambda: upstream.received != [])
        for start in range(0, len(BEHIND[behind]), len(STEP)):
            assert client.send(BEHIND[behind][start : start + len(STEP)]) == len(STEP)
            if await is_left_unread(client):
                break
        if how == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    left_at_s = time.monotonic()
    await eventually(left.is_set, 1)
    assert time.monotonic() - left_at_s < AT_ONCE_S
    assert (await payback.row()).call.outcome is Outcome.CLIENT_LEFT


BROKEN = {"nonsense": b"zz\r\nhello\r\n0\r\n\r\n", "no end of a chunk": b"5\r\nhelloooo"}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("path", [CHAT, FILES])
async def test_an_upload_that_is_no_http_is_refused_once_and_ends_upstreams_connection(
    path: str, broken: str, upstream: Upstream, payback: Payback, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(payback.port) as client:
        await client.send(message(f"POST {path} HTTP/1.1", CHUNKED, b"5\r\nhello\r\n"))
        if path == FILES:
            await eventually(lambda: upstream.heads != [])
        await asyncio.sleep(0.05)  # what comes with the head is refused with it
        await client.send(BROKEN[broken])
        answer = await client.answer()
        assert await client.is_cut()
        if path == FILES:
            await eventually(lambda: upstream.unfinished != b"")
            row = await payback.row()
            assert (row.call.outcome, row.call.http_status) == (Outcome.CLIENT_LEFT, 400)
            assert row.call.problem == "the body of the request is not HTTP"
    assert (answer.status, answer.whole) == (400, True)
    assert answer.body.startswith(b'{"error":{"message":"payback: the body of the request')
    assert [record for record in caplog.records if record.exc_info] == [], "a client's fault, not ours"
    assert upstream.received == []


async def test_an_upload_that_is_no_http_cuts_the_answer_that_has_begun(
    upstream: Upstream, payback: Payback
) -> None:
    async def answers_early(visit: Visit) -> None:
        await visit.stream(b"early")
        await visit.left()

    upstream.on_head = answers_early
    async with connected(payback.port) as client:
        await client.send(message(f"POST {FILES} HTTP/1.1", CHUNKED, b"5\r\nhello\r\n"))
        pieces = client.pieces(await client.head())
        await client.until(b"early", pieces)
        await client.send(BROKEN["nonsense"])
        assert await client.is_cut()
    await payback.row()


async def test_an_upstream_that_takes_nothing_of_an_upload_is_silent(tmp_path: Path) -> None:
    """Else one that has died without a word holds the call, and what was read of it, for ever."""
    with deaf_upstream() as upstream:
        table = configuration(upstream, server={"idle_timeout_s": 0.4})
        async with running(tmp_path, table) as payback, connected(payback.port) as client:
            sending = asyncio.ensure_future(client.send(LONG_UPLOAD + bytes(16 << 20)))
            row = await payback.row()
            sending.cancel()
    assert (row.call.outcome, row.call.http_status) == (Outcome.TIMEOUT, 504)


async def test_a_client_that_is_slow_to_send_is_no_silence_of_upstreams(
    upstream: Upstream, tmp_path: Path
) -> None:
    table = configuration(upstream, server={"idle_timeout_s": 0.1})
    async with running(tmp_path, table) as payback, connected(payback.port) as client:
        await client.send(message(f"POST {FILES} HTTP/1.1", CHUNKED, b"5\r\nhello\r\n"))
        await asyncio.sleep(0.3)
        await client.send(b"0\r\n\r\n")
        assert (await client.answer()).status == 200
    assert upstream.only.body == b"hello"


async def test_a_body_that_was_read_whole_is_not_held_for_an_upstream_that_takes_nothing(
    tmp_path: Path,
) -> None:
    body = b'{"model":"small-model","messages":[{"role":"user","content":"%b"}]}' % (b"x" * (20 << 20))
    with deaf_upstream() as upstream:
        async with running(tmp_path, configuration(upstream)) as payback:
            async with connected(payback.port) as client:
                sized = [("Host", "payback.test"), ("Content-Length", str(len(body)))]
                await client.send(message(f"POST {CHAT} HTTP/1.1", sized, body))
                await eventually(lambda: payback.rows() != [])
                await upstream.take()
                client.leave()
                left_at_s = time.monotonic()
                await eventually(upstream.is_left)
            assert time.monotonic() - left_at_s < AT_ONCE_S
