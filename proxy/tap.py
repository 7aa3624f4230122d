"""A tap sits on one answer: it is fed what arrives and says what goes on to the client. Sans-IO.

A tap never raises for what upstream sends, and holds at most some hundred KiB of it."""

from collections.abc import Iterable
from typing import Protocol

from msgspec.structs import replace

from ledger.units import Units
from proxy.dialects import Dialect
from proxy.dialects.dialect import Framing
from proxy.dialects.reading import Item, Reading
from proxy.include_usage import without_null_usage
from proxy.kept import Kept
from proxy.learned import NO_USAGE_IN_DOCUMENT, NO_USAGE_IN_STREAM, NOTHING_LEARNED, Learned
from proxy.ndjson import LineSplitter
from proxy.outline import HEAD_BYTES, TAIL_BYTES, outlines
from proxy.sse import EventSplitter, data_of

MAX_DOCUMENT_BYTES = 3 << 16
"""Of a longer answer (embeddings are some MB) only start and end are kept: usage stands after the data,
or, as llama.cpp writes it, before them."""
_LOOKS_FOR_MODEL = 4
"""Pieces that are parsed for the model's name, should the first ones not tell it."""


class Tap(Protocol):
    @property
    def kept(self) -> Kept:
        """The start of the answer, should its tokens have to be estimated."""
        ...

    @property
    def learned(self) -> Learned: ...

    def feed(self, chunk: bytes) -> bytes:
        """What of the answer may go to the client now."""
        ...

    def finish(self) -> bytes:
        """The answer is whole: what is still to go to the client."""
        ...

    def held(self) -> bytes:
        """What was fed and has not gone on; the client gets it should the tap fail."""
        ...

    def take_items(self) -> list[Item]:
        """Calls that the answer has reported since this was asked last."""
        ...


class DocumentTap:
    """Listens to an answer that is one JSON document; all of it goes on as it comes."""

    def __init__(self, dialect: Dialect, asked: Units | None = None) -> None:
        """*asked*: what the call is charged for if the answer does not tell."""
        self.learned = NOTHING_LEARNED
        self._read = dialect.reader()
        self._asked = asked
        self._owes_usage = dialect.is_billed
        self._items: list[Item] = []
        self._parts: list[bytes] = []
        self._size = 0
        self._head: bytes | None = None
        """Set once the middle of the answer was given up."""
        self._start: Kept | None = None
        """Set then, too: as long as all is here, what is kept of it need not be apart."""

    @property
    def kept(self) -> Kept:
        return self._start or _kept_of(self._parts)

    def feed(self, chunk: bytes) -> bytes:
        if self._start is not None:
            self._start.add(chunk)
        self._parts.append(chunk)
        self._size += len(chunk)
        if self._size > MAX_DOCUMENT_BYTES:
            self._start = self.kept
            kept = b"".join(self._parts)
            self._head = self._head or kept[:HEAD_BYTES]
            self._parts, self._size = [kept[-TAIL_BYTES:]], TAIL_BYTES
        return chunk

    def finish(self) -> bytes:
        document = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        reading = self._read(document) if self._head is None else self._read_outlines(self._head, document)
        if reading is not None:
            learned = self.learned.after(reading)
            self.learned = replace(learned, is_so_far=False) if learned.is_so_far else learned
            self._items += reading.items
        if not (self.learned.is_metered or self.learned.problem or self._items):
            self._fill_in("the answer is not JSON" if reading is None else NO_USAGE_IN_DOCUMENT)
        return b""

    def held(self) -> bytes:
        return b""

    def take_items(self) -> list[Item]:
        items, self._items = self._items, []
        return items

    def _read_outlines(self, head: bytes, tail: bytes) -> Reading | None:
        readings = map(self._read, outlines(head, tail))
        return next((reading for reading in readings if reading is not None), None)

    def _fill_in(self, problem: str) -> None:
        if self._asked is not None:
            self.learned = replace(self.learned, units=self._asked)
        elif self._owes_usage:
            self.learned = replace(self.learned, problem=problem)


def _kept_of(parts: Iterable[bytes]) -> Kept:
    kept = Kept(Framing.DOCUMENT)
    for part in parts:
        kept.add(part)
    return kept


class StreamTap:
    """Listens to an answer in pieces. With *hide*, what upstream sends only because we asked stays here."""

    def __init__(
        self,
        dialect: Dialect,
        framing: Framing = Framing.EVENTS,
        asked: Units | None = None,
        *,
        hide: bool,
    ) -> None:
        self.learned = Learned()
        self._asked = asked
        self._read = dialect.reader()
        self._marks = dialect.marks
        self._owes_usage = dialect.is_billed
        self._hide = hide
        self._is_lines = framing is Framing.LINES
        self.kept = Kept(framing)
        self._splitter = LineSplitter() if self._is_lines else EventSplitter()
        self._looks_for_model = _LOOKS_FOR_MODEL
        self._items: list[Item] = []

    def feed(self, chunk: bytes) -> bytes:
        self.kept.add(chunk)
        before, pieces, after = self._splitter.feed(chunk)
        if self._splitter.long_pieces:
            self._read_long_pieces()
        passed = [self._passed(piece) for piece in pieces]
        return b"".join((before, *passed, after)) if self._hide else chunk

    def finish(self) -> bytes:
        rest = self._splitter.finish()
        self._read_long_pieces()
        passed = self._passed(rest) if rest else b""
        self._note_end(done=self.learned.done)
        return passed if self._hide else b""

    def held(self) -> bytes:
        return self._splitter.held if self._hide else b""

    def take_items(self) -> list[Item]:
        items, self._items = self._items, []
        return items

    def _passed(self, piece: bytes) -> bytes:
        """The piece as the client is to see it; b'' where it is not to see it."""
        if b"[DONE]" in piece and data_of(piece) == b"[DONE]":
            self._note_end(done=True)
        elif self._may_tell(piece):
            return self._read_piece(piece)
        return piece

    def _may_tell(self, piece: bytes) -> bool:
        if self.learned.model is None and self._looks_for_model:
            self._looks_for_model -= 1
            return True
        return any(mark in piece for mark in self._marks)

    def _read_piece(self, piece: bytes) -> bytes:
        reading = self._read(piece if self._is_lines else data_of(piece))
        if reading is None:
            return piece
        self._learn(reading)
        if not self._hide or b'"usage"' not in piece:
            return piece
        return b"" if reading.is_extra else without_null_usage(piece)

    def _read_long_pieces(self) -> None:
        """An image, or a long answer told once more at its end, stands between what is metered."""
        for piece in self._splitter.long_pieces:
            start = piece.start if self._is_lines else data_of(piece.start)
            texts = outlines(start, piece.end)
            reading = next((found for text in texts if (found := self._read(text)) is not None), None)
            if reading is not None:
                self._learn(reading)
            elif self._is_lines and any(mark in end for mark in self._marks for end in (start, piece.end)):
                self.learned = replace(self.learned, problem="a line was too long to be read")
        self._splitter.long_pieces.clear()

    def _learn(self, reading: Reading) -> None:
        self.learned = self.learned.after(reading)
        self._items += reading.items
        if reading.is_last:
            self._note_end(done=True)

    def _note_end(self, *, done: bool) -> None:
        learned = self.learned
        if self._asked is not None and not (learned.is_metered or learned.problem):
            learned = replace(learned, units=self._asked)
        none = None if learned.is_metered or not self._owes_usage else NO_USAGE_IN_STREAM
        self.learned = replace(learned, problem=learned.problem or none, is_so_far=False, done=done)


class NoTap:
    """For answers that are not metered, and after a tap that failed."""

    def __init__(self, problem: str | None = None, learned: Learned = NOTHING_LEARNED) -> None:
        """*learned*: what the tap that failed had learned before."""
        self.kept = Kept(Framing.DOCUMENT)
        self.learned = replace(learned, problem=problem)

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def finish(self) -> bytes:
        return b""

    def held(self) -> bytes:
        return b""

    def take_items(self) -> list[Item]:
        return []
