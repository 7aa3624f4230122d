"""The start of an answer, kept for an estimate of its tokens should nobody report them."""

from collections.abc import Iterator

from proxy.dialects.dialect import Framing
from proxy.ndjson import LineSplitter
from proxy.sse import EventSplitter, data_of

MAX_KEPT_BYTES = 1 << 16
"""Some ten thousand tokens of a stream; what is longer is scaled up."""


class Kept:
    """Holds MAX_KEPT_BYTES at most, and counts the rest."""

    __slots__ = ("_framing", "_parts", "_room", "size")

    def __init__(self, framing: Framing) -> None:
        self.size = 0
        """Bytes of the answer so far, kept or not."""
        self._framing = framing
        self._parts: list[bytes] = []
        self._room = MAX_KEPT_BYTES

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self._room > 0:
            self._parts.append(chunk if len(chunk) <= self._room else chunk[: self._room])
            self._room -= len(chunk)

    @property
    def share(self) -> float:
        """How much of the answer is kept, from 0 to 1."""
        return min(1.0, MAX_KEPT_BYTES / self.size) if self.size else 1.0

    def documents(self) -> Iterator[bytes]:
        """The JSON documents in what is kept; the last may be cut."""
        start = b"".join(self._parts)
        if self._framing is Framing.DOCUMENT:
            yield from (start,) if start else ()
            return
        is_lines = self._framing is Framing.LINES
        splitter = LineSplitter() if is_lines else EventSplitter()
        _, pieces, _ = splitter.feed(start)
        yield from pieces if is_lines else map(data_of, pieces)
