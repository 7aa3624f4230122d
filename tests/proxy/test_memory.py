"""The meter's memory is bounded whatever upstream sends: thousands of streams must not end payback."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from proxy.dialects import anthropic_messages, ollama_chat, openai_chat, openai_images, openai_responses
from proxy.dialects.dialect import Framing
from proxy.tap import DocumentTap, StreamTap, Tap
from tests.proxy.bodies import chunk

LIMIT_BYTES = 256 << 10
PIECE_BYTES = 16 << 10
PIECES = 80
"""1.25 MiB in all: 5 times the limit."""


def endless(start: bytes, filler: bytes = b"x") -> Iterator[bytes]:
    yield start
    for _ in range(PIECES):
        yield filler * (PIECE_BYTES // len(filler))


SENT: dict[str, tuple[Callable[[], Tap], Callable[[], Iterator[bytes]]]] = {
    "an event without an end": (
        lambda: StreamTap(openai_chat.DIALECT, hide=True),
        lambda: endless(b'data: {"choices":[{"delta":{"content":"'),
    ),
    "an image in an event": (
        lambda: StreamTap(openai_images.DIALECT, hide=False),
        lambda: endless(b'data: {"type":"image_generation.completed","b64_json":"'),
    ),
    "a line without an end": (
        lambda: StreamTap(ollama_chat.DIALECT, Framing.LINES, hide=False),
        lambda: endless(b'{"model":"m","message":{"content":"'),
    ),
    "a document without an end": (
        lambda: DocumentTap(openai_chat.DIALECT),
        lambda: endless(b'{"choices":[{"message":{"content":"'),
    ),
    "a million spaces, and more": (
        lambda: StreamTap(openai_chat.DIALECT, hide=True),
        lambda: endless(b"data:", b" "),
    ),
    "very many events": (
        lambda: StreamTap(openai_chat.DIALECT, hide=True),
        lambda: endless(b"", chunk("Hello!")),
    ),
    "very many events with usage": (
        lambda: StreamTap(anthropic_messages.DIALECT, hide=False),
        lambda: endless(b"", b'data: {"type":"message_delta","usage":{"output_tokens":7}}\n\n'),
    ),
    "very many names of models": (
        lambda: StreamTap(openai_responses.DIALECT, hide=False),
        lambda: (b'data: {"model":"made-up-%d","usage":null}\n\n' % number for number in range(10_000)),
    ),
    "line ends only": (lambda: StreamTap(openai_chat.DIALECT, hide=True), lambda: endless(b"", b"\r")),
}


@pytest.mark.parametrize("sent", SENT)
def test_a_meter_holds_at_most_256_kib_of_a_stream(sent: str) -> None:
    made, pieces = SENT[sent]
    tap = made()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        held = 0
        for number, piece in enumerate(pieces()):
            tap.feed(piece)
            if number % 10 == 9:
                held = max(held, tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    assert held < LIMIT_BYTES + 2 * PIECE_BYTES, "the pieces under way are not the meter's"
