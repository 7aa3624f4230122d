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

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                yield self._inflater.decompress(data, PIECE_BYTES)
                data = self._inflater.unconsumed_tail
                if self._inflater.eof:  # gzip: another member may follow
                    data, self._inflater = self._inflater.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)
        except zlib.error as error:
            raise Undecodable from error


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

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            while data or not self._decompressor.needs_input:
                if self._decompressor.eof:  # another frame may follow
                    data = self._decompressor.unused_data + data
                    self._decompressor = zstd.ZstdDecompressor()
                    if not data:
                        return
                yield self._decompressor.decompress(data, PIECE_BYTES)
                data = b""
        except (zstd.ZstdError, EOFError) as error:
            raise Undecodable from error


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
