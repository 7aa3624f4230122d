"""How an answer is listened to: what upstream calls it decides, and what was asked for where it does not."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from proxy.dialects import Dialect, ollama_chat, openai_batch, openai_chat
from proxy.inflate import InflatingTap
from proxy.listening import Kind, Metering, tap_for
from proxy.tap import DocumentTap, NoTap, StreamTap, Tap


class Head:
    """As much of an answer as is looked at."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status = status
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers = CIMultiDictProxy(CIMultiDict(named))


def listened(
    dialect: Dialect | None, *, stream: bool = False, status: int = 200, **headers: str
) -> tuple[Kind, type[Tap]]:
    kind, tap = tap_for(Head(status, **headers), Metering(dialect, stream=stream))  # type: ignore[arg-type]
    return kind, type(tap)


@pytest.mark.parametrize(
    ("dialect", "stream", "content_type", "expected"),
    [
        (openai_chat.DIALECT, True, "text/event-stream; charset=utf-8", (Kind.STREAM, StreamTap)),
        (openai_chat.DIALECT, False, "text/event-stream", (Kind.STREAM, StreamTap)),
        (openai_chat.DIALECT, True, "text/plain", (Kind.STREAM, StreamTap)),
        (openai_chat.DIALECT, True, "application/json", (Kind.DOCUMENT, DocumentTap)),
        (openai_chat.DIALECT, False, "", (Kind.DOCUMENT, DocumentTap)),
        (ollama_chat.DIALECT, True, "application/x-ndjson", (Kind.STREAM, StreamTap)),
        (ollama_chat.DIALECT, False, "application/json; charset=utf-8", (Kind.DOCUMENT, DocumentTap)),
        (openai_batch.DIALECT, True, "application/octet-stream", (Kind.STREAM, StreamTap)),
        (None, False, "application/json", (Kind.OPAQUE, NoTap)),
    ],
)
def test_an_answer_is_taken_for_what_it_says_it_is(
    dialect: Dialect | None, stream: bool, content_type: str, expected: tuple[Kind, type[Tap]]
) -> None:
    assert listened(dialect, stream=stream, Content_Type=content_type) == expected


def test_an_error_is_not_listened_to() -> None:
    assert listened(openai_chat.DIALECT, status=400) == (Kind.OPAQUE, NoTap)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_a_compressed_answer_is_inflated_for_the_meter(encoding: str) -> None:
    assert listened(openai_chat.DIALECT, Content_Encoding=encoding)[1] is InflatingTap


def test_an_answer_in_an_unknown_encoding_is_passed_on_unread() -> None:
    assert listened(openai_chat.DIALECT, Content_Encoding="compress") == (Kind.DOCUMENT, NoTap)
