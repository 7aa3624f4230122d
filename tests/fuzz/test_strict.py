"""A strict reader reads what is clear, and nothing that is not."""

import pytest

from tests.fuzz.strict import Strict, strictly_read

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (SIZED + b"hello", Strict(200, b"hello", True)),
        (SIZED + b"hel", Strict(200, b"hel", False)),
        (CHUNKED + b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", Strict(201, b"hello", True)),
        (CHUNKED + b"3\r\nhel\r\n2\r\nlo\r\n0\r\n", Strict(201, b"hello", False)),
        (CHUNKED + b"3\r\nhel\r\nA\r\nlo", Strict(201, b"hello", False)),
        (CHUNKED + b"3\r\nhel\r\n1", Strict(201, b"hel", False)),
    ],
)
def test_what_is_clear_is_read(data: bytes, told: Strict) -> None:
    assert strictly_read(data) == told


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SIZED + b"hello!",
        SIZED.replace(b"5", b"+5") + b"hello",
        SIZED.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n") + b"hello",
        SIZED.replace(b"200", b"204") + b"hello",
        CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5;a\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nhello0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
    ],
)
def test_what_is_in_doubt_is_not(data: bytes) -> None:
    assert strictly_read(data) is None
