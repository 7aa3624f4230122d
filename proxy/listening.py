"""How an answer is listened to: as events, as lines, as one document, or not at all."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import NamedTuple

import msgspec

from ledger.units import Units
from proxy.decoding import IDENTITY, MOST_MEMBERS, Decoder, decoder_of
from proxy.dialects import Dialect
from proxy.dialects.dialect import Framing, Streams
from proxy.inflate import InflatingTap
from proxy.kept import Kept
from proxy.learned import Learned
from proxy.tap import DocumentTap, NoTap, StreamTap, Tap
from proxy.untold import UntoldTap
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
    UNTOLD = "untold"
    """One of the two: a stream was asked for, and the first bytes tell whether it is one."""
    OPAQUE = "opaque"
    """Not metered."""


KIND_OF = {
    None: Kind.UNTOLD,
    Framing.DOCUMENT: Kind.DOCUMENT,
    Framing.EVENTS: Kind.STREAM,
    Framing.LINES: Kind.STREAM,
}
"""By what an UntoldTap has been told."""


class Listening(NamedTuple):
    kind: Kind
    tap: Tap
    decoder: Decoder | None = None
    """The answer goes on without its encoding: upstream was asked for none, and something is to be hidden."""


def listening_to(answer: Answer, metering: Metering) -> Listening:
    dialect = metering.dialect
    if dialect is None or answer.status >= 400:
        return Listening(Kind.OPAQUE, NoTap())
    if metering.units is not None and _type_of(answer).startswith("audio/"):
        return Listening(Kind.OPAQUE, NoTap(learned=Learned(units=metering.units)))
    framing = _framing_said_by(answer, dialect)
    if framing is None and metering.stream:
        return _listening_to_untold(answer, dialect, metering)
    return _listening_as(framing or Framing.DOCUMENT, answer, dialect, metering)


def _listening_as(framing: Framing, answer: Answer, dialect: Dialect, metering: Metering) -> Listening:
    if framing is Framing.DOCUMENT:
        return _listening(answer, Kind.DOCUMENT, DocumentTap(dialect, metering.units))
    tap = StreamTap(dialect, framing, metering.units, hide=metering.hide)
    return _listening(answer, Kind.STREAM, tap, is_edited=metering.hide)


def _listening_to_untold(answer: Answer, dialect: Dialect, metering: Metering) -> Listening:
    """A compressed answer that is called JSON goes on as it is, and nothing in it is hidden: it would have to
    go on inflated before it is known whether there is something to hide."""
    is_json, is_plain = _type_of(answer) == "application/json", _encoding_of(answer) in IDENTITY
    if not (is_json or is_plain):
        return _listening_as(dialect.framing, answer, dialect, metering)
    otherwise = Framing.DOCUMENT if is_json else dialect.framing
    tap = UntoldTap(dialect, otherwise, metering.units, hide=metering.hide and is_plain)
    return _listening(answer, Kind.UNTOLD if is_plain else Kind.DOCUMENT, tap)


def _listening(answer: Answer, kind: Kind, tap: Tap, *, is_edited: bool = False) -> Listening:
    """*is_edited*: *tap* changes what goes to the client, and so sees it as the client does."""
    encoding = _encoding_of(answer)
    if encoding in IDENTITY:
        return Listening(kind, tap)
    decoder = decoder_of(encoding, most_members=None if is_edited else MOST_MEMBERS)
    if decoder is None:
        return Listening(kind, NoTap("the answer is in an encoding that is not read"))
    return Listening(kind, tap, decoder) if is_edited else Listening(kind, InflatingTap(tap, decoder))


def _type_of(answer: Answer) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _encoding_of(answer: Answer) -> str:
    return answer.headers.get("Content-Encoding", "").strip().lower()


def _framing_said_by(answer: Answer, dialect: Dialect) -> Framing | None:
    """None where its head does not tell."""
    content_type = _type_of(answer)
    if content_type == "text/event-stream":
        return Framing.EVENTS
    is_lines = dialect.streams is Streams.ALWAYS and dialect.framing is Framing.LINES
    return Framing.LINES if is_lines or content_type in _LINES else None
