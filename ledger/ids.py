"""Call ids: UUID version 7 (RFC 9562 section 5.7), so that the ledger's order is the order of time.

The 12 bits after the version hold the microseconds within the millisecond (section 6.2, method 3):
ids sort by microsecond, and a span of time is a span of ids."""

from typing import NewType

CallId = NewType("CallId", bytes)
"""16 bytes, as the ledger keeps them."""

RANDOM_BYTES = 8
_VARIANT = 0x8000_0000_0000_0000
_VARIANT_MASK = 0x3FFF_FFFF_FFFF_FFFF


def call_id_at(started_us: int, random: bytes) -> CallId:
    """The id of a call started at *started_us* (Unix epoch). Of the 8 bytes of *random*, 62 bits are used."""
    tail = _VARIANT | (int.from_bytes(random, "big") & _VARIANT_MASK)
    return CallId((_head(started_us) << 64 | tail).to_bytes(16, "big"))


def first_call_id_at(started_us: int) -> CallId:
    """No id of a call started at or after *started_us* sorts before this one; before 1970 no call was."""
    return CallId((_head(max(started_us, 0)) << 64).to_bytes(16, "big"))


def render_call_id(call_id: CallId) -> str:
    """As people and other programs write it.

    >>> render_call_id(call_id_at(1_700_000_000_000_500, bytes(8)))
    '018bcfe5-6800-7800-8000-000000000000'
    """
    text = call_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _head(started_us: int) -> int:
    milliseconds, rest = divmod(started_us, 1000)
    return milliseconds << 16 | 0x7000 | (rest * 4096 // 1000)
