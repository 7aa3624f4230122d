"""How an answer is listened to: what upstream calls it decides, and where that does not tell, what was asked
for and how it begins."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from proxy.dialects import Dialect, ollama_chat, openai_batch, openai_chat
from proxy.inflate import InflatingTap
from proxy.listening import Kind, Listening, Metering, listening_to
from proxy.tap import DocumentTap, NoTap, StreamTap, Tap
from proxy.untold import UntoldTap


class Head:
    """As much of an answer as is looked at."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status = status
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers = CIMultiDictProxy(CIMultiDict(named))


def listened(
    dialect: Dialect | None, *, stream: bool = False, status: int = 200, **headers: str
) -> tuple[Kind, type[Tap]]:
    kind, tap, decoder = heard(Metering(dialect, stream=stream), Head(status, **headers))
    assert decoder is None, "nothing is to be hidden: the client gets the bytes of upstream"
    return kind, type(tap)


def heard(metering: Metering, head: Head) -> Listening:
    return listening_to(head, metering)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dialect", "stream", "content_type", "expected"),
    [
        (openai_chat.DIALECT, True, "text/event-stream; charset=utf-8", (Kind.STREAM, StreamTap)),
        (openai_chat.DIALECT, False, "text/event-stream", (Kind.STREAM, StreamTap)),
        (openai_chat.DIALECT, True, "text/plain", (Kind.UNTOLD, UntoldTap)),
        (openai_chat.DIALECT, True, "", (Kind.UNTOLD, UntoldTap)),
        (openai_chat.DIALECT, True, "application/json", (Kind.UNTOLD, UntoldTap)),
        (openai_chat.DIALECT, False, "application/json", (Kind.DOCUMENT, DocumentTap)),
        (openai_chat.DIALECT, False, "", (Kind.DOCUMENT, DocumentTap)),
        (ollama_chat.DIALECT, True, "application/x-ndjson", (Kind.STREAM, StreamTap)),
        (ollama_chat.DIALECT, True, "application/json", (Kind.UNTOLD, UntoldTap)),
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


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "br", "zstd", "deflate", " GZIP "])
def test_a_compressed_stream_goes_on_inflated_only_where_something_in_it_is_to_be_hidden(
    encoding: str,
) -> None:
    """The usage that payback asked for cannot be taken out of bytes that are compressed."""
    hiding = Metering(openai_chat.DIALECT, stream=True, hide=True)
    stream = {"Content_Type": "text/event-stream", "Content_Encoding": encoding}
    kind, tap, decoder = heard(hiding, Head(200, **stream))
    assert (kind, type(tap), decoder is not None) == (Kind.STREAM, StreamTap, True)
    others = Head(200, **{**stream, "Content_Type": "application/json"}), Head(400, **stream)
    assert [heard(hiding, other).decoder for other in others] == [None, None]
    assert heard(hiding, Head(200, Content_Type="text/event-stream")).decoder is None
    unnamed = heard(hiding, Head(200, Content_Type="text/plain", Content_Encoding=encoding))
    assert (unnamed.kind, type(unnamed.tap), unnamed.decoder is not None) == (Kind.STREAM, StreamTap, True)


def test_a_stream_in_an_unknown_encoding_goes_on_as_it_is_though_something_was_to_be_hidden() -> None:
    hiding = Metering(openai_chat.DIALECT, stream=True, hide=True)
    head = Head(200, Content_Type="text/event-stream", Content_Encoding="compress")
    kind, tap, decoder = heard(hiding, head)
    assert (kind, type(tap), decoder) == (Kind.STREAM, NoTap, None)
