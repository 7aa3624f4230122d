"""Events that carry the time they were written."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench import events

BODY = (
    events.stamped(17)
    + events.stamped(1_790_000_000_000_000_000)
    + events.FINISH
    + events.USAGE
    + events.DONE
)


@given(st.lists(st.integers(0, len(BODY)), max_size=6))
def test_the_times_do_not_depend_on_where_the_bytes_are_cut(cuts: list[int]) -> None:
    borders = [0, *sorted(cuts), len(BODY)]
    reader = events.StampReader()
    pieces = [BODY[start:end] for start, end in pairwise(borders)]
    assert [stamp for piece in pieces for stamp in reader.feed(piece)] == [17, 1_790_000_000_000_000_000]
    assert reader.done


def test_a_stream_that_is_cut_short_is_not_done() -> None:
    reader = events.StampReader()
    assert list(reader.feed(BODY.removesuffix(events.DONE))) == [17, 1_790_000_000_000_000_000]
    assert not reader.done


def test_an_event_is_a_chat_completion_chunk() -> None:
    chunk = json.loads(events.stamped(17).removeprefix(b"data: "))
    assert chunk["object"] == "chat.completion.chunk"
    assert chunk["choices"][0]["delta"] == {"content": "@17@"}
