"""Lines of JSON, sans-IO: bytes in any pieces in, whole lines out, no byte lost or changed.

Source: https://github.com/ndjson/ndjson-spec, read 2026-11-22: a line ends with LF, which CR may precede."""

from proxy.outline import Ends
from proxy.sse import MAX_EVENT_BYTES, Cut


class LineSplitter:
    """Cuts a stream into lines. Whatever was fed is either returned by feed or still held."""

    def __init__(self) -> None:
        self.held = b""
        """The start of a line whose end has not come."""
        self.long_pieces: list[Ends] = []
        """As with events."""
        self._oversize: Ends | None = None

    def feed(self, chunk: bytes) -> Cut:
        """Each line comes with its end."""
        before = after = b""
        if self._oversize:
            end = chunk.find(b"\n") + 1
            if not end:
                self._oversize.add(chunk)
                return chunk, [], b""
            before, chunk = chunk[:end], chunk[end:]
            self._end_oversize(self._oversize, before)
        *whole, self.held = (self.held + chunk).split(b"\n")
        if len(self.held) > MAX_EVENT_BYTES:
            self._oversize = Ends(self.held)
            self._oversize.add(self.held)
            after, self.held = self.held, b""
        return before, [line + b"\n" for line in whole], after

    def finish(self) -> bytes:
        """The end has come: what is held is the last line, whole or cut."""
        rest, self.held = self.held, b""
        if self._oversize:
            self._end_oversize(self._oversize, b"")
        return rest

    def _end_oversize(self, line: Ends, rest: bytes) -> None:
        line.add(rest)
        self.long_pieces.append(line)
        self._oversize = None
