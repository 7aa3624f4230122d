"""Call ids: UUID version 7 (RFC 9562 section 5.7), so that the ledger's order is the order of time.

The 12 bits after the version hold the microseconds within the millisecond (section 6.2, method 3):
ids sort by microsecond, and a span of time is a span of ids."""

import re
from typing import NewType

CallId = NewType("CallId", bytes)
"""16 bytes, as the ledger keeps them."""

RANDOM_BYTES = 8
_VARIANT = 0x8000_0000_0000_0000
_VARIANT_MASK = 0x3FFF_FFFF_FFFF_FFFF
_WRITTEN = re.compile("-".join(f"[0-9a-f]{{{digits}}}" for digits in (8, 4, 4, 4, 12)), re.IGNORECASE)


def call_id_at(started_us: int, random: bytes) -> CallId:
    """The id of a call started at *started_us* (Unix epoch). Of the 8 bytes of *random*, 62 bits are used."""
    tail = _VARIANT | (int.from_bytes(random, "big") & _VARIANT_MASK)
    return CallId((_head(started_us) << 64 | tail).to_bytes(16, "big"))


def first_call_id_at(started_us: int) -> CallId:
    """No id of a call started at or after *started_us* sorts before this one; before 1970 no call was."""
    return CallId((_head(max(started_us, 0)) << 64).to_bytes(16, "big"))


def us_of_call_id(call_id: CallId) -> int:
    """When the call with that id started: the inverse of call_id_at.

    >>> us_of_call_id(call_id_at(1_700_000_000_000_501, bytes(8)))
    1700000000000501
    """
    milliseconds, rest = int.from_bytes(call_id[:6], "big"), int.from_bytes(call_id[6:8], "big") & 0xFFF
    return milliseconds * 1000 + -(-rest * 1000 // 4096)


def render_call_id(call_id: CallId) -> str:
    """As people and other programs write it.

    >>> render_call_id(call_id_at(1_700_000_000_000_500, bytes(8)))
    '018bcfe5-6800-7800-8000-000000000000'
    """
    text = call_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def read_call_id(text: str) -> CallId | None:
    """The inverse of render_call_id. None: *text* is no such id.

    >>> read_call_id("018bcfe5-6800-7800-8000-000000000000").hex()
    '018bcfe5680078008000000000000000'
    """
    if not _WRITTEN.fullmatch(text):
        return None
    return CallId(bytes.fromhex(text.replace("-", "")))


def _head(started_us: int) -> int:
    milliseconds, rest = divmod(started_us, 1000)
    return milliseconds << 16 | 0x7000 | (rest * 4096 // 1000)
