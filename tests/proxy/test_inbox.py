"""What came on a connection and was not passed on yet: in order, complete, and bounded."""

import asyncio
import socket

from aiohttp.base_protocol import BaseProtocol

from proxy.departure import LOOK_SECONDS
from proxy.inbox import MOST_BYTES, Inbox
from tests.proxy.running import eventually


class Connection(asyncio.Transport):
    """Notes whether it is to be read from."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def pause_reading(self) -> None:
        self.asked.append("pause")

    def resume_reading(self) -> None:
        self.asked.append("resume")

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default


def opened() -> tuple[Inbox, Connection]:
    protocol, connection = BaseProtocol(asyncio.get_running_loop()), Connection()
    protocol.connection_made(connection)
    protocol._upgraded = True
    return Inbox(protocol), connection


async def test_what_came_is_taken_once_and_in_order() -> None:
    inbox, _ = opened()
    inbox.feed_data(b"a")
    inbox.feed_data(b"b")
    assert await inbox.take() == b"ab"
    waiting = asyncio.ensure_future(inbox.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.feed_data(b"c")
    assert await waiting == b"c"


async def test_the_end_comes_after_all_that_came_before_it() -> None:
    inbox, _ = opened()
    inbox.feed_data(b"last")
    inbox.feed_eof()
    assert [await inbox.take(), await inbox.take(), await inbox.take()] == [b"last", b"", b""]


async def test_nothing_more_is_read_while_too_much_waits() -> None:
    inbox, connection = opened()
    inbox.feed_data(bytes(MOST_BYTES - 1))
    assert connection.asked == []
    inbox.feed_data(b"x")
    inbox.feed_data(b"y")
    assert connection.asked == ["pause"]
    assert len(inbox.take_nowait()) == MOST_BYTES + 1
    assert connection.asked == ["pause", "resume"]


async def paused(*, feels_leaving: bool) -> tuple[Inbox, socket.socket]:
    """An inbox that takes no more, over a real connection, with more waiting in the system."""
    ours, peers = socket.socketpair()
    protocol = Fed(asyncio.get_running_loop())
    await asyncio.get_running_loop().create_connection(lambda: protocol, sock=ours)
    protocol._upgraded = True
    protocol.inbox = Inbox(protocol, feels_leaving=feels_leaving)
    peers.setblocking(False)
    peers.send(bytes(4096))
    protocol.inbox.feed_data(bytes(MOST_BYTES))
    peers.send(b"last")
    return protocol.inbox, peers


class Fed(BaseProtocol):
    inbox: Inbox

    def data_received(self, data: bytes) -> None:
        self.inbox.feed_data(data)

    def eof_received(self) -> None:
        self.inbox.feed_eof()


async def test_a_peer_that_leaves_is_heard_to_its_end_though_too_much_waits() -> None:
    inbox, peers = await paused(feels_leaving=True)
    await asyncio.sleep(2 * LOOK_SECONDS)
    assert not inbox._is_ended
    peers.close()
    await eventually(lambda: inbox._is_ended)
    assert len(inbox.take_nowait()) == MOST_BYTES + 4096 + len(b"last")


async def test_one_that_stays_is_not_read_from_and_neither_is_one_whose_leaving_can_wait() -> None:
    inbox, peers = await paused(feels_leaving=False)
    peers.close()
    await asyncio.sleep(2 * LOOK_SECONDS)
    assert not inbox._is_ended
    inbox.take_nowait()
    await eventually(lambda: inbox._is_ended)
