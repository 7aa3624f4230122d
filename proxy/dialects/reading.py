"""What a dialect makes of one JSON document: a whole answer, the data of one event, or one line."""

import msgspec

from ledger.money import NanoUsd
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage

LONGEST_NAME = 200
NO_TOKENS = "upstream reported no tokens at all"
"""The problem of a usage of 0 and 0."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer tells of itself: in one document, or in all of it so far."""

    model: str | None = None
    service_tier: str | None = None
    usage: TokenUsage | None = None
    """All that is known so far of the answer: a reader merges what comes in parts, cumulative or not."""
    units: Units | None = None
    """Likewise."""
    reported: object = None
    """The object that usage and units were read from, decoded, with everything that stands in it. It was
    decoded anyway, and is looked at once, when the call is written down: proxy.reported."""
    upstream_cost: NanoUsd | None = None
    """What upstream itself says that it charges."""
    timings: Timings | None = None
    problem: str | None = None
    """Why usage that is there cannot be used."""
    is_partial: bool = False
    """The usage's output is not final."""
    is_so_far: bool = False
    """The usage counts what came up to here: all of it where the answer ends, a part where it is cut."""
    is_unbilled: bool = False
    """Upstream does not charge for this answer: what it counted is no usage."""


class Reading(Told, frozen=True, kw_only=True):
    is_extra: bool = False
    """An event that upstream sends only because usage was asked for."""
    is_last: bool = False
    """The answer has said that it is complete: a client may leave after this."""
    items: tuple["Item", ...] = ()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One of several calls that an answer reports: a result of a batch, a response of a session."""

    operation: str
    reading: Reading
    key: str | None = None
    """Names it however often it is fetched; None: it is told once."""
    is_failed: bool = False
    request_model: str | None = None
    """What was asked for, where that is not the model that the whole answer was asked of."""


def name_of(value: object) -> str | None:
    """A name that upstream gave, bounded; None where it is empty or no text."""
    if not isinstance(value, str) or not value:
        return None
    name = value[:LONGEST_NAME]
    return name if name.isascii() else name.encode("utf-8", "replace").decode("utf-8")
