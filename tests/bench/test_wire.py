"""HTTP/1.1 taken apart, wherever the bytes are cut."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench import wire

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n"
    b"5\r\nhello\r\n7;note=x\r\n, world\r\n0\r\n\r\n"
)
SIZED = b"HTTP/1.1 404 Not Found\r\ncontent-length: 12\r\n\r\nhello, world"


def cut(message: bytes, cuts: list[int]) -> list[bytes]:
    borders = [0, *sorted(at % (len(message) + 1) for at in cuts), len(message)]
    return [message[start:end] for start, end in pairwise(borders)]


@given(st.sampled_from([(CHUNKED, 200), (SIZED, 404)]), st.lists(st.integers(0, 500), max_size=8))
def test_an_answer_reads_the_same_wherever_it_is_cut(answer: tuple[bytes, int], cuts: list[int]) -> None:
    message, status = answer
    reader = wire.MessageReader()
    body = b"".join(reader.feed(piece) for piece in cut(message, cuts))
    assert (reader.status, body, reader.complete) == (status, b"hello, world", True)


def test_an_answer_without_its_last_chunk_is_not_complete() -> None:
    reader = wire.MessageReader()
    assert reader.feed(CHUNKED.removesuffix(b"0\r\n\r\n")) == b"hello, world"
    assert not reader.complete


def test_a_request_is_read_back_as_it_was_written() -> None:
    reader = wire.MessageReader()
    assert reader.feed(wire.request_of(wire.CHAT_BODY, 8300)) == wire.CHAT_BODY
    assert reader.complete
    assert reader.start_line == b"POST /v1/chat/completions HTTP/1.1"


def test_the_small_prompt_stays_small() -> None:
    assert len(wire.CHAT_BODY) == 465
    assert json.loads(wire.CHAT_BODY)["model"] == "gpt-4o"
