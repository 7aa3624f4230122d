"""Of what is too long to keep, the members at its start and at its end are read, and nothing in between."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.usage import TokenUsage
from proxy.dialects import openai_chat, openai_images, openai_responses
from proxy.learned import Learned
from proxy.outline import HEAD_BYTES, TAIL_BYTES, Ends, outlines
from proxy.sse import MAX_EVENT_BYTES, EventSplitter, data_of
from proxy.tap import StreamTap
from tests.proxy.bodies import USAGE, compact, event

IMAGE = "iVBOR" * 100_000
IMAGE_USAGE = {"input_tokens": 50, "output_tokens": 1056, "input_tokens_details": {"image_tokens": 0}}
TOLD = TokenUsage(input_tokens=50, output_tokens=1056, input_image_tokens=0, output_image_tokens=1056)


def pieces(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[place : place + size] for place in range(0, len(stream), size))


def outlined(document: bytes) -> Any:
    """What is read of *document* where only its ends are kept."""
    return json.loads(next(outlines(document[:HEAD_BYTES], document[-TAIL_BYTES:])))


def test_members_of_both_ends_make_one_document() -> None:
    found = list(outlines(b'{"a":1,"data":"xx', b'xx","b":2, "usage" : {"n":1},"c":3}\n\n'))
    assert found == [b'{"a":1,"b":2, "usage" : {"n":1},"c":3}\n\n', b'{"a":1}']


def test_members_of_what_holds_them_are_put_back_into_it() -> None:
    start, end = b'{"type":"t", "response": {"id":"r","output":["xx', b'xx"],"usage":{"n":1}}, "z":0}'
    assert list(outlines(start, end)) == [
        b'{"type":"t", "response": {"id":"r","usage":{"n":1}}, "z":0}',
        b'{"type":"t", "response": {"id":"r"}}',
    ]


def test_an_end_that_is_in_no_object_of_the_start_is_left_out_as_far_as_it_is_not_known_whose_it_is() -> None:
    """Which member the object is that b belongs to is told before the gap."""
    assert next(outlines(b'{"a":1,"data":"xx', b'xx","b":2},"c":3}')) == b'{"a":1,"c":3}'
    assert next(outlines(b'{"a":{"id":1,"text":"xx', b'xx","c":3}')) == b'{"a":{"id":1},"c":3}'
    assert next(outlines(b'{"a":[{"id":1,"text":"xx', b'xx","b":2}],"c":3}')) == b'{"c":3}'


def test_of_a_list_the_end_of_its_last_object_is_read() -> None:
    assert next(outlines(b'[{"n":1},{"a":"x', b'x","n":2,"usage":7}\n]\n')) == b'{"n":2,"usage":7}\n]\n'


def test_without_an_end_the_start_alone_is_read() -> None:
    for end in (b'x"', b'x}"', b"x", b'x\\"}'):
        assert json.loads(list(outlines(b'{"a":1,"data":"x', end))[-1]) == {"a": 1}


def test_what_is_no_json_has_no_outline() -> None:
    for start in (b"<html>{", b"", b'"', b"\xff{"):
        assert list(outlines(start, b'"usage":{"n":1}}')) == []


def test_what_is_cut_within_a_text_is_no_structure() -> None:
    start, end = (
        b'{"a":1,"text":"one, two, {three',
        b'four}, [five, \\"six\\\\\\\\", "b\\\\": "\\\\","c":[{}]}',
    )
    assert json.loads(next(outlines(start, end))) == {"a": 1, "b\\": "\\", "c": [{}]}


TEXTS = st.sampled_from(['"', "\\", '\\"', "{", "}", "[", "]", ",", ":", '"usage":{', "a", "\u00fc"])
SMALL = st.recursive(
    st.none() | st.integers() | st.lists(TEXTS, max_size=4).map("".join),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)
MEMBERS = st.dictionaries(st.sampled_from(["id", "model", "usage", '"', "]}"]), SMALL, max_size=4)
GAPS: st.SearchStrategy[Any] = st.sampled_from(
    ["x", '"', "\\", '\\"},', [1.5, 2], [{"usage": {"n": 9}}], [["a"], "]"]]
)
SPACES = st.sampled_from([(",", ":"), (", ", ": ")])


@st.composite
def long_documents(draw: st.DrawFn) -> tuple[dict[str, Any], bytes]:
    """What is around the long member, and the document with it."""
    gap, depth = draw(GAPS), draw(st.integers(0, 3))
    around: dict[str, Any] = {}
    whole: dict[str, Any] = {"gap": gap * (MAX_EVENT_BYTES // len(gap))}
    for level in range(depth + 1):
        before, after = draw(MEMBERS), draw(MEMBERS)
        after = {f"{name}2": value for name, value in after.items()}
        inner = {} if not level else {f"level{level}": around}
        whole = {**before, **(whole if not level else {f"level{level}": whole}), **after}
        around = {**before, **inner, **after}
    return around, json.dumps(whole, separators=draw(SPACES), ensure_ascii=draw(st.booleans())).encode()


@given(long_documents())
@settings(deadline=None, max_examples=150)
def test_all_that_is_around_the_one_long_member_is_read_at_any_depth(
    document: tuple[dict[str, Any], bytes],
) -> None:
    around, text = document
    assert outlined(text) == around


LOOSE = st.lists(TEXTS | st.binary(max_size=3).map(repr), max_size=12).map("".join).map(str.encode)


@given(LOOSE.filter(lambda start: not start.startswith((b"{", b"["))), LOOSE)
@settings(deadline=None, max_examples=300)
def test_any_bytes_make_an_outline_and_raise_nothing(start: bytes, end: bytes) -> None:
    for begun in (b"", b"[", b'{"a":{"b":'):
        assert len(list(outlines(begun + start, end + b"}"))) == (2 if begun else 0)


@pytest.mark.parametrize("filler", [b"1.25,", b"]", b"}", b"[", b'"', b'\\"', b"\\", b'"\\', b',"a":{', b"x"])
def test_whatever_stands_at_both_ends_is_looked_through_in_a_moment(filler: bytes) -> None:
    """It is done on the loop: all calls wait meanwhile."""
    started_s = time.process_time()
    list(
        outlines(b'{"a":' + filler * (HEAD_BYTES // len(filler)), filler * (TAIL_BYTES // len(filler)) + b"}")
    )
    assert time.process_time() - started_s < 0.2


@pytest.mark.parametrize("size", [1, 100, 70_000, 1_000_000])
def test_ends_hold_no_more_than_they_may_however_it_comes(size: int) -> None:
    text = bytes(range(256)) * (70 if size == 1 else 2000)
    ends = Ends(text)
    for piece in pieces(text, size):
        ends.add(piece)
        assert len(ends._end) <= 2 * TAIL_BYTES + size
    assert (ends.start, ends.end) == (text[:HEAD_BYTES], text[-TAIL_BYTES:])


@pytest.mark.parametrize("size", [1 << 10, 65_537, 1 << 20])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b""], ids=["LF", "CRLF", "cut"])
def test_ends_of_an_event_too_long_to_hold_are_kept_and_no_byte_is_lost(size: int, end: bytes) -> None:
    data = b"data: " + b"".join(b"%07d" % number for number in range(60_000))
    assert len(data) > MAX_EVENT_BYTES
    splitter = EventSplitter()
    out = b""
    for piece in pieces(b"data: before\n\n" + data + end, size):
        before, events, after = splitter.feed(piece)
        out += before + b"".join(events) + after
    out += splitter.finish()
    assert out == b"data: before\n\n" + data + end
    if size == 1 << 20 and end:
        return  # it came whole: then it is an event as any other
    (event,) = splitter.long_pieces
    assert (data_of(event.start), event.end) == (data[6:HEAD_BYTES], (data + end)[-TAIL_BYTES:])


def told(stream: bytes, size: int = 60_000, *, hide: bool = False) -> Learned:
    tap = StreamTap(openai_images.DIALECT, hide=hide)
    seen = b"".join(tap.feed(piece) for piece in pieces(stream, size)) + tap.finish()
    assert seen == stream
    return tap.learned


@pytest.mark.parametrize("size", [1 << 10, 60_000, 1 << 20])
def test_usage_beside_an_image_of_some_hundred_kilobytes_is_found_before_it_and_behind_it(size: int) -> None:
    """The last event of a stream of images holds the whole image: nothing else tells what it costs."""
    kind = {"type": "image_generation.completed"}
    partial = event({"type": "image_generation.partial_image", "b64_json": IMAGE, "partial_image_index": 0})
    for members in ({"b64_json": IMAGE, "usage": IMAGE_USAGE}, {"usage": IMAGE_USAGE, "b64_json": IMAGE}):
        stream = partial + b"event: image_generation.completed\n" + event({**kind, **members})
        assert told(stream, size).usage == TOLD
        assert told(stream[:-2], size, hide=True).usage == TOLD


def test_what_only_looks_like_usage_in_a_long_event_is_not_counted() -> None:
    text = '"usage":{"input_tokens":9,"output_tokens":9}'
    for member in ({"text": text}, {"nested": {"usage": IMAGE_USAGE}}, {"list": [{"usage": IMAGE_USAGE}]}):
        stream = event({"type": "image_generation.completed", "b64_json": IMAGE, **member})
        assert told(stream).usage is None


def test_usage_within_the_response_is_not_taken_for_that_of_another_member() -> None:
    for holder in ("response", "item"):
        tap = StreamTap(openai_responses.DIALECT, hide=False)
        inner = {"output": IMAGE, "usage": {"input_tokens": 11, "output_tokens": 5}}
        for piece in pieces(event({"type": "response.completed", holder: inner}), 60_000):
            tap.feed(piece)
        tap.finish()
        assert (tap.learned.usage is not None) == (holder == "response")


def test_a_long_document_is_read_as_one_though_only_its_ends_are_kept() -> None:
    body = compact({"model": "m", "choices": [{"text": IMAGE}], "usage": USAGE, "service_tier": "flex"})
    tap = StreamTap(openai_chat.DIALECT, hide=False)
    for piece in pieces(b"data: " + body + b"\n\n", 60_000):
        tap.feed(piece)
    assert (tap.learned.model, tap.learned.service_tier) == ("m", "flex")
    assert tap.learned.usage == TokenUsage(input_tokens=11, output_tokens=5)
