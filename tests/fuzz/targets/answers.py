"""What upstreams answer: documents, events, lines; compressed, over WebSocket."""

import gzip
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

import brotli

from proxy.decoding import Undecodable, decoded, decoder_of, zstd
from proxy.dialects import DIALECTS, Dialect
from proxy.dialects.dialect import Framing
from proxy.dialects.sessions import SESSIONS
from proxy.estimate.answer_text import AnswerText
from proxy.inflate import InflatingTap
from proxy.learned import Learned
from proxy.reported import render_reported
from proxy.tap import DocumentTap, StreamTap, Tap
from proxy.websocket_frames import Frames, close_frame
from tests.fuzz.cutting import cut
from tests.fuzz.seeds import answers
from tests.fuzz.target import Fed, Seed, Target, opening
from tests.proxy.recorded import dialect_named

ANOTHER_DIALECT = 0.15
"""Of the answers are read as what they are not."""


def heard(tap: Tap, pieces: Sequence[bytes]) -> tuple[bytes, Learned]:
    """What goes to the client, and what was learned; nothing stays behind."""
    passed = b"".join([tap.feed(piece) for piece in pieces])
    passed += tap.finish()
    assert tap.held() == b""
    tap.take_items()
    return passed, tap.learned


def dialect_for(fed: Fed) -> Dialect:
    is_other = fed.chance.random() < ANOTHER_DIALECT
    return fed.chance.choice(DIALECTS) if is_other else dialect_named(fed.name)


def is_in_order(learned: Learned) -> None:
    """It can be written down."""
    rendered = render_reported(learned.reported)
    assert rendered is None or rendered.isascii()
    for told in (learned.model, learned.service_tier, learned.problem):
        assert told is None or len(told.encode()) <= 1000
    assert learned.is_metered or learned.basis == "none"


def same_in_any_pieces(make: Callable[[], Tap], fed: Fed) -> bytes:
    """What the client sees of it."""
    whole, learned = heard(make(), [fed.data])
    in_pieces, learned_in_pieces = heard(make(), cut(fed.data, fed.chance))
    assert in_pieces == whole, "what goes on depends on where the bytes were cut"
    assert learned_in_pieces == learned, "what is learned depends on where the bytes were cut"
    is_in_order(learned)
    return whole


def document(fed: Fed) -> None:
    dialect = dialect_for(fed)
    assert same_in_any_pieces(lambda: DocumentTap(dialect), fed) == fed.data
    if dialect.shape is not None:
        AnswerText(dialect.shape).feed(fed.data)


def events(fed: Fed) -> None:
    _stream(fed, Framing.EVENTS)


def lines(fed: Fed) -> None:
    _stream(fed, Framing.LINES)


def _stream(fed: Fed, framing: Framing) -> None:
    dialect = dialect_for(fed)
    assert same_in_any_pieces(lambda: StreamTap(dialect, framing, hide=False), fed) == fed.data
    seen = same_in_any_pieces(lambda: StreamTap(dialect, framing, hide=True), fed)
    if b'"usage"' not in fed.data:
        assert seen == fed.data
    assert len(seen) <= len(fed.data)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
MOST_INFLATED_BYTES = 8 << 20
LOSE_THE_LAST_PIECE = ("br", "zstd")
"""These libraries give nothing of a piece in which they find damage; and zstd compares the length that a
frame tells with what is in it only where it gets the frame whole."""


@cache
def compressed() -> Sequence[Seed]:
    bodies = [seed.data for seed in answers(".json")[::12]] + [b"", b"a" * 100_000]
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    made = [Seed(name, compress(body)) for name, compress in COMPRESS.items() for body in bodies]
    members = [Seed(name, compress(b"one") + compress(b"two")) for name, compress in COMPRESS.items()]
    return [*made, *members, Seed("deflate", raw.compress(bodies[0]) + raw.flush())]


def encodings(fed: Fed) -> None:
    """The client's bytes pass; the meter's copy is the same in any pieces, up to where it is damaged."""
    whole, ending = _inflated(fed.name, [fed.data])
    in_pieces, ending_in_pieces = _inflated(fed.name, cut(fed.data, fed.chance))
    is_damaged = "damaged" in (ending, ending_in_pieces)
    assert ending_in_pieces == ending or (is_damaged and fed.name == "zstd")
    if is_damaged and fed.name in LOSE_THE_LAST_PIECE:
        assert in_pieces.startswith(whole) or whole.startswith(in_pieces)
    else:
        assert in_pieces == whole
    if len(whole) < MOST_INFLATED_BYTES:
        found = decoded(fed.data, fed.name, MOST_INFLATED_BYTES)
        assert found is None if ending == "damaged" else found == whole
    decoder = decoder_of(fed.name)
    assert decoder is not None
    tap = InflatingTap(DocumentTap(DIALECTS[0]), decoder)
    assert heard(tap, cut(fed.data, fed.chance))[0] == fed.data


def _inflated(encoding: str, pieces: Sequence[bytes]) -> tuple[bytes, str]:
    decoder = decoder_of(encoding)
    assert decoder is not None
    found = bytearray()
    try:
        for piece in pieces:
            for inflated in decoder.decode(piece):
                found += inflated
                if len(found) >= MOST_INFLATED_BYTES:
                    return bytes(found[:MOST_INFLATED_BYTES]), "too long"
    except Undecodable:
        return bytes(found), "damaged"
    try:
        decoder.finish()
    except Undecodable:
        return bytes(found), "cut"
    return bytes(found), "whole"


def text_frame(text: bytes, first: int = 0x81) -> bytes:
    if len(text) < 126:
        return bytes((first, len(text))) + text
    return bytes((first, 126)) + len(text).to_bytes(2, "big") + text


@cache
def frames() -> Sequence[Seed]:
    bodies = [
        seed for seed in answers(".ndjson") if seed.name in ("openai_realtime", "openai_responses_session")
    ]
    made = [
        Seed(seed.name, b"".join(text_frame(line) for line in seed.data.splitlines() if len(line) < 1 << 16))
        for seed in bodies
    ]
    halves = text_frame(b'{"type":', 0x01) + text_frame(b"ping", 0x89) + text_frame(b'"x"}', 0x80)
    masked = b"\x81\x85\x01\x02\x03\x04\x69\x67\x6f\x68\x6e"
    odd = [halves, masked, close_frame(1001), close_frame(1000, b"\x01\x02\x03\x04"), text_frame(b"", 0x88)]
    return [*made, *(Seed("openai_realtime", frame) for frame in odd)]


def websocket(fed: Fed) -> None:
    whole = _told_by_frames([fed.data])
    assert _told_by_frames(cut(fed.data, fed.chance)) == whole
    for dialect in SESSIONS:
        reader = dialect.reader()
        for message in whole[0]:
            reader(message)
        reader.unfinished()


def _told_by_frames(pieces: Sequence[bytes]) -> tuple[list[bytes], bool, int | None, bool, bool]:
    frames = Frames(keeps_text=True)
    messages = [message for piece in pieces for message in frames.feed(piece)]
    return messages, frames.is_closed, frames.close_code, frames.has_skipped, frames.is_between


def session(fed: Fed) -> None:
    """Lines, each as a message."""
    for dialect in SESSIONS:
        reader = dialect.reader()
        for message in fed.data.split(b"\n"):
            reading = reader(message)
            for item in reading.items if reading is not None else ():
                is_in_order(Learned().after(item.reading))
        reader.unfinished()


def sessions() -> Sequence[Seed]:
    chance = Random(1)
    longer = [
        seed for seed in answers(".ndjson") if seed.name in ("openai_realtime", "openai_responses_session")
    ]
    mixed = [Seed(seed.name, b"\n".join(chance.sample(seed.data.split(b"\n"), 3))) for seed in longer]
    return [*longer, *mixed]


_PASSES = "the client's bytes pass unchanged, and any pieces of the same bytes tell the same usage"
TARGETS = (
    Target(
        name="documents",
        promise=_PASSES,
        seeds=lambda: answers(".json"),
        open=opening(document),
        small_runs=1500,
    ),
    Target(
        name="events", promise=_PASSES, seeds=lambda: answers(".sse"), open=opening(events), small_runs=500
    ),
    Target(
        name="lines", promise=_PASSES, seeds=lambda: answers(".ndjson"), open=opening(lines), small_runs=250
    ),
    Target(
        name="encodings",
        promise="what is damaged is told as damaged, whatever the pieces; nothing grows without a bound",
        seeds=compressed,
        open=opening(encodings),
        small_runs=400,
    ),
    Target(
        name="frames",
        promise="any pieces of the same frames tell the same messages and the same end",
        seeds=frames,
        open=opening(websocket),
        small_runs=1000,
    ),
    Target(
        name="sessions",
        promise="what a session says is read, or passed over",
        seeds=sessions,
        open=opening(session),
        small_runs=300,
    ),
)
