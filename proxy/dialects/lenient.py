"""JSON that may be none: answers are upstream's, and whatever they hold, nothing is raised."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoded_or_none(decoder: "msgspec.json.Decoder[T]", text: bytes | msgspec.Raw) -> T | None:
    """None where *text* is no JSON, or not of the shape that *decoder* reads.

    >>> decoded_or_none(msgspec.json.Decoder(list[int]), b"[1]")
    [1]
    """
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
