"""Header lines that may stand twice, though aiohttp's parser refuses a request for it.

Continue's command line sends two User-Agent lines where one is configured; nginx passes them on. Nothing is
decided by that header, so no two readers can disagree over what the request is. The second line goes past
the parser under a name of our own."""

from aiohttp.http_parser import RawRequestMessage

_LINE = b"\nuser-agent:"
_APART = b"X-Payback-"
"""Stands before the name meanwhile: no such header of a client's travels."""


def set_apart(data: bytes) -> tuple[bytes, bool]:
    """*data* begins with a request. The same for the parser; whether that is another text.

    >>> set_apart(b"GET / HTTP/1.1\\r\\nUser-Agent: a\\r\\nuser-agent: b\\r\\n\\r\\n")
    (b'GET / HTTP/1.1\\r\\nUser-Agent: a\\r\\nX-Payback-user-agent: b\\r\\n\\r\\n', True)
    """
    head_bytes = data.find(b"\r\n\r\n")
    if head_bytes < 0 or data[:head_bytes].lower().count(_LINE) < 2:
        return data, False
    lines = data[:head_bytes].split(b"\n")
    repeats = [at for at, line in enumerate(lines) if line.lower().startswith(_LINE[1:])][1:]
    for at in repeats:
        lines[at] = _APART + lines[at]
    return b"\n".join(lines) + data[head_bytes:], True


def put_back(message: RawRequestMessage) -> RawRequestMessage:
    """*message* with the header lines that came."""
    raw_headers = tuple((_own_name(name), value) for name, value in message.raw_headers)
    return message._replace(raw_headers=raw_headers)


def _own_name(name: bytes) -> bytes:
    own = name.removeprefix(_APART)
    return own if own.lower() == _LINE[1:-1] else name
