"""JSON that may be none: answers are upstream's, and whatever they hold, nothing is raised.

Most readers of JSON take more than RFC 8259 allows, and so some servers write more: JavaScript the half of a
character that an answer was cut in (\\ud83d), Python NaN and Infinity, .NET a mark of byte order. An answer
that its client can read is not to lose its tokens for that."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from itertools import islice
from typing import TypeVar

import msgspec

from proxy.json_text import STRING

NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises."""
LONGEST_MENDED = 1 << 19
"""Bytes: more than is held of an event or a document."""
MOST_LOOKED_AT = 1 << 16
"""Strings, brackets, odd numbers or escapes, of each kind. A text made to be slow takes some 30 ms."""
DEEPEST = 64
"""What is metered stands five deep at most; msgspec reads a thousand levels."""
_NO_NUMBER = re.compile(
    STRING + rb"|(-?(?:NaN|Infinity)\b|(?<![\d.])-?(?:\d++(?:\.\d++)?+[eE]\+?\d{3,}|\d{300,}+(?:\.\d++)?+))",
    re.DOTALL,
)
"""Nor what no machine holds: of three digits in the exponent, or of 300 before the point."""
_HALF = rb"\\u[dD][89abAB][0-9a-fA-F]{2}"
_OTHER_HALF = rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"%s%s|(%s|%s)|\\." % (_HALF, _OTHER_HALF, _HALF, _OTHER_HALF), re.DOTALL)
_BRACKET = re.compile(STRING + rb"|([{}\[\]])", re.DOTALL)

T = TypeVar("T")


def mended(text: bytes) -> bytes:
    """*text*, which is no JSON, as readers take it that are not as strict; what is nested too deep is left
    out. A longer text stays as it is."""
    return text if len(text) > LONGEST_MENDED else _shallow(respelt(text))


def respelt(text: bytes) -> bytes:
    """The same with nothing left out, however deep: what is no number is a text, which is no count either;
    U+FFFD stands for what is no character."""
    if len(text) > LONGEST_MENDED:
        return text
    text = text.removeprefix(BOM_UTF8).decode("utf-8", "replace").encode()
    text = _NO_NUMBER.sub(lambda found: b'"%s"' % found[1] if found[1] else found[0], text, MOST_LOOKED_AT)
    if b"\\u" in text:
        text = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text, MOST_LOOKED_AT)
    return text


def _shallow(text: bytes) -> bytes:
    """Objects and lists that stand DEEPEST deep are empty."""
    kept: list[bytes] = []
    depth = start = 0
    for found in islice(_BRACKET.finditer(text), MOST_LOOKED_AT):
        mark = found[1]
        if mark is None:
            continue
        if mark in b"{[":
            depth += 1
            if depth == DEEPEST:
                kept.append(text[start : found.end()])
        else:
            if depth == DEEPEST:
                start = found.start()
            depth -= 1
    return b"".join((*kept, text[start:] if depth < DEEPEST else b""))


def decoded_or_none(
    decoder: "msgspec.json.Decoder[T]", text: bytes | msgspec.Raw, mend: Callable[[bytes], bytes] = mended
) -> T | None:
    """None where *text* is no JSON, not even once *mend* was tried, or not of the shape that *decoder* reads.

    >>> decoded_or_none(msgspec.json.Decoder(list[int]), b"[1]")
    [1]
    >>> decoded_or_none(msgspec.json.Decoder(), b'[NaN,"\\\\ud83d"]') == ["NaN", "\\ufffd"]
    True
    """
    try:
        return decoder.decode(text)
    except NO_JSON:
        try:
            return decoder.decode(mend(bytes(text)))
        except NO_JSON:
            return None
