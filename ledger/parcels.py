"""What passes between the writer and its scribe: entries there, replies back. Sans-IO.

Each message is its length in 4 bytes, and then MessagePack."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from ledger.call import Entry, bare, without_names
from ledger.price import Price

T = TypeVar("T")
Line = tuple[int, str]
"""Of a log: level and text."""

_LENGTH_BYTES = 4
_REMEMBERED = 10_000
_encoder = msgspec.msgpack.Encoder()


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """How the scribe has fared, with the oldest parcels that it has not answered yet."""

    parcels: int
    """How many those are."""
    failure: str | None
    """Why their entries are nowhere; None: they are on the disk."""
    problem: str | None
    """Why the ledger cannot be written at present."""
    spool_problem: str | None
    spooled: int
    said: tuple[Line, ...] = ()


def parcel_of(entries: Sequence[Entry]) -> bytes:
    try:
        return _framed(_encoder.encode(entries))
    except (ValueError, OverflowError):
        return _framed(_encoder.encode([msgspec.Raw(_packed(entry)) for entry in entries]))


def message_of(reply: Reply) -> bytes:
    return _framed(_encoder.encode(reply))


class Unpacker(Generic[T]):
    """Puts messages together from the pieces that come."""

    def __init__(self, kind: type[T]) -> None:
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._rest = b""

    def feed(self, data: bytes) -> list[T]:
        data, start, found = self._rest + data, 0, []
        while len(data) - start >= _LENGTH_BYTES:
            body = start + _LENGTH_BYTES
            end = body + int.from_bytes(data[start:body], "big")
            if end > len(data):
                break
            found.append(self._decoder.decode(memoryview(data)[body:end]))
            start = end
        self._rest = data[start:]
        return found


class Prices:
    """The same object for the same price: the ledger knows them by identity, and a parcel makes new ones."""

    def __init__(self) -> None:
        self._known: dict[Price, Price] = {}

    def shared(self, entry: Entry) -> Entry:
        if entry.price is None:
            return entry
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        known = self._known.setdefault(entry.price, entry.price)
        msgspec.structs.force_setattr(entry, "price", known)  # nobody else has seen the entry yet
        return entry


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def _packed(entry: Entry) -> bytes:
    """The entry, or what is left of it where its text is no Unicode, or a number has more than 64 bits."""
    for told in (entry, without_names(entry)):
        with suppress(ValueError, OverflowError):
            return _encoder.encode(told)
    return _encoder.encode(bare(entry))
