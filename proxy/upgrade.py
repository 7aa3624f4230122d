"""A WebSocket's handshake on a connection of its own: the head goes out as it is given, byte for byte, and
upstream's answer comes back. aiohttp's session would leave out what is no UTF-8."""

from aiohttp import StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawResponseMessage
from multidict import CIMultiDictProxy

from proxy.upstream_errors import NotHttp
from proxy.upstream_protocol import is_readable
from proxy.wire import LINE_BYTES


class UpgradeAnswer:
    """See proxy.upstream_client.Answer. 101 with a connection to talk over, or a refusal with a body."""

    __slots__ = ("_connection", "content", "headers", "protocol", "raw_headers", "reason", "status")

    def __init__(self, message: RawResponseMessage, content: StreamReader, connection: Connection) -> None:
        assert connection.protocol is not None
        self.status: int = message.code
        self.reason: str | None = message.reason
        self.headers: CIMultiDictProxy[str] = message.headers
        self.raw_headers: tuple[tuple[bytes, bytes], ...] = message.raw_headers
        self.content = content
        self.protocol: ResponseHandler = connection.protocol
        self._connection = connection
        if self.status != 101:
            content.on_eof(self.close)

    def close(self) -> None:
        self._connection.close()


async def upgrade(connection: Connection, head: bytes, idle_timeout_s: float | None) -> UpgradeAnswer:
    """Takes the connection over. Raises ClientError, as NotHttp is one, or TimeoutError where no answer
    comes."""
    try:
        message, content = await _answered(connection, head, idle_timeout_s)
        if message.code == 101 and not _is_websocket(message):
            raise NotHttp("the connection was upgraded to something else")
        if not is_readable(message.code, message.headers):
            raise NotHttp("the answer is not HTTP")
    except HttpProcessingError as error:
        connection.close()
        raise NotHttp("the answer is not HTTP") from error
    except BaseException:
        connection.close()
        raise
    return UpgradeAnswer(message, content, connection)


async def _answered(
    connection: Connection, head: bytes, idle_timeout_s: float | None
) -> tuple[RawResponseMessage, StreamReader]:
    """The first that is final."""
    protocol = connection.protocol
    assert protocol is not None
    assert protocol.transport is not None
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,
        read_timeout=idle_timeout_s,
        max_line_size=LINE_BYTES,
        max_field_size=LINE_BYTES,
    )
    protocol.transport.write(head)
    protocol.start_timeout()
    message, content = await protocol.read()
    while message.code != 101 and 100 <= message.code < 200:
        message, content = await protocol.read()
    return message, content


def _is_websocket(message: RawResponseMessage) -> bool:
    """With a Connection header that says so, too."""
    return message.upgrade and message.headers.get("Upgrade", "").lower() == "websocket"
