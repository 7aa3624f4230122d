"""What passes between the writer and its scribe: entries there, replies back. Sans-IO.

Each message is its length in 4 bytes, and then MessagePack. A price stands once in a parcel, and is known
again by its bytes: most calls of a day have one of few."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from ledger.call import Call, Entry, Pricing, State, bare, without_names
from ledger.money import NanoUsd
from ledger.price import Price, fingerprint_of

T = TypeVar("T")
Line = tuple[int, str]
"""Of a log: level and text."""

_LENGTH_BYTES = 4
_REMEMBERED = 10_000
"""Prices: their memory is bounded."""
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


class _Sent(msgspec.Struct, frozen=True, array_like=True):
    """An Entry."""

    call: Call
    state: State
    pricing: Pricing | None
    list_cost: NanoUsd | None
    price: int
    """Which of the parcel's it is, from 1 on; 0 for none."""
    unpriced_reason: str | None
    item_key: bytes | None


class _SentParcel(msgspec.Struct, frozen=True, array_like=True):
    prices: list[bytes]
    """A _SentPrice each."""
    entries: list[_Sent]


class _SentPrice(msgspec.Struct, frozen=True, array_like=True):
    price: Price
    fingerprint: bytes
    """Made here: what makes it is OpenSSL, which would take the scribe 4 MB."""


_Prices = dict[bytes, int]
"""Of one parcel, packed, each with its number."""


class Packer:
    """The writer's side."""

    def __init__(self) -> None:
        self._prices: dict[int, tuple[Price, bytes]] = {}
        """By identity: the price book gives the same object all day. Kept alive: its id is its own."""

    def parcel_of(self, entries: Sequence[Entry]) -> bytes:
        prices: _Prices = {}
        try:
            return _parcel([self._sent(entry, prices) for entry in entries], prices)
        except (ValueError, OverflowError):
            return _parcel([msgspec.Raw(self._packed(entry, prices)) for entry in entries], prices)

    def _packed(self, entry: Entry, prices: _Prices) -> bytes:
        """*entry*, or what is left of it where its text is no Unicode, or a number has more than 64 bits."""
        for told in (entry, without_names(entry)):
            with suppress(ValueError, OverflowError):
                return _encoder.encode(self._sent(told, prices))
        return _encoder.encode(self._sent(bare(entry), prices))

    def _sent(self, entry: Entry, prices: _Prices) -> _Sent:
        price = entry.price
        place = 0 if price is None else prices.setdefault(self._packed_price(price), len(prices) + 1)
        return _Sent(
            entry.call,
            entry.state,
            entry.pricing,
            entry.list_cost,
            place,
            entry.unpriced_reason,
            entry.item_key,
        )

    def _packed_price(self, price: Price) -> bytes:
        known = self._prices.get(id(price))
        if known is None:
            if len(self._prices) >= _REMEMBERED:
                self._prices.clear()
            packed = _encoder.encode(_SentPrice(price, fingerprint_of(price)))
            known = self._prices[id(price)] = (price, packed)
        return known[1]


class ParcelReader:
    """The scribe's side. The same price is the same object: the ledger knows them by identity."""

    def __init__(self) -> None:
        self._messages = Unpacker(_SentParcel)
        self._decoder = msgspec.msgpack.Decoder(_SentPrice)
        self._prices: dict[bytes, Price] = {}
        self._fingerprints: dict[int, bytes] = {}
        """By identity of those prices."""

    def feed(self, data: bytes) -> list[list[Entry]]:
        if len(self._prices) >= _REMEMBERED:
            self._prices.clear()
            self._fingerprints.clear()
        return [self._entries_in(parcel) for parcel in self._messages.feed(data)]

    def fingerprint_of(self, price: Price) -> bytes:
        known = self._fingerprints.get(id(price))
        return fingerprint_of(price) if known is None else known

    def _entries_in(self, parcel: _SentParcel) -> list[Entry]:
        prices = [None, *map(self._price, parcel.prices)]
        if any(not 0 <= sent.price < len(prices) for sent in parcel.entries):
            raise ValueError("an entry of a parcel has a price that is not there")
        return [self._entry(sent, prices[sent.price]) for sent in parcel.entries]

    def _entry(self, sent: _Sent, price: Price | None) -> Entry:
        return Entry(
            call=sent.call,
            state=sent.state,
            pricing=sent.pricing,
            list_cost=sent.list_cost,
            price=price,
            unpriced_reason=sent.unpriced_reason,
            item_key=sent.item_key,
        )

    def _price(self, packed: bytes) -> Price:
        if packed not in self._prices:
            sent = self._decoder.decode(packed)
            self._prices[packed] = sent.price
            self._fingerprints[id(sent.price)] = sent.fingerprint
        return self._prices[packed]


class WholeMessages:
    """Holds back the start of a message whose end has not come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        data, end = self._rest + data, 0
        while (following := end + _LENGTH_BYTES) <= len(data):
            following += int.from_bytes(data[end:following], "big")
            if following > len(data):
                break
            end = following
        self._rest = data[end:]
        return data[:end]


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


def message_of(reply: Reply) -> bytes:
    return _framed(_encoder.encode(reply))


def _parcel(entries: Sequence[_Sent | msgspec.Raw], prices: _Prices) -> bytes:
    return _framed(_encoder.encode((list(prices), entries)))


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body
