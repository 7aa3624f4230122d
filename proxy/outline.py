"""What is kept of a JSON document that is too long to keep: its first members, and its last ones. Pure.

Between them stand the data: embeddings, an image in base64, the text of a long answer. What is metered stands
before or after."""

from collections.abc import Iterator, Sequence

from proxy.json_edit import whole_members

HEAD_BYTES = 1 << 12
TAIL_BYTES = 1 << 16


class Ends:
    """Start and end of something that comes in pieces; what is between them is given up."""

    __slots__ = ("_end", "start")

    def __init__(self, first: bytes) -> None:
        """*first* is at least HEAD_BYTES long, or all there is; it is not added by itself."""
        self.start = first[:HEAD_BYTES]
        self._end = bytearray()

    def add(self, piece: bytes) -> None:
        self._end += piece[-TAIL_BYTES:]
        if len(self._end) > 2 * TAIL_BYTES:  # now and then, so that small pieces do not move it each time
            del self._end[:-TAIL_BYTES]

    @property
    def end(self) -> bytes:
        return bytes(self._end[-TAIL_BYTES:])


def outlines(start: bytes, end: bytes, marks: Sequence[bytes], holder: bytes = b"") -> Iterator[bytes]:
    """Documents of the members that are whole; the first that decodes is the one that is meant.

    *marks*: the quoted names of members at the end, each tried as the first one to be read. *holder*: the
    quoted name of the member that they stand in, if it is not the document itself. What only looks like such
    a member is inside another: from there on a bracket too many follows, and it does not decode.

    >>> next(outlines(b'{"model":"m","data":[1,', b'9],"usage":{"n":1}}', [b'"usage"']))
    b'{"model":"m","usage":{"n":1}}'
    >>> next(outlines(b'{"type":"t","r":{"id":1,"data":[1', b'2],"usage":3}}', [b'"usage"'], b'"r"'))
    b'{"type":"t","r":{"id":1,"usage":3}}'
    """
    opening = [_members(start)]
    if holder and (place := start.find(holder)) >= 0:
        inner = start.find(b"{", place)
        opening += [holder + b":{" + _members(start[inner:])]
    first = b"{" + b",".join(filter(None, opening))
    comma = b"" if first.endswith(b"{") else b","
    for mark in dict.fromkeys(marks):
        place = end.rfind(mark)
        if place >= 0:
            yield first + comma + end[place:]
    yield first + b"}" * len(opening)


def _members(start: bytes) -> bytes:
    return whole_members(start)[1:-1]
