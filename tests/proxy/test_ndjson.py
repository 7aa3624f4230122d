"""Lines come out the same however the network cuts them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.ndjson import LineSplitter
from proxy.outline import HEAD_BYTES, TAIL_BYTES
from proxy.sse import MAX_EVENT_BYTES
from tests.proxy.test_sse import cut

STREAMS = st.lists(st.sampled_from([b'{"a":1}', b"{}", b"", b"\n", b"\r\n", b"\r", b"x"]), max_size=25).map(
    b"".join
)


def split(pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    """The lines, the last of them whole or cut, and all that came out."""
    splitter = LineSplitter()
    lines, out = [], b""
    for piece in pieces:
        before, whole, after = splitter.feed(piece)
        lines += whole
        out += before + b"".join(whole) + after
    rest = splitter.finish()
    assert splitter.held == b""
    return [*lines, rest], out + rest


@given(STREAMS, st.lists(st.integers(0, 1000), max_size=8))
@settings(deadline=None)
def test_lines_do_not_depend_on_where_the_stream_is_cut(stream: bytes, places: list[int]) -> None:
    lines, out = split(cut(stream, places))
    assert out == stream
    assert lines == [line + b"\n" for line in stream.split(b"\n")[:-1]] + [stream.split(b"\n")[-1]]


def test_a_carriage_return_stays_with_its_line() -> None:
    assert split([b"a\r", b"\nb\r\n"]) == ([b"a\r\n", b"b\r\n", b""], b"a\r\nb\r\n")


def test_a_line_too_long_to_look_into_passes_and_the_next_one_is_read() -> None:
    stream = b"a\n" + b"x" * (MAX_EVENT_BYTES + 100_000) + b"\nb\n"
    pieces = [stream[start : start + 60_000] for start in range(0, len(stream), 60_000)]
    assert split(pieces) == ([b"a\n", b"b\n", b""], stream)


@given(st.lists(st.integers(0, 1 << 20), max_size=4), st.sampled_from([b"", b"\n", b"\r\n"]))
@settings(deadline=None, max_examples=50)
def test_lines_around_a_long_one_and_its_ends_come_out_however_it_is_cut(
    places: list[int], end: bytes
) -> None:
    long = b"".join(b"%07d" % number for number in range(60_000)) + end
    stream = b"a\nb\n" + long + (b"c\nd\n" if end else b"")
    splitter, lines, out = LineSplitter(), list[bytes](), b""
    for piece in cut(stream, places):
        before, whole, after = splitter.feed(piece)
        lines += whole
        out += before + b"".join(whole) + after
        assert len(splitter.held) <= MAX_EVENT_BYTES
        assert out + splitter.held == stream[: len(out) + len(splitter.held)]
    rest = splitter.finish()
    assert out + rest == stream
    around = [b"a\n", b"b\n", *([b"c\n", b"d\n"] if end else [])]
    if splitter.long_pieces:
        (ends,) = splitter.long_pieces
        assert (ends.start, ends.end) == (long[:HEAD_BYTES], long[-TAIL_BYTES:])
        assert lines == around
    else:  # it came with one piece, or is the last and was never longer than may be held
        assert [line for line in [*lines, rest] if line and line != long] == around


def test_no_more_is_held_than_a_line_may_be_long() -> None:
    splitter = LineSplitter()
    for _ in range(20):
        splitter.feed(b"x" * 60_000)
        assert len(splitter.held) <= MAX_EVENT_BYTES
