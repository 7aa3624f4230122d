"""An answer of HTTP, read by the letter. What leaves room for another reading is not read at all.

Source: https://www.rfc-editor.org/rfc/rfc9112 sections 4, 5, 6 and 7.1, read 2026-11-22."""

import re
from dataclasses import dataclass

_START = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9]) [\x20-\x7e]*")
_FIELD = re.compile(rb"([A-Za-z0-9-]+): ([\x21-\x7e]|[\x21-\x7e][\x20-\x7e]*[\x21-\x7e])")
_SIZE = re.compile(rb"[1-9a-fA-F][0-9a-fA-F]{0,6}")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_BODILESS = (204, 304)
_ODD = frozenset({b"content-encoding", b"upgrade", b"connection", b"trailer"})
"""Names for whose values there are more rules than are known here."""


@dataclass(frozen=True, slots=True)
class Strict:
    status: int
    body: bytes
    is_whole: bool
    """False: more of it had to come."""


def strictly_read(data: bytes) -> Strict | None:
    """Of one answer and the end of its connection. None: it is not clear what it is."""
    head, end, rest = data.partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    found, fields = _START.fullmatch(start), [_FIELD.fullmatch(line) for line in lines]
    if not end or found is None or None in fields or int(found[1]) in _BODILESS:
        return None
    pairs = [(field[1].lower(), field[2]) for field in fields if field is not None]
    framing = [pair for pair in pairs if pair[0] in _FRAMING]
    if len(framing) != 1 or any(name in _ODD for name, _ in pairs):
        return None
    body = _body(*framing[0], rest)
    return None if body is None else Strict(int(found[1]), *body)


def _body(name: bytes, value: bytes, rest: bytes) -> tuple[bytes, bool] | None:
    if name == b"transfer-encoding":
        return _chunks(rest) if value == b"chunked" else None
    if not re.fullmatch(rb"0|[1-9][0-9]{0,8}", value):
        return None
    length = int(value)
    return (rest[:length], len(rest) == length) if len(rest) <= length else None


def _chunks(rest: bytes) -> tuple[bytes, bool] | None:
    body = b""
    while True:
        size, end, after = rest.partition(b"\r\n")
        if size == b"0" and end:
            return {b"\r\n": (body, True)}.get(after) or ((body, False) if after in (b"", b"\r") else None)
        if not end:
            return (
                (body, False)
                if not size or _SIZE.fullmatch(size.removesuffix(b"\r")) or size == b"0"
                else None
            )
        if not _SIZE.fullmatch(size):
            return None
        length = int(size, 16)
        body += after[:length]
        if len(after) < length + 2:
            return (body, False) if after[length:] in (b"", b"\r") else None
        if after[length : length + 2] != b"\r\n":
            return None
        rest = after[length + 2 :]
