"""What is kept of a JSON document that is too long to keep: its first members, and its last ones. Pure.

Between them stand the data: embeddings, an image in base64, the text of a long answer. What is metered stands
before or after, at the top or within an object that began before the data and ends after them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile, zip_longest

from proxy.json_text import STRING

HEAD_BYTES = 1 << 14
"""OpenAI's Responses repeat the instructions, often some KiB, before the model's name."""
TAIL_BYTES = 1 << 16

_MOST_LEVELS = 16
"""What is metered stands three deep at most."""
_QUOTE, _COMMA = b'",'


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


class _Way:
    """How JSON text is gone through: from its start, or from its end."""

    def __init__(self, opening: bytes, string: bytes) -> None:
        self.opening = opening
        self.in_object = re.compile(string + rb"|[{}\[\],]", re.DOTALL)
        self.in_list = re.compile(string + rb"|[{}\[\]]", re.DOTALL)
        """Commas between numbers are many, and tell nothing."""


_FORWARDS = _Way(b"{[", STRING)
_BACKWARDS = _Way(b"}]", rb'"[^"]*+(?:"(?=\\(?:\\\\)*+(?!\\))[^"]*+)*+"?')
"""Of text that is turned round. A quote with an odd number of backslashes is no end; a string that is cut
reaches as far as the text."""


@dataclass(slots=True)
class _Level:
    """An object or a list of which one end is kept."""

    is_object: bool = True
    name: bytes = b""
    """What stands before its bracket."""
    begun: int = 0
    """Where the member begins that is not whole."""
    members: list[bytes] = field(default_factory=list)

    def end_member(self, text: bytes, at: int) -> None:
        self.members.append(text[self.begun : at])
        self.begun = at + 1


def outlines(start: bytes, end: bytes) -> Iterator[bytes]:
    """Documents of the members that are whole; the first that decodes is the one that is meant.

    Where *end* is not the end of a document, the second is: it has those at the start alone. Of an object
    that the start leaves open and one that the end closes, as deep, it is taken that they are the same. The
    end of a long list gives its last object, and the list's bracket. None where *start* is not JSON's.

    >>> next(outlines(b'{"model":"m","data":[1,', b'9],"usage":{"n":1}}'))
    b'{"model":"m","usage":{"n":1}}'
    >>> next(outlines(b'{"type":"t","r":{"id":1,"data":[1', b'2],"usage":3}}'))
    b'{"type":"t","r":{"id":1,"usage":3}}'
    """
    begins = start.lstrip(b" \t\r\n")
    if not begins.startswith((b"{", b"[")):
        return
    opened = _objects(_levels(begins, _FORWARDS)) if begins.startswith(b"{") else [_Level()]
    whole = end.rfind(b"}") + 1
    if whole:
        yield _document(opened, _objects(_levels(end[whole - 1 :: -1], _BACKWARDS))) + end[whole:]
    yield _document(opened, [])


def _document(opened: list[_Level], closed: list[_Level]) -> bytes:
    """What is closed deeper than anything was opened is left out: nobody knows whose member it is."""
    text = b""
    for first, last in reversed(list(zip_longest(opened, closed[: len(opened)], fillvalue=_Level()))):
        turned = [member[::-1] for member in reversed(last.members)]
        text = b"%s{%s}" % (first.name, b",".join([*first.members, *filter(None, [text]), *turned]))
    return text


def _objects(levels: list[_Level]) -> list[_Level]:
    """Those that are in no list."""
    return list(takewhile(lambda level: level.is_object, levels))


def _levels(text: bytes, way: _Way) -> list[_Level]:
    """What *text* begins and does not end, the outermost first; or the one thing that it is. It begins with
    a bracket."""
    levels: list[_Level] = []
    depth = place = 0
    tokens = way.in_list
    while found := tokens.search(text, place):
        at, place = found.span()
        mark = text[at]
        if mark == _QUOTE:
            continue
        if mark == _COMMA:
            levels[-1].end_member(text, at)
        elif mark in way.opening:
            depth += 1
            if depth <= _MOST_LEVELS:
                name = text[levels[-1].begun : at] if levels else b""
                levels.append(_Level(is_object=mark == way.opening[0], name=name, begun=place))
        else:
            depth -= 1
            if not depth:
                levels[0].end_member(text, at)
                break
            del levels[depth:]
        tokens = way.in_object if depth == len(levels) and levels[-1].is_object else way.in_list
    return levels
