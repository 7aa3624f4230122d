"""Asking for usage on a client's behalf leaves no trace in what the client sees."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.dialects import openai_chat
from proxy.include_usage import (
    REMEMBERED_MODELS,
    UsageAsking,
    Willing,
    with_usage_asked,
    without_null_usage,
)
from proxy.tap import StreamTap
from tests.proxy.test_sse import cut

REQUEST = b'{"model":"m", "stream": true%s, "messages":[{"content":"stream_options"}]}'


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (b"", None),
        (b',"stream_options":null', b',"stream_options":{"include_usage":true}'),
        (b',"stream_options": {}', b',"stream_options": {"include_usage":true}'),
        (b',"stream_options":{"include_usage":false}', b',"stream_options":{"include_usage":true}'),
        (
            b',"stream_options":{"include_obfuscation": false}',
            b',"stream_options":{"include_obfuscation":false,"include_usage":true}',
        ),
    ],
)
def test_usage_is_asked_for_and_every_other_byte_of_the_request_stays(
    options: bytes, asked: bytes | None
) -> None:
    body = REQUEST % options
    member = b'"stream_options":{"include_usage":true},'
    expected = body[:1] + member + body[1:] if asked is None else REQUEST % asked
    decoded = json.loads(body).get("stream_options", msgspec.UNSET)
    assert with_usage_asked(body, decoded) == expected


@pytest.mark.parametrize("options", [{"include_usage": True}, "yes", [], 1, True])
def test_options_that_ask_already_or_that_nothing_can_be_added_to_stay_as_they_are(options: Any) -> None:
    body = REQUEST % b"" + b"any"
    assert with_usage_asked(body, options) is None


def test_options_that_are_given_twice_stay_as_they_are() -> None:
    """Which of the two upstream reads is its business."""
    body = REQUEST % b',"stream_options":{},"stream_options":{}'
    assert with_usage_asked(body, {}) is None


@pytest.mark.parametrize(
    ("event", "without"),
    [
        (b'data: {"id":"1","usage":null}\n\n', b'data: {"id":"1"}\n\n'),
        (b'data: {"usage":null,"id":"1"}\n\n', b'data: {"id":"1"}\n\n'),
        (b'data: {"id":"1", "usage": null, "x": 2}\r\n\r\n', b'data: {"id":"1", "x": 2}\r\n\r\n'),
        (b'event: x\ndata:{"id":"1","usage":null}\n\n', b'event: x\ndata:{"id":"1"}\n\n'),
        (b'data: {"usage":null}\n\n', b"data: {}\n\n"),
    ],
)
def test_a_null_usage_goes_wherever_it_stands_in_the_event(event: bytes, without: bytes) -> None:
    assert without_null_usage(event) == without


LOOKALIKES = [
    b'data: {"choices":[{"delta":{"content":",\\"usage\\":null}"}}]}\n\n',
    b'data: {"choices":[{"delta":{"arguments":"{\\"a\\":1,\\"usage\\":null}"}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"x"},"usage":null}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"}}]"},"usage":null}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"}}]","usage":null}}]}\n\n',
    b'data: {"x":{"s":"}","usage":null}}\n\n',
    b'data: {"choices":[],"usage":{"prompt_tokens":1,"usage":null}}\n\n',
    b'data: {"choices":[],"usage":"null"}\n\n',
    b'data: {"choices":[],"usage":{}}\n\n',
    b'data: {"choices":[],"Usage":null}\n\n',
    b"data: [DONE]\n\n",
    b": usage\n\n",
]


@pytest.mark.parametrize("event", LOOKALIKES)
def test_text_and_nested_members_that_look_like_a_null_usage_stay(event: bytes) -> None:
    assert without_null_usage(event) == event


TEXT = st.sampled_from(
    [
        ',"usage":null}',
        "}}]",
        "]",
        "{",
        '"',
        "\\",
        '\\",',
        "usage",
        "[DONE]",
        "\n\ndata: [DONE]\n\n",
        "\u00fc\u2028",
        "a",
    ]
) | st.text(max_size=6)
CONTENT = st.lists(TEXT, max_size=4).map("".join)
DELTA = st.fixed_dictionaries(
    {"content": CONTENT},
    optional={"usage": st.none(), "tool_calls": st.just([{"function": {"arguments": '{"usage":null}'}}])},
)


@st.composite
def chat_streams(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """The same answer: of an upstream that was asked for usage, and of one that was not."""
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    prefix = draw(st.sampled_from([b"data: ", b"data:"]))
    place = draw(st.integers(0, 3))
    ascii_only = draw(st.booleans())

    def event(pairs: list[tuple[str, Any]]) -> bytes:
        text = json.dumps(dict(pairs), separators=separators, ensure_ascii=ascii_only)
        return prefix + text.encode("utf-8", "surrogatepass") + end + end

    asked, unasked = b"", b""
    for delta in draw(st.lists(DELTA, min_size=1, max_size=5)):
        pairs: list[tuple[str, Any]] = [("id", "1"), ("model", "m"), ("choices", [{"delta": delta}])]
        unasked += event(pairs)
        asked += event([*pairs[:place], ("usage", None), *pairs[place:]])
        comment = draw(st.sampled_from([b"", b"", b": ping" + end + end]))
        asked, unasked = asked + comment, unasked + comment
    usage = ("usage", {"prompt_tokens": 3, "completion_tokens": 2})
    asked += event([("id", "1"), ("model", "m"), ("choices", []), usage])
    done = draw(st.sampled_from([b"data: [DONE]" + end + end, b"data: [DONE]" + end, b""]))
    return asked + done, unasked + done


@given(chat_streams(), st.lists(st.integers(0, 2000), max_size=6))
@settings(deadline=None, max_examples=300)
def test_a_stream_that_was_asked_for_usage_is_for_the_client_the_one_that_was_not(
    streams: tuple[bytes, bytes], places: list[int]
) -> None:
    asked, unasked = streams
    tap = StreamTap(openai_chat.DIALECT, hide=True)
    seen = b"".join(tap.feed(piece) for piece in cut(asked, places)) + tap.finish()
    assert seen == unasked
    assert tap.learned.usage is not None
    assert (tap.learned.usage.input_tokens, tap.learned.usage.output_tokens) == (3, 2)


@given(chat_streams(), st.lists(st.integers(0, 2000), max_size=6))
@settings(deadline=None)
def test_a_stream_that_the_client_asked_for_is_not_changed_and_passes_at_once(
    streams: tuple[bytes, bytes], places: list[int]
) -> None:
    asked, _ = streams
    tap = StreamTap(openai_chat.DIALECT, hide=False)
    pieces = cut(asked, places)
    assert [tap.feed(piece) for piece in pieces] == pieces
    assert tap.finish() == b""
    assert tap.learned.usage is not None


def test_what_is_remembered_of_models_is_bounded() -> None:
    """Clients name models; a million made-up names must not fill the memory."""
    asking = UsageAsking()
    for number in range(REMEMBERED_MODELS + 10):
        asking.learn("lab", f"model-{number}", Willing.NO)
    assert asking.of("lab", "model-0") is Willing.UNKNOWN
    assert asking.of("lab", f"model-{REMEMBERED_MODELS + 9}") is Willing.NO
    assert asking.of("other", f"model-{REMEMBERED_MODELS + 9}") is Willing.UNKNOWN
