"""Events come out the same however the network cuts them."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.sse import MAX_EVENT_BYTES, EventSplitter, data_of

_LINES = st.sampled_from(
    [
        b"",
        b"",
        b'data: {"a":1}',
        b"data:x",
        b"data",
        b"data: ",
        b": comment",
        b"event: ping",
        b"id:1",
        b"database: no",
    ]
)
_ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])
STREAMS = st.builds(
    lambda bom, lines, rest: bom + b"".join(line + end for line, end in lines) + rest,
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.tuples(_LINES, _ENDS), max_size=25),
    st.sampled_from([b"", b"data: cut", b"\r"]),
)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """*stream* in pieces, some of them perhaps empty."""
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(bounds)]


def split(pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    """The events, and all that came out."""
    splitter = EventSplitter()
    events, out = [], b""
    for piece in pieces:
        before, whole, after = splitter.feed(piece)
        events += whole
        out += before + b"".join(whole) + after
    rest = splitter.finish()
    return [*events, rest], out + rest


def data_by_the_book(stream: bytes) -> list[bytes]:
    """What section 9.2.6 of the HTML standard makes of *stream*; only that the last event needs no end."""
    found, data = [], list[bytes]()
    for line in [*re.split(rb"\r\n|\n|\r", stream.removeprefix(b"\xef\xbb\xbf")), b""]:
        name, _, value = line.partition(b":")
        if not line:
            found.append(b"\n".join(data))
            data = []
        elif name == b"data":
            data.append(value.removeprefix(b" "))
    return [data for data in found if data]


@given(STREAMS, st.lists(st.integers(0, 1000), max_size=8))
@settings(deadline=None, max_examples=300)
def test_events_do_not_depend_on_where_the_network_cuts_and_no_byte_is_lost(
    stream: bytes, places: list[int]
) -> None:
    events, out = split(cut(stream, places))
    assert out == stream
    assert [data for data in map(data_of, events) if data] == data_by_the_book(stream)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_a_stream_in_single_bytes_has_the_same_events(end: bytes) -> None:
    lines = [
        b": hello",
        b"",
        b"event: a",
        b'data: {"n":',
        b"data: 1}",
        b"",
        b"data:two",
        b"",
        b"data: [DONE]",
        b"",
        b"",
    ]
    stream = b"\xef\xbb\xbf" + end.join(lines)
    events, out = split([stream[place : place + 1] for place in range(len(stream))])
    assert out == stream
    assert [data for data in map(data_of, events) if data] == [b'{"n":\n1}', b"two", b"[DONE]"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_an_event_comes_out_as_soon_as_its_blank_line_is_there(end: bytes) -> None:
    splitter = EventSplitter()
    event = b"data: one" + end + end
    assert splitter.feed(event) == (b"", [event], b"")
    assert splitter.held == b""


def test_a_blank_line_that_may_still_be_cut_in_two_is_waited_for() -> None:
    """CR CR ends an event, and so does CR CRLF; which of the two it is, the next byte says."""
    splitter = EventSplitter()
    assert splitter.feed(b"data: one\r\r") == (b"", [], b"")
    assert splitter.feed(b"\ndata: two\r\r") == (b"", [b"data: one\r\r\n"], b"")


def test_a_last_event_without_its_blank_line_is_handed_out_at_the_end() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: one\n\ndata: two") == (b"", [b"data: one\n\n"], b"")
    assert splitter.finish() == b"data: two"
    assert splitter.finish() == b""


@pytest.mark.parametrize("piece_bytes", [1 << 10, 65_537, 1 << 20])
def test_an_event_too_long_to_look_into_passes_and_the_next_one_is_an_event_again(piece_bytes: int) -> None:
    stream = b"data: " + b"x" * (MAX_EVENT_BYTES + 70_000) + b"\n\ndata: after\n\n"
    events, out = split([stream[place : place + piece_bytes] for place in range(0, len(stream), piece_bytes)])
    assert out == stream
    assert data_of(events[-2]) == b"after"


def test_events_that_come_with_the_start_or_the_end_of_a_long_one_are_events() -> None:
    splitter = EventSplitter()
    start = b"data: " + b"x" * (MAX_EVENT_BYTES + 100)
    assert splitter.feed(b"data: 1\n\ndata: 2\n\n" + start) == (
        b"",
        [b"data: 1\n\n", b"data: 2\n\n"],
        start[:-3],
    )
    assert splitter.feed(b"y\n\ndata: 3\n\n" + start) == (b"xxxy\n\n", [b"data: 3\n\n"], start[:-3])
    assert splitter.finish() == b"xxx"
    assert [piece.end[-6:] for piece in splitter.long_pieces] == [b"xxxy\n\n", b"xxxxxx"]


def test_no_more_of_a_stream_without_an_end_is_held_than_one_event_may_be_long() -> None:
    splitter = EventSplitter()
    for _ in range(100):
        splitter.feed(b"x" * 16_384)
        assert len(splitter.held) <= MAX_EVENT_BYTES


def test_a_mark_of_byte_order_hides_no_event() -> None:
    assert data_of(b'\xef\xbb\xbfdata: {"a":1}\n\n') == b'{"a":1}'


def test_only_one_blank_after_the_colon_is_not_data() -> None:
    assert data_of(b"data:  two blanks\n\n") == b" two blanks"
    assert data_of(b"data:none\r\n\r\n") == b"none"
    assert data_of(b"data\n\n") == b""


def test_many_events_that_come_at_once_take_no_longer_each() -> None:
    """To look through all that came for each of them would take seconds, and every call would wait."""
    started_s = time.process_time()
    _, events, _ = EventSplitter().feed(b"data: 1\n\n" * 300_000)
    assert len(events) == 300_000
    assert time.process_time() - started_s < 2
