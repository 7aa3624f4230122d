"""The end of a connection to upstream, so that upstream hears of it now."""

import asyncio
import fcntl
import socket
import struct
import sys
import termios

_RESET = struct.pack("ii", 1, 0)
"""Of SO_LINGER: the connection ends with a reset."""
_COUNT_BYTES = 4


def hang_up(transport: asyncio.Transport, *, is_cut: bool) -> None:
    """A good end goes out behind all that was sent before it: an upstream that takes nothing would never hear
    of it. *is_cut*: there was more to send."""
    if transport.is_closing():
        return
    connection = transport.get_extra_info("socket")
    if is_cut or transport.get_write_buffer_size() or _unsent(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    else:
        transport.close()


def _unsent(connection: socket.socket) -> int:
    """Bytes that the system still has."""
    try:
        return int.from_bytes(
            fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(_COUNT_BYTES)), sys.byteorder
        )
    except OSError:
        return 0
