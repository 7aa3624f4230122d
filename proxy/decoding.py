"""Content encodings, undone piece by piece: gzip, deflate, br, zstd.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 and RFC 8878 for zstd, read 2026-11-22."""

import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

import brotli

zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

PIECE_BYTES = 1 << 16
SLICE_BYTES = 1 << 14
"""Fed at a time: a library copies what stands behind a member's end, and that may come every 20 bytes."""
MOST_MEMBERS = 20_000
"""Of one body. A stream may have one for each event; one that holds nothing takes time all the same."""
IDENTITY = frozenset({"", "identity"})
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_GZIP_BEGINS = 0x1F


class Undecodable(ValueError):
    """The data are not what their encoding says."""


class Decoder(Protocol):
    def decode(self, data: bytes) -> Iterator[bytes]:
        """What *data* adds, in pieces of some PIECE_BYTES, b'' among them. Raises Undecodable."""
        ...

    def finish(self) -> None:
        """There are no more data. Raises Undecodable where more had to come."""
        ...


class _InMembers:
    """A stream that may be several, one after the other."""

    def __init__(self, most_members: int | None) -> None:
        self._most_members = most_members
        self._members = 0
        self._is_within = False
        """One has begun that has not ended."""

    def finish(self) -> None:
        if self._is_within:
            raise Undecodable

    def _end_member(self) -> None:
        if self._members == self._most_members:
            raise Undecodable
        self._members += 1
        self._is_within = False


class _Zlib(_InMembers):
    """gzip and deflate: which of the two it is, the data say."""

    _inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    _window_bits_unframed = _GZIP_OR_ZLIB
    """Then it is neither, and refused."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        for part in _slices(data):
            yield from self._inflated(part)

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        has_more = False
        while data or has_more:
            if not self._is_within:
                self._inflater, self._is_within = self._begun(data), True
            before = self._inflater.copy()
            try:
                piece = self._inflater.decompress(data, PIECE_BYTES)
            except zlib.error as error:
                yield from _up_to_the_damage(before, data)
                raise Undecodable from error
            yield piece
            data, has_more = self._inflater.unconsumed_tail, len(piece) == PIECE_BYTES
            if self._inflater.eof:  # gzip: another member may follow
                self._end_member()
                data, has_more = self._inflater.unused_data, False

    def _begun(self, data: bytes) -> "zlib._Decompress":
        is_framed = data[0] == _GZIP_BEGINS or data[0] & 0x0F == zlib.DEFLATED
        return zlib.decompressobj(_GZIP_OR_ZLIB if is_framed else self._window_bits_unframed)


class _Deflate(_Zlib):
    """As the standard has it, or without zlib's frame around it, as some servers do."""

    _window_bits_unframed = -zlib.MAX_WBITS


class _Brotli:
    def __init__(self, _most_members: int | None) -> None:
        self._decompressor = brotli.Decompressor()
        self._is_within = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        self._is_within = self._is_within or bool(data)
        try:
            piece = data
            while piece or not self._decompressor.can_accept_more_data():
                piece = self._decompressor.process(data, output_buffer_limit=PIECE_BYTES)
                data = b""
                yield piece
        except brotli.error as error:
            raise Undecodable from error

    def finish(self) -> None:
        if self._is_within and not self._decompressor.is_finished():
            raise Undecodable


class _Zstd(_InMembers):
    _decompressor = zstd.ZstdDecompressor()

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            for part in _slices(data):
                yield from self._inflated(part)
        except (zstd.ZstdError, EOFError) as error:
            raise Undecodable from error

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data or (self._is_within and not self._decompressor.needs_input):
            if not self._is_within:
                self._decompressor, self._is_within = zstd.ZstdDecompressor(), True
            yield self._decompressor.decompress(data, PIECE_BYTES)
            data = b""
            if self._decompressor.eof:  # another frame may follow
                self._end_member()
                data = self._decompressor.unused_data


_DECODERS: dict[str, Callable[[int | None], Decoder]] = {
    "gzip": _Zlib,
    "x-gzip": _Zlib,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}


def decoder_of(encoding: str, *, most_members: int | None = MOST_MEMBERS) -> Decoder | None:
    """*encoding* is in lower case. None for one that is not known, and for several on top of each other."""
    made = _DECODERS.get(encoding)
    return made(most_members) if made else None


def decoded(body: bytes, encoding: str, longest: int) -> bytes | None:
    """The whole of *body*; None where it cannot be undone, or gives more than *longest* bytes."""
    decoder = decoder_of(encoding)
    if decoder is None:
        return None
    pieces, size = [], 0
    try:
        for piece in decoder.decode(body):
            pieces.append(piece)
            size += len(piece)
            if size > longest:
                return None
    except Undecodable:
        return None
    return b"".join(pieces)


def _slices(data: bytes) -> Iterator[bytes]:
    return (data[place : place + SLICE_BYTES] for place in range(0, len(data), SLICE_BYTES))


def _up_to_the_damage(inflater: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """What zlib would have given with each of the bytes before the one that it refuses."""
    with suppress(zlib.error):
        for place in range(len(data)):
            yield inflater.decompress(data[place : place + 1])
