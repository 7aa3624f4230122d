"""The meter's own copy of a compressed answer. The client's bytes are not touched; a bomb is not inflated."""

import zlib

from msgspec.structs import replace

from proxy.tap import Learned, Tap

MAX_INFLATED_BYTES = 64 << 20
"""Of one answer. Memory is bounded by the tap and by the pieces; this bounds the work."""
_PIECE_BYTES = 1 << 16
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class InflatingTap:
    """Passes an answer in gzip or deflate as it is, and feeds *tap* what it says."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._left = MAX_INFLATED_BYTES
        self._problem: str | None = None

    @property
    def learned(self) -> Learned:
        learned = self._tap.learned
        return learned if learned.usage else replace(learned, problem=self._problem or learned.problem)

    def feed(self, chunk: bytes) -> bytes:
        try:
            self._inflate(chunk)
        except zlib.error:
            self._problem = "the answer cannot be inflated"
        return chunk

    def finish(self) -> bytes:
        self._tap.finish()
        return b""

    def held(self) -> bytes:
        return b""

    def _inflate(self, data: bytes) -> None:
        while data and self._problem is None:
            piece = self._inflater.decompress(data, _PIECE_BYTES)
            self._tap.feed(piece)
            self._left -= len(piece)
            if self._left < 0:
                self._problem = "the answer inflates to more than is read"
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                data, self._inflater = self._inflater.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)
