"""What a dialect makes of one JSON document: a whole answer, or the data of one event."""

import msgspec

from ledger.usage import TokenUsage

LONGEST_NAME = 200


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    model: str | None = None
    service_tier: str | None = None
    usage: TokenUsage | None = None
    problem: str | None = None
    """Why usage that is there cannot be used."""
    is_extra: bool = False
    """An event that upstream sends only because usage was asked for."""


def name_of(value: object) -> str | None:
    """A name that upstream gave, bounded; None where it is empty or no text."""
    if not isinstance(value, str) or not value:
        return None
    name = value[:LONGEST_NAME]
    return name if name.isascii() else name.encode("utf-8", "replace").decode("utf-8")
