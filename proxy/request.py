"""What is used of a request. aiohttp's has it too, and comes where more than this is asked for."""

from collections.abc import Callable
from typing import Protocol

from aiohttp import HttpVersion, StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD
from multidict import CIMultiDictProxy


class Request(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def raw_path(self) -> str:
        """As it stands in the request line."""
        ...

    @property
    def version(self) -> HttpVersion: ...
    @property
    def headers(self) -> CIMultiDictProxy[str]: ...
    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]: ...
    @property
    def body_exists(self) -> bool: ...
    @property
    def content(self) -> StreamReader: ...
    @property
    def protocol(self) -> BaseProtocol:
        """The connection that it came on, and that the answer goes to."""
        ...

    @property
    def keep_alive(self) -> bool:
        """Whether the client wants to go on with the connection."""
        ...


class PlainRequest:
    """One that says nothing of how it is to be passed on: see is_plain."""

    __slots__ = (
        "_is_stopping", "body_exists", "content", "headers", "method", "protocol", "raw_headers", "raw_path",
        "version",
    )  # fmt: skip

    def __init__(
        self,
        message: RawRequestMessage,
        content: StreamReader,
        protocol: BaseProtocol,
        is_stopping: Callable[[], bool],
    ) -> None:
        """*is_stopping*: whether no further call is wanted on the connection."""
        self.method = message.method
        self.raw_path = message.path
        self.version = message.version
        self.headers = message.headers
        self.raw_headers = message.raw_headers
        self.content = content
        self.body_exists = content is not EMPTY_PAYLOAD
        self.protocol = protocol
        self._is_stopping = is_stopping

    @property
    def keep_alive(self) -> bool:
        """Not before the whole body has come: an answer may be sent earlier."""
        return self.content.is_eof() and not self._is_stopping()


def is_plain(message: RawRequestMessage) -> bool:
    """HTTP/1.1, kept alive, with a length or without a body: nothing in it but what every client sends."""
    if message.should_close or message.upgrade or message.chunked or message.version != (1, 1):
        return False
    return (
        message.method != "CONNECT" and "Expect" not in message.headers and "Upgrade" not in message.headers
    )
