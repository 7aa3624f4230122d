"""An answer to a request for a stream whose head does not say that it is one: its first bytes do.

Some servers stream events as application/json or text/plain, or under no type at all, and their clients read
them all the same. No JSON text begins as an event does. Sans-IO."""

from ledger.units import Units
from proxy.dialects import Dialect
from proxy.dialects.dialect import Framing
from proxy.dialects.reading import Item
from proxy.kept import Kept
from proxy.learned import Learned
from proxy.tap import DocumentTap, NoTap, StreamTap, Tap

_BEFORE_THE_FIRST = b" \t\r\n\xef\xbb\xbf"
"""Spaces, and a mark of byte order: neither a document nor an event begins with any of these bytes."""
_EVENTS_BEGIN = (b":", b"data:", b"event:", b"id:", b"retry:")
LONGEST_FIRST_LINE = 1 << 14
"""Bytes of the first of several documents; in recorded streams it has some hundred."""


def framing_told_by(start: bytes, dialect: Dialect, otherwise: Framing = Framing.DOCUMENT) -> Framing | None:
    """What an answer is that begins with *start*; *otherwise* where that is neither an event nor JSON.
    None: more has to come.

    >>> from proxy.dialects import openai_chat
    >>> [framing_told_by(start, openai_chat.DIALECT) for start in (b"dat", b"data: {", b" {")]
    [None, <Framing.EVENTS: 'events'>, <Framing.DOCUMENT: 'document'>]
    """
    start = start.lstrip(_BEFORE_THE_FIRST)
    if start.startswith(_EVENTS_BEGIN):
        return Framing.EVENTS
    if any(beginning.startswith(start) for beginning in _EVENTS_BEGIN):
        return None
    if start.startswith(b"{") and dialect.framing is Framing.LINES:
        return _framing_told_by_line(start)
    return Framing.DOCUMENT if start.startswith((b"{", b"[")) else otherwise


def _framing_told_by_line(start: bytes) -> Framing | None:
    """The first of several documents ends with its line; a document that has several lines does not."""
    line, end, _ = start.partition(b"\n")
    if end:
        return Framing.LINES if line.rstrip().endswith(b"}") else Framing.DOCUMENT
    return Framing.DOCUMENT if len(start) > LONGEST_FIRST_LINE else None


class UntoldTap:
    """Becomes the tap for what the answer shows to be. Spaces in front go on at once."""

    def __init__(
        self, dialect: Dialect, otherwise: Framing, asked: Units | None = None, *, hide: bool
    ) -> None:
        """*otherwise*: what an answer is taken for that begins like nothing known."""
        self._dialect = dialect
        self._otherwise = otherwise
        self._asked = asked
        self._hide = hide
        self._start = b""
        self._tap: Tap = NoTap()
        self.framing: Framing | None = None
        """None until it is told."""

    @property
    def kept(self) -> Kept:
        return self._tap.kept

    @property
    def learned(self) -> Learned:
        return self._tap.learned

    def feed(self, chunk: bytes) -> bytes:
        if self.framing is not None:
            return self._tap.feed(chunk)
        start = self._start + chunk if self._start else chunk.lstrip(_BEFORE_THE_FIRST)
        spaces = b"" if self._start else chunk[: len(chunk) - len(start)]
        self._start = start
        framing = framing_told_by(start, self._dialect, self._otherwise)
        passed = b"" if framing is None else self._become(framing)
        return spaces + passed if self._hide else chunk

    def finish(self) -> bytes:
        if self.framing is not None:
            return self._tap.finish()
        passed = self._become(self._otherwise) + self._tap.finish()
        return passed if self._hide else b""

    def held(self) -> bytes:
        if self.framing is not None:
            return self._tap.held()
        return self._start if self._hide else b""

    def take_items(self) -> list[Item]:
        return self._tap.take_items()

    def _become(self, framing: Framing) -> bytes:
        """What the tap for *framing* lets pass of what has come."""
        self.framing = framing
        if framing is Framing.DOCUMENT:
            self._tap = DocumentTap(self._dialect, self._asked)
        else:
            self._tap = StreamTap(self._dialect, framing, self._asked, hide=self._hide)
        start, self._start = self._start, b""
        return self._tap.feed(start)
