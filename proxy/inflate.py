"""The meter's own copy of a compressed answer. The client's bytes are not touched; a bomb is not inflated."""

from msgspec.structs import replace

from proxy.decoding import Decoder, Undecodable
from proxy.dialects.reading import Item
from proxy.kept import Kept
from proxy.learned import Learned
from proxy.tap import Tap

MAX_INFLATED_BYTES = 64 << 20
"""Of one answer. Memory is bounded by the tap and by the pieces; this bounds the work."""


class InflatingTap:
    """Passes an answer as it is, in its encoding, and feeds *tap* what it says."""

    def __init__(self, tap: Tap, decoder: Decoder) -> None:
        self._tap = tap
        self._decoder = decoder
        self._left = MAX_INFLATED_BYTES
        self._problem: str | None = None

    @property
    def learned(self) -> Learned:
        learned = self._tap.learned
        return learned if learned.is_metered else replace(learned, problem=self._problem or learned.problem)

    @property
    def kept(self) -> Kept:
        return self._tap.kept

    def feed(self, chunk: bytes) -> bytes:
        if self._problem is None:
            try:
                self._inflate(chunk)
            except Undecodable:
                self._problem = "the answer cannot be inflated"
        return chunk

    def finish(self) -> bytes:
        self._tap.finish()
        return b""

    def held(self) -> bytes:
        return b""

    def take_items(self) -> list[Item]:
        return self._tap.take_items()

    def _inflate(self, data: bytes) -> None:
        for piece in self._decoder.decode(data):
            self._tap.feed(piece)
            self._left -= len(piece)
            if self._left < 0:
                self._problem = "the answer inflates to more than is read"
                return
