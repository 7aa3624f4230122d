"""How a connection to upstream ends: at once where it takes nothing more, and else behind what was sent."""

import asyncio
import socket
from contextlib import closing

import pytest

from proxy.hang_up import hang_up


async def connection_to(peer: socket.socket) -> asyncio.Transport:
    peer.listen()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, *peer.getsockname())
    return transport


@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
async def test_what_was_taken_ends_well_unless_there_was_more_to_send(is_cut: bool) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        transport = await connection_to(listening)
        peer, _ = listening.accept()
        with closing(peer):
            peer.setblocking(False)
            transport.write(b"all")
            assert await loop.sock_recv(peer, 10) == b"all"
            hang_up(transport, is_cut=is_cut)
            if is_cut:
                with pytest.raises(ConnectionResetError):
                    await loop.sock_recv(peer, 10)
            else:
                assert await loop.sock_recv(peer, 10) == b""


async def test_a_peer_that_takes_nothing_hears_of_the_end_all_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        transport = await connection_to(listening)
        peer, _ = listening.accept()
        with closing(peer):
            transport.write(bytes(16 << 20))
            await asyncio.sleep(0)
            hang_up(transport, is_cut=False)
            await asyncio.sleep(0.05)
            with pytest.raises(ConnectionResetError):
                list(iter(lambda: peer.recv(1 << 20), b""))
