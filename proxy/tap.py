"""A tap sits on one answer: it is fed what arrives and says what goes on to the client. Sans-IO.

A tap never raises for what upstream sends, and holds at most some hundred KiB of it."""

from typing import Protocol

import msgspec
from msgspec.structs import replace

from ledger.usage import TokenUsage
from proxy.dialects import Dialect, Reading
from proxy.include_usage import without_null_usage
from proxy.json_edit import whole_members
from proxy.sse import EventSplitter, data_of

MAX_DOCUMENT_BYTES = 1 << 18
"""Of a longer answer (embeddings are some MB) only start and end are kept: usage stands after the data,
or, as llama.cpp writes it, before them."""
HEAD_BYTES = 1 << 12
TAIL_BYTES = 1 << 16


class Learned(msgspec.Struct, frozen=True):
    """What an answer has told so far."""

    model: str | None = None
    service_tier: str | None = None
    usage: TokenUsage | None = None
    problem: str | None = None
    done: bool = False
    """The answer has said that it is complete."""

    def after(self, reading: Reading) -> "Learned":
        """The latest usage replaces one before it: what is reported twice is cumulative, never a sum."""
        return Learned(
            model=reading.model or self.model,
            service_tier=reading.service_tier or self.service_tier,
            usage=reading.usage or self.usage,
            problem=None if reading.usage else reading.problem or self.problem,
            done=self.done,
        )


NOTHING_LEARNED = Learned()


class Tap(Protocol):
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


class DocumentTap:
    """Listens to an answer that is one JSON document; all of it goes on as it comes."""

    def __init__(self, dialect: Dialect) -> None:
        self.learned = Learned()
        self._dialect = dialect
        self._parts: list[bytes] = []
        self._size = 0
        self._head: bytes | None = None
        """Set once the middle of the answer was given up."""

    def feed(self, chunk: bytes) -> bytes:
        self._parts.append(chunk)
        self._size += len(chunk)
        if self._size > MAX_DOCUMENT_BYTES:
            kept = b"".join(self._parts)
            self._head = self._head or kept[:HEAD_BYTES]
            self._parts, self._size = [kept[-TAIL_BYTES:]], TAIL_BYTES
        return chunk

    def finish(self) -> bytes:
        document = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        texts = (document,) if self._head is None else (whole_members(self._head), _last_members(document))
        readings = [reading for text in texts if (reading := self._dialect.read(text)) is not None]
        for reading in readings:
            self.learned = self.learned.after(reading)
        if self.learned.usage is None and self.learned.problem is None:
            problem = "the answer reports no usage" if readings else "the answer is not JSON"
            self.learned = replace(self.learned, problem=problem)
        return b""

    def held(self) -> bytes:
        return b""


def _last_members(tail: bytes) -> bytes:
    """The last members of an object, from usage on, as an object of their own.

    It decodes only if usage was a member at the top: else a bracket too many follows."""
    return b"{" + tail[max(tail.rfind(b'"usage"'), 0) :]


class StreamTap:
    """Listens to an answer of events. With *hide*, what upstream sends only because we asked stays here."""

    def __init__(self, dialect: Dialect, *, hide: bool) -> None:
        self.learned = Learned()
        self._dialect = dialect
        self._hide = hide
        self._splitter = EventSplitter()

    def feed(self, chunk: bytes) -> bytes:
        loose, events = self._splitter.feed(chunk)
        passed = [self._passed(event) for event in events]
        return b"".join((loose, *passed)) if self._hide else chunk

    def finish(self) -> bytes:
        rest = self._splitter.finish()
        passed = self._passed(rest) if rest else b""
        self._note_end(done=self.learned.done)
        return passed if self._hide else b""

    def held(self) -> bytes:
        return self._splitter.held if self._hide else b""

    def _passed(self, event: bytes) -> bytes:
        """The event as the client is to see it; b'' where it is not to see it."""
        if b"[DONE]" in event and data_of(event) == b"[DONE]":
            self._note_end(done=True)
            return event
        has_usage = b'"usage"' in event
        if not has_usage and b'"timings"' not in event and self.learned.model is not None:
            return event
        reading = self._dialect.read(data_of(event))
        if reading is None:
            return event
        self.learned = self.learned.after(reading)
        if not self._hide or not has_usage:
            return event
        return b"" if reading.is_extra else without_null_usage(event)

    def _note_end(self, *, done: bool) -> None:
        none = "the stream reported no usage" if self.learned.usage is None else None
        self.learned = replace(self.learned, problem=self.learned.problem or none, done=done)


class NoTap:
    """For answers that are not metered, and after a tap that failed."""

    def __init__(self, problem: str | None = None, learned: Learned = NOTHING_LEARNED) -> None:
        """*learned*: what the tap that failed had learned before."""
        self.learned = replace(learned, problem=problem)

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def finish(self) -> bytes:
        return b""

    def held(self) -> bytes:
        return b""
