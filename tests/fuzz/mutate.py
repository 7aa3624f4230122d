"""Bytes spoilt at random, the same for the same chance: flipped, cut, repeated, mixed, with odd values."""

import re
from collections.abc import Callable, Sequence
from random import Random

LONGEST_BYTES = 192 << 10
"""Of what is made: longer inputs cost time and find little; where a limit lies higher, its tests go there."""
MOST_STEPS = 6
_TOKEN = re.compile(rb'-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"(?:[^"\\]|\\.)*"|\b(?:null|true|false)\b')
"""Values, as JSON, TOML, headers and addresses have them."""

VALUES = (
    b"null", b"true", b"false", b'""', b"[]", b"{}", b'"x"', b"[1]", b'{"a":1}', b"0", b"-1", b"1.5", b"-0.0",
    b"1e3", b"1e999", b"-1e999", b"NaN", b"Infinity", b"9007199254740993", b"9223372036854775807",
    b"9223372036854775808", b"18446744073709551616", b"-9223372036854775809", b"9" * 400, b"9" * 5000,
    b"0." + b"1" * 400, b'"\\ud800"', b'"\\u0000"', b'"\\udc00\\ud800"', b'"__proto__"',
    b'"' + b"x" * 5000 + b'"',
    b'"<script>alert(1)</script>"', b"\"'; DROP TABLE call; --\"", b'"=1+1"', b'"\\u202e"', b'"[DONE]"',
    b'{"usage":{"prompt_tokens":1}}', b"[" * 2000, b'{"a":' * 2000, b"[" * 500 + b"]" * 500,
)  # fmt: skip
"""What stands where a value stood."""
SPLINTERS = (
    b"\x00", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\n\n", b"\t", b"\x0b", b"\x7f", b"\xff", b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"%00", b"%2e%2e", b"%2F", b"%FF", b"%zz",
    b"%",
    b"&", b"=", b"#", b"?", b";", b":", b",", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"data:",
    b"data: [DONE]\n\n",
    b"event: x\n", b": comment\n\n", b'"usage":null,', b'"usage"', b"../", b"//", b"@", b"-", b"+",
    b"0x", b" ", b"*",
    b"\xd9\xa3", b"\xf0\x9f\x92\xa9", b"{{7*7}}", b"\x1b[31m",
)  # fmt: skip
"""What stands between things, and should not stand there."""

Step = Callable[["Mutator", bytearray], None]


class Mutator:
    """Makes one bad example after the other of good ones."""

    def __init__(self, chance: Random, others: Sequence[bytes], words: Sequence[bytes] = ()) -> None:
        """*others*: good examples, whose pieces go into each other. *words* mean something to the target."""
        self.chance = chance
        self.others = others
        self.splinters: Sequence[bytes] = [*SPLINTERS, *list(words) * 4]

    def of(self, good: bytes) -> bytes:
        """Now and then *good* itself: what is fine has to stay so."""
        data = bytearray(good)
        for _ in range(self.chance.randrange(MOST_STEPS)):
            self.chance.choice(_STEPS)(self, data)
            del data[LONGEST_BYTES:]
        return bytes(data)

    def span(self, data: bytearray) -> tuple[int, int]:
        """Mostly short: long ones leave nothing of an example."""
        start = self.chance.randrange(len(data) + 1)
        longest = self.chance.choice((1, 4, 16, 64, 1024, len(data)))
        return start, min(len(data), start + self.chance.randrange(longest + 1))


def _flip(by: Mutator, data: bytearray) -> None:
    if data:
        data[by.chance.randrange(len(data))] ^= 1 << by.chance.randrange(8)


def _replace_byte(by: Mutator, data: bytearray) -> None:
    if data:
        data[by.chance.randrange(len(data))] = by.chance.choice((0, 9, 10, 13, 32, 127, 128, 255))


def _truncate(by: Mutator, data: bytearray) -> None:
    del data[by.chance.randrange(len(data) + 1) :]


def _drop(by: Mutator, data: bytearray) -> None:
    start, end = by.span(data)
    del data[start:end]


def _repeat(by: Mutator, data: bytearray) -> None:
    start, end = by.span(data)
    times = by.chance.choice((1, 1, 2, 30, 1000)) if end - start < 200 else 1
    data[end:end] = bytes(data[start:end]) * times


def _stretch(by: Mutator, data: bytearray) -> None:
    """What is gone through twice, or again from each of its places, shows here."""
    piece = by.chance.choice(by.splinters) + by.chance.choice((b"", *by.splinters))
    place = by.chance.randrange(len(data) + 1)
    data[place:place] = piece * (by.chance.choice((1 << 12, 1 << 16)) // len(piece))


def _splice(by: Mutator, data: bytearray) -> None:
    other = bytearray(by.chance.choice(by.others))
    start, end = by.span(other)
    place = by.chance.randrange(len(data) + 1)
    data[place:place] = other[start:end]


def _cross(by: Mutator, data: bytearray) -> None:
    """The start of one and the end of another."""
    other = by.chance.choice(by.others)
    del data[by.chance.randrange(len(data) + 1) :]
    data += other[by.chance.randrange(len(other) + 1) :]


def _splinter(by: Mutator, data: bytearray) -> None:
    place = by.chance.randrange(len(data) + 1)
    data[place:place] = by.chance.choice(by.splinters)


def _revalue(by: Mutator, data: bytearray) -> None:
    tokens = list(_TOKEN.finditer(data))
    if tokens:
        token = by.chance.choice(tokens)
        data[token.start() : token.end()] = by.chance.choice(VALUES)


def _swap_values(by: Mutator, data: bytearray) -> None:
    """Right values in wrong places; and names, which are texts too."""
    tokens = list(_TOKEN.finditer(data))
    if tokens:
        one, other = by.chance.choice(tokens), by.chance.choice(tokens)
        data[one.start() : one.end()] = bytes(other.group())


def _repeat_line(by: Mutator, data: bytearray) -> None:
    lines = data.split(b"\n")
    line = by.chance.choice(lines)
    lines.insert(by.chance.randrange(len(lines) + 1), line)
    data[:] = b"\n".join(lines)


def _drop_line(by: Mutator, data: bytearray) -> None:
    lines = data.split(b"\n")
    del lines[by.chance.randrange(len(lines))]
    data[:] = b"\n".join(lines)


_STEPS: Sequence[Step] = (
    _flip,
    _replace_byte,
    _truncate,
    _drop,
    _repeat,
    _stretch,
    _splice,
    _cross,
    _splinter,
    _splinter,
    _revalue,
    _revalue,
    _revalue,
    _swap_values,
    _repeat_line,
    _drop_line,
)
