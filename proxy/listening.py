"""How an answer is listened to: as events, as lines, as one document, or not at all."""

from collections.abc import Awaitable, Callable
from enum import Enum

import msgspec

from ledger.units import Units
from proxy.decoding import IDENTITY, decoder_of
from proxy.dialects import Dialect
from proxy.dialects.dialect import Framing, Streams
from proxy.inflate import InflatingTap
from proxy.kept import Kept
from proxy.learned import Learned
from proxy.tap import DocumentTap, NoTap, StreamTap, Tap
from proxy.upstream_client import Answer

_LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/x-jsonlines"})

Completion = Callable[[Learned, Kept, bool], Awaitable[Learned]]
"""What was learned, the answer's start, whether the answer is whole -> the same with an estimate of what is
missing. Never raises, but for being cancelled."""


class Metering(msgspec.Struct, frozen=True):
    """How an answer is to be listened to."""

    dialect: Dialect | None
    stream: bool = False
    """Whether the client asked for a stream."""
    hide: bool = False
    """Keep from the client what came only because we asked."""
    units: Units | None = None
    """What the call is charged for if the answer does not tell."""
    scope: str | None = None
    """What the keys of the calls that the answer reports are unique within."""
    complete: "Completion | None" = None
    """Estimates what an answer does not tell; None: that cannot be done for this one."""


class Kind(Enum):
    STREAM = "stream"
    """Events, metered as they come."""
    DOCUMENT = "document"
    """One JSON text; its last byte waits until it is metered and written down."""
    OPAQUE = "opaque"
    """Not metered."""


def tap_for(answer: Answer, metering: Metering) -> tuple[Kind, Tap]:
    dialect = metering.dialect
    if dialect is None or answer.status >= 400:
        return Kind.OPAQUE, NoTap()
    if metering.units is not None and _type_of(answer).startswith("audio/"):
        return Kind.OPAQUE, NoTap(learned=Learned(units=metering.units))
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    framing = _framing_of(answer, dialect, metering)
    kind = Kind.DOCUMENT if framing is Framing.DOCUMENT else Kind.STREAM
    decoder = None if encoding in IDENTITY else decoder_of(encoding)
    if decoder is None and encoding not in IDENTITY:
        return kind, NoTap("the answer is in an encoding that is not read")
    hide = metering.hide and decoder is None
    tap: Tap
    if kind is Kind.DOCUMENT:
        tap = DocumentTap(dialect, metering.units)
    else:
        tap = StreamTap(dialect, framing, metering.units, hide=hide)
    return kind, InflatingTap(tap, decoder) if decoder else tap


def _type_of(answer: Answer) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _framing_of(answer: Answer, dialect: Dialect, metering: Metering) -> Framing:
    content_type = _type_of(answer)
    if content_type == "text/event-stream":
        return Framing.EVENTS
    is_lines = dialect.streams is Streams.ALWAYS and dialect.framing is Framing.LINES
    if is_lines or content_type in _LINES:
        return Framing.LINES
    # Some servers stream events as text/plain, or under no type at all.
    if metering.stream and content_type != "application/json":
        return dialect.framing
    return Framing.DOCUMENT
