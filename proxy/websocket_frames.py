"""WebSocket frames, sans-IO: one direction in any pieces in; its text messages, and how it ended, out.

Source: https://www.rfc-editor.org/rfc/rfc6455 sections 5.2, 5.4, 5.5 and 7.4, read 2026-11-22. A frame has
a head of 2 to 14 bytes and a payload; a message is one frame or several, and control frames may come between
them."""

import struct

MAX_MESSAGE_BYTES = 16 << 20
"""A longer message is passed on but not looked into. A response that holds an image takes some MiB."""
GOING_AWAY = 1001

_FINAL, _RESERVED, _CONTROL, _OPCODE = 0x80, 0x70, 0x08, 0x0F
_CONTINUATION, _TEXT, _CLOSE = 0, 1, 8
_MASKED, _LENGTH = 0x80, 0x7F
_LENGTHS = {126: 2, 127: 8}
"""Bytes of a length that does not fit into seven bits."""


class Frames:
    """Follows one direction. It refuses nothing: what is wrong with a frame is for the peers to say."""

    def __init__(self, *, keeps_text: bool) -> None:
        self.is_closed = False
        """A close frame has come."""
        self.close_code: int | None = None
        """What it said; None where it said nothing, or masked it as clients do."""
        self.has_skipped = False
        """A message was not looked into: it was too long, or in a form that nobody had asked for."""
        self._keeps_text = keeps_text
        self._head = b""
        self._left = 0
        """Bytes of the payload that are still to come."""
        self._is_kept = False
        self._text = bytearray()
        """Of the message that is coming. Not a list of its pieces, which may be of one byte each."""
        self._reason = b""

    @property
    def is_between(self) -> bool:
        """No frame has begun that has not ended: another can be sent."""
        return not self._head

    def feed(self, data: bytes) -> list[bytes]:
        """The text messages that are now whole."""
        messages: list[bytes] = []
        place = 0
        while place < len(data):
            if len(self._head) < _head_bytes(self._head):
                place = self._take_head(data, place)
            else:
                place = self._take_payload(data, place)
            if not self._left and len(self._head) == _head_bytes(self._head):
                self._end_frame(messages)
        return messages

    def _take_head(self, data: bytes, place: int) -> int:
        end = place + _head_bytes(self._head) - len(self._head)
        self._head += data[place:end]
        if len(self._head) == _head_bytes(self._head):
            self._begin_frame()
        return end

    def _begin_frame(self) -> None:
        self._left = _payload_bytes(self._head)
        first = self._head[0]
        if first & _CONTROL or first & _OPCODE == _CONTINUATION:
            return
        self._text = bytearray()
        is_text = first & _OPCODE == _TEXT and self._keeps_text
        self._is_kept = is_text and not (first & _RESERVED or self._head[1] & _MASKED)
        self.has_skipped |= is_text and not self._is_kept

    def _take_payload(self, data: bytes, place: int) -> int:
        piece = data[place : place + self._left]
        self._left -= len(piece)
        first = self._head[0]
        if first & _OPCODE == _CLOSE:
            self._reason = (self._reason + piece)[:2]
        elif self._is_kept and not first & _CONTROL:
            self._keep(piece)
        return place + len(piece)

    def _keep(self, piece: bytes) -> None:
        self._text += piece
        if len(self._text) > MAX_MESSAGE_BYTES:
            self._text, self._is_kept, self.has_skipped = bytearray(), False, True

    def _end_frame(self, messages: list[bytes]) -> None:
        first, second = self._head[:2]
        self._head = b""
        if first & _OPCODE == _CLOSE:
            self.is_closed = True
            if len(self._reason) == 2 and not second & _MASKED:
                self.close_code = int.from_bytes(self._reason, "big")
        elif first & _FINAL and self._is_kept and not first & _CONTROL:
            messages.append(bytes(self._text))
            self._text, self._is_kept = bytearray(), False


def close_frame(code: int, mask: bytes | None = None) -> bytes:
    """*mask*: four random bytes, which what a client sends must have.

    >>> close_frame(1001).hex(" "), close_frame(1001, bytes([1, 2, 3, 4])).hex(" ")
    ('88 02 03 e9', '88 82 01 02 03 04 02 eb')
    """
    payload = struct.pack("!H", code)
    if mask is None:
        return struct.pack("!BB", _FINAL | _CLOSE, len(payload)) + payload
    masked = bytes(byte ^ key for byte, key in zip(payload, mask, strict=False))
    return struct.pack("!BB", _FINAL | _CLOSE, _MASKED | len(payload)) + mask + masked


def _head_bytes(head: bytes) -> int:
    """How long the head will be, as far as *head*, its start, tells."""
    if len(head) < 2:
        return 2
    return 2 + _LENGTHS.get(head[1] & _LENGTH, 0) + (4 if head[1] & _MASKED else 0)


def _payload_bytes(head: bytes) -> int:
    length = head[1] & _LENGTH
    return int.from_bytes(head[2 : 2 + _LENGTHS[length]], "big") if length in _LENGTHS else length
