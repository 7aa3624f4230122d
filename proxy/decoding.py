"""Content encodings, undone piece by piece for the meter's own copy: gzip, deflate, br, zstd.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 and RFC 8878 for zstd, read 2026-11-22."""

import sys
import zlib
from collections.abc import Callable, Iterator
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


class Undecodable(ValueError):
    """The data are not what their encoding says."""


class Decoder(Protocol):
    def decode(self, data: bytes) -> Iterator[bytes]:
        """What *data* adds, in pieces of some PIECE_BYTES. Raises Undecodable."""
        ...


class _Zlib:
    """gzip and deflate: which of the two it is, the data say."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._members = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            for part in _slices(data):
                yield from self._inflated(part)
        except zlib.error as error:
            raise Undecodable from error

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data:
            yield self._inflater.decompress(data, PIECE_BYTES)
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:  # gzip: another member may follow
                self._members = _one_more(self._members)
                data, self._inflater = self._inflater.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)


class _Brotli:
    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            yield self._decompressor.process(data, output_buffer_limit=PIECE_BYTES)
            while not self._decompressor.can_accept_more_data():
                yield self._decompressor.process(b"", output_buffer_limit=PIECE_BYTES)
        except brotli.error as error:
            raise Undecodable from error


class _Zstd:
    def __init__(self) -> None:
        self._decompressor = zstd.ZstdDecompressor()
        self._members = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            for part in _slices(data):
                yield from self._inflated(part)
        except (zstd.ZstdError, EOFError) as error:
            raise Undecodable from error

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data or not self._decompressor.needs_input:
            if self._decompressor.eof:  # another frame may follow
                self._members = _one_more(self._members)
                data = self._decompressor.unused_data + data
                self._decompressor = zstd.ZstdDecompressor()
                if not data:
                    return
            yield self._decompressor.decompress(data, PIECE_BYTES)
            data = b""


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": _Zlib,
    "x-gzip": _Zlib,
    "deflate": _Zlib,
    "br": _Brotli,
    "zstd": _Zstd,
}


def decoder_of(encoding: str) -> Decoder | None:
    """*encoding* is in lower case. None for one that is not known, and for several on top of each other."""
    made = _DECODERS.get(encoding)
    return made() if made else None


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


def _one_more(members: int) -> int:
    if members >= MOST_MEMBERS:
        raise Undecodable
    return members + 1
