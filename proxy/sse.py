"""Server-sent events, sans-IO: bytes in any pieces in, whole events out, no byte lost or changed.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, sections 9.2.5 and 9.2.6, read
2026-11-22: lines end with CRLF, LF or CR; a blank line ends an event; one BOM may come first."""

import re

from proxy.outline import Ends

MAX_EVENT_BYTES = 1 << 18
"""A longer event is passed on, and only its ends are kept: the meter's memory is bounded whatever comes."""

_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n|\Z))")
_LINE_END = re.compile(rb"\r\n|\n|\r")


Cut = tuple[bytes, list[bytes], bytes]
"""What was fed, in this order: more of a piece that is too long to be looked into, or its end; the pieces
that are whole now; the start of one that is too long."""


class EventSplitter:
    """Cuts a stream into events. Whatever was fed is either returned by feed or still held."""

    def __init__(self) -> None:
        self.held = b""
        """The start of an event whose end has not come."""
        self.long_pieces: list[Ends] = []
        """Those too long to be held that have ended; whoever reads them takes them out."""
        self._oversize: Ends | None = None

    def feed(self, chunk: bytes) -> Cut:
        """Each event comes with the blank line that ends it."""
        data = self.held + chunk if self.held else chunk
        before = after = b""
        end_of_event = _end_after_newlines if b"\r" not in data else _end_of_event
        if self._oversize:
            end = end_of_event(data, 0)
            if end is None:
                self._oversize.add(data[:-3])
                self.held = data[-3:]
                return data[:-3], [], b""
            before, data = data[:end], data[end:]
            self._end_oversize(self._oversize, before)
        events, start = [], 0
        while (end := end_of_event(data, start)) is not None:
            events.append(data[start:end])
            start = end
        self.held = data[start:]
        if len(self.held) > MAX_EVENT_BYTES:
            after, self.held = self.held[:-3], self.held[-3:]
            self._oversize = Ends(after)
            self._oversize.add(after)
        return before, events, after

    def finish(self) -> bytes:
        """The end has come: what is held is the last event, whole or cut, or the end of a long one."""
        rest, self.held = self.held, b""
        if self._oversize:
            self._end_oversize(self._oversize, rest)
        return rest

    def _end_oversize(self, event: Ends, rest: bytes) -> None:
        event.add(rest)
        self.long_pieces.append(event)
        self._oversize = None


def data_of(event: bytes) -> bytes:
    """The data of an event, its lines joined by a newline; b'' where there is none.

    >>> data_of(b': hello\\ndata: {"a":\\ndata:1}\\n\\n')
    b'{"a":\\n1}'
    """
    if (
        event.startswith(b"data: ")
        and event.endswith(b"\n\n")
        and event.count(b"\n") == 2
        and b"\r" not in event
    ):
        return event[6:-2]
    lines = _LINE_END.split(event.removeprefix(b"\xef\xbb\xbf"))
    found = [line[5:].removeprefix(b" ") for line in lines if line == b"data" or line.startswith(b"data:")]
    return b"\n".join(found)


def _end_after_newlines(data: bytes, start: int) -> int | None:
    """The same where no line ends with a CR. Which of the two it is is asked once of a chunk: asked for each
    event, it would read the whole chunk as often as there are events in it."""
    end = data.find(b"\n\n", start)
    return None if end < 0 else end + 2


def _end_of_event(data: bytes, start: int) -> int | None:
    found = _BLANK_LINE.search(data, start)
    return None if found is None else found.end()
