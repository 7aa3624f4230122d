"""Frames, byte by byte: what is a whole message, where another frame may be sent, how it was closed."""

import struct
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy import websocket_frames
from proxy.websocket_frames import Frames, close_frame

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def frame(
    payload: bytes, opcode: int = TEXT, *, final: bool = True, reserved: int = 0, mask: bytes = b""
) -> bytes:
    """As RFC 6455 section 5.2 draws it."""
    first = (0x80 if final else 0) | reserved | opcode
    masked = 0x80 if mask else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, masked | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", first, masked | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, masked | 127, len(payload))
    key = (mask or bytes(4)) * (len(payload) // 4 + 1)
    return head + mask + bytes(byte ^ k for byte, k in zip(payload, key, strict=False))


def told(*frames: bytes) -> list[bytes]:
    return Frames(keeps_text=True).feed(b"".join(frames))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_text_message_of_any_length_is_told_whole(size: int) -> None:
    assert told(frame(b"x" * size), frame(b"next")) == [b"x" * size, b"next"]


def test_the_parts_of_a_message_are_put_together_whatever_control_frames_come_between() -> None:
    parts = [frame(b"a", final=False), frame(b"ping", PING), frame(b"b", 0, final=False), frame(b"c", 0)]
    assert told(*parts) == [b"abc"]


def test_only_text_is_told() -> None:
    parts = [frame(b"a", BINARY, final=False), frame(b"b", 0), frame(b"p", PING), frame(b"t")]
    assert told(*parts) == [b"t"]
    assert Frames(keeps_text=False).feed(frame(b"t")) == []


@pytest.mark.parametrize("odd", [frame(b"x", reserved=0x40), frame(b"x", mask=b"1234")])
def test_text_in_a_form_that_nobody_asked_for_is_skipped_and_said_so(odd: bytes) -> None:
    frames = Frames(keeps_text=True)
    assert frames.feed(odd + frame(b"next")) == [b"next"]
    assert frames.has_skipped


def test_a_message_that_is_too_long_is_skipped_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_frames, "MAX_MESSAGE_BYTES", 10)
    frames = Frames(keeps_text=True)
    long = [frame(b"123456", final=False), frame(b"78901", 0, final=False), frame(b"2", 0)]
    assert frames.feed(b"".join([*long, frame(b"1234567890")])) == [b"1234567890"]
    assert frames.has_skipped


@pytest.mark.parametrize(
    ("closing", "code"),
    [
        (frame(struct.pack("!H", 1011) + b"oops", CLOSE), 1011),
        (frame(b"", CLOSE), None),
        (frame(b"\x03", CLOSE), None),
        (frame(struct.pack("!H", 1000), CLOSE, mask=b"1234"), None),
        (close_frame(1001), 1001),
    ],
)
def test_a_goodbye_is_heard_with_its_code(closing: bytes, code: int | None) -> None:
    frames = Frames(keeps_text=True)
    assert frames.feed(frame(b"before") + closing) == [b"before"]
    assert (frames.is_closed, frames.close_code) == (True, code)


def test_nothing_is_a_goodbye_that_is_not_whole() -> None:
    frames = Frames(keeps_text=True)
    frames.feed(close_frame(1001)[:-1])
    assert not frames.is_closed


STREAM = b"".join(
    [
        frame(b"one"),
        frame(b"x" * 200, BINARY),
        frame(b"tw", final=False),
        frame(b"?", PING, mask=b"abcd"),
        frame(b"o", 0),
        frame(b""),
        close_frame(4000),
    ]
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_what_is_told_does_not_depend_on_where_the_bytes_are_cut(cuts: list[int]) -> None:
    frames = Frames(keeps_text=True)
    places = [0, *sorted(cuts), len(STREAM)]
    messages = [message for start, end in pairwise(places) for message in frames.feed(STREAM[start:end])]
    assert messages == [b"one", b"two", b""]
    assert (frames.is_closed, frames.close_code, frames.is_between) == (True, 4000, True)


def test_another_frame_may_be_sent_between_two_and_not_within_one() -> None:
    frames = Frames(keeps_text=False)
    ends = {0, 5, 5 + 4 + 200, 5 + 4 + 200 + 4}
    between = {0} | {
        place for place in range(1, 214) if (frames.feed(STREAM[place - 1 : place]), frames.is_between)[1]
    }
    assert between == ends


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    Frames(keeps_text=True).feed(data)


def test_a_frame_that_says_it_is_endless_is_followed_without_holding_it() -> None:
    frames = Frames(keeps_text=False)
    assert frames.feed(b"\x81\x7f" + b"\xff" * 8 + b"x" * 100_000) == []
    assert not frames.is_between
    assert not frames._text


def test_a_message_in_pieces_of_a_byte_or_two_takes_no_more_memory_than_it_is_long() -> None:
    """1 MB in half a million frames; a list of the pieces would take 30 times as much."""
    frames, piece = Frames(keeps_text=True), frame(b"ab", 0, final=False)
    frames.feed(frame(b"", final=False))
    tracemalloc.start()
    for _ in range(500):
        frames.feed(piece * 1000)
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_bytes < 2_000_000
    assert frames.feed(frame(b"", 0)) == [b"ab" * 500_000]
