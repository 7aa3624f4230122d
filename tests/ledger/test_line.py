"""The writer's end of the socket to a scribe."""

import asyncio
import socket

import pytest

from ledger.line import Line
from ledger.parcels import Reply, message_of


class Office:
    """A line, what came over it, and the scribe's end."""

    async def start(self) -> None:
        ours, self.theirs = socket.socketpair()
        self.replies: list[Reply] = []
        self.cuts: list[Line] = []
        self.line = Line(self.replies.append, self.cuts.append)
        await asyncio.get_running_loop().create_unix_connection(lambda: self.line, sock=ours)


@pytest.fixture
async def office() -> Office:
    office = Office()
    await office.start()
    return office


def reply(parcels: int) -> Reply:
    return Reply(parcels=parcels, failure=None, problem=None, spool_problem=None, spooled=0)


async def test_replies_are_handed_on_and_their_parcels_counted(office: Office) -> None:
    office.theirs.sendall(message_of(reply(0)) + message_of(reply(2)) + message_of(reply(1)))
    await asyncio.wait_for(office.line.first_reply, 5)
    office.theirs.close()
    await asyncio.wait_for(office.line.lost.wait(), 5)
    assert office.replies == [reply(0), reply(2), reply(1)]
    assert office.line.parcels == 3
    assert office.cuts == [office.line]


async def test_a_scribe_that_ends_before_its_first_reply_did_not_open_the_ledger(office: Office) -> None:
    office.theirs.close()
    with pytest.raises(ConnectionError, match="before it had opened the ledger"):
        await asyncio.wait_for(office.line.first_reply, 5)


async def test_what_was_sent_before_the_end_arrives_and_ending_twice_is_ending_once(office: Office) -> None:
    office.theirs.sendall(message_of(reply(0)))
    await asyncio.wait_for(office.line.first_reply, 5)
    office.line.send(b"a parcel")
    office.line.end()
    office.line.end()
    office.theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    assert await loop.sock_recv(office.theirs, 100) == b"a parcel"
    assert await loop.sock_recv(office.theirs, 100) == b""
    office.theirs.close()
    await asyncio.wait_for(office.line.lost.wait(), 5)
    office.line.end()
