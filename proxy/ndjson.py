"""Lines of JSON, sans-IO: bytes in any pieces in, whole lines out, no byte lost or changed.

Source: https://github.com/ndjson/ndjson-spec, read 2026-11-22: a line ends with LF, which CR may precede."""

from proxy.sse import MAX_EVENT_BYTES


class LineSplitter:
    """Cuts a stream into lines. Whatever was fed is either returned by feed or still held."""

    def __init__(self) -> None:
        self.held = b""
        """The start of a line whose end has not come."""
        self._oversize = False

    def feed(self, chunk: bytes) -> tuple[bytes, list[bytes]]:
        """What belongs to no line that can be looked into, then the lines that are now whole, each with its
        end."""
        loose = b""
        if self._oversize:
            end = chunk.find(b"\n") + 1
            if not end:
                return chunk, []
            loose, chunk, self._oversize = chunk[:end], chunk[end:], False
        *whole, self.held = (self.held + chunk).split(b"\n")
        lines = [line + b"\n" for line in whole]
        if len(self.held) > MAX_EVENT_BYTES:
            # Lines in this piece are given up with it: order is kept, and these are no normal answers.
            loose, lines, self._oversize = b"".join((loose, *lines, self.held)), [], True
            self.held = b""
        return loose, lines

    def finish(self) -> bytes:
        """The end has come: what is held is the last line, whole or cut."""
        rest, self.held = self.held, b""
        return rest
