"""What a model wrote: the same text, whether it came whole or in pieces."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.estimate.answer_text import AnswerText
from proxy.estimate.passages import MOST_CHARACTERS
from proxy.estimate.shape import Shape
from proxy.sse import EventSplitter, data_of
from tests.proxy.bodies import compact
from tests.proxy.test_estimate_request import ANYTHING


def heard(shape: Shape, documents: Iterable[Any]) -> AnswerText:
    answer = AnswerText(shape)
    for document in documents:
        answer.feed(document if isinstance(document, bytes) else compact(document))
    return answer


def delta(index: int = 0, **delta: Any) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": index, "delta": delta}]}


def call(index: int, **function: str) -> dict[str, Any]:
    return delta(tool_calls=[{"index": index, "function": function}])


CHAT_STREAM = [
    delta(role="assistant", content=""),
    delta(reasoning_content="let me "),
    delta(reasoning_content="see"),
    delta(content="Hel"),
    delta(content="lo!"),
    call(0, name="weather", arguments=""),
    call(0, arguments='{"city":'),
    call(1, name="time", arguments="{"),
    call(0, arguments='"Rome"}'),
    call(1, arguments="}"),
    {"choices": [], "usage": None},
    b"[DONE]",
]
CHAT_TEXTS = ["let me see", "Hello!", "weather", '{"city":"Rome"}', "time", "{}"]


def test_a_chat_stream_is_its_deltas_put_together() -> None:
    answer = heard(Shape.OPENAI_CHAT, CHAT_STREAM)
    assert answer.passages.texts() == CHAT_TEXTS
    assert answer.is_understood


def test_a_whole_chat_answer_has_the_texts_of_its_stream() -> None:
    functions = [
        {"name": "weather", "arguments": '{"city":"Rome"}'},
        {"name": "time", "arguments": "{}"},
    ]
    message = {
        "role": "assistant",
        "reasoning_content": "let me see",
        "content": "Hello!",
        "refusal": None,
        "tool_calls": [{"id": "c", "type": "function", "function": function} for function in functions],
    }
    whole = {"object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    assert heard(Shape.OPENAI_CHAT, [whole]).passages.texts() == CHAT_TEXTS


def test_choices_that_come_in_turns_are_texts_of_their_own() -> None:
    pieces = [(0, "Hel"), (1, "Bon"), (0, "lo"), (1, "jour")]
    answer = heard(Shape.OPENAI_CHAT, [delta(index, content=text) for index, text in pieces])
    assert answer.passages.texts() == ["Hello", "Bonjour"]
    both = [{"index": index, "message": {"content": text}} for index, text in ((0, "Hello"), (1, "Bonjour"))]
    assert heard(Shape.OPENAI_CHAT, [{"choices": both}]).passages.texts() == ["Hello", "Bonjour"]


def test_a_stream_that_ends_with_the_whole_message_counts_once() -> None:
    end = {"choices": [{"index": 0, "message": {"content": "Hello!"}}]}
    assert heard(Shape.OPENAI_CHAT, [delta(content="Hello!"), end]).passages.texts() == ["Hello!"]


def test_parts_of_a_delta_are_text_too() -> None:
    """Mistral's reasoning models send lists."""
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "yes"},
    ]
    assert "yes" in heard(Shape.OPENAI_CHAT, [delta(content=parts)]).passages.texts()


def test_spoken_answers_have_media_and_what_was_said() -> None:
    message = {"content": None, "audio": {"id": "a", "data": "AAAA", "transcript": "Hello!"}}
    passages = heard(Shape.OPENAI_CHAT, [{"choices": [{"message": message}]}]).passages
    assert (passages.texts(), passages.has_media) == (["Hello!"], True)


def test_completions_are_the_texts_of_their_choices() -> None:
    stream = [{"choices": [{"index": 0, "text": text, "logprobs": None}]} for text in ("one ", "two")]
    assert heard(Shape.OPENAI_COMPLETIONS, stream).passages.texts() == ["one two"]
    whole = {"object": "text_completion", "choices": [{"index": 0, "text": "one two"}]}
    assert heard(Shape.OPENAI_COMPLETIONS, [whole]).passages.texts() == ["one two"]


def said(kind: str, delta: str, output_index: int = 0) -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "output_index": output_index, "delta": delta}


OUTPUT = [
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
    {"type": "message", "content": [{"type": "output_text", "text": "Hello!", "annotations": []}]},
    {"type": "function_call", "name": "weather", "arguments": '{"city":"Rome"}'},
]
RESPONSES_STREAM = [
    {"type": "response.created", "response": {"output": []}},
    said("reasoning_summary_text", "hm"),
    said("output_text", "Hel", 1),
    said("output_text", "lo!", 1),
    {"type": "response.output_text.done", "text": "Hello!"},
    {"type": "response.content_part.done", "part": {"type": "output_text", "text": "Hello!"}},
    {"type": "response.output_item.done", "item": OUTPUT[1]},
    {
        "type": "response.output_item.added",
        "item": {"type": "function_call", "name": "weather", "arguments": ""},
    },
    said("function_call_arguments", '{"city":', 2),
    said("function_call_arguments", '"Rome"}', 2),
    {"type": "response.function_call_arguments.done", "arguments": '{"city":"Rome"}'},
    {"type": "response.completed", "response": {"output": OUTPUT}},
]
RESPONSES_TEXTS = {"hm", "Hello!", "weather", '{"city":"Rome"}'}


def test_responses_are_heard_once_though_their_stream_tells_all_of_it_three_times() -> None:
    for documents in (
        RESPONSES_STREAM,
        [{"object": "response", "output": OUTPUT}],
        [{"type": "response.completed", "response": {"output": OUTPUT}}],
    ):
        texts = heard(Shape.OPENAI_RESPONSES, documents).passages.texts()
        assert (set(texts), len(texts)) == (RESPONSES_TEXTS, 4)


def test_streamed_audio_of_responses_is_media_and_its_transcript_text() -> None:
    events = [said("audio", "AAAA"), said("audio.transcript", "Hello!")]
    passages = heard(Shape.OPENAI_RESPONSES, events).passages
    assert (passages.texts(), passages.has_media) == (["Hello!"], True)


ANTHROPIC_BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "hm", "signature": "x"},
    {"type": "text", "text": "Hello!"},
    {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Rome"}},
]
ANTHROPIC_STREAM = [
    {"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hel"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "lo!"}},
    {"type": "content_block_start", "index": 2, "content_block": {**ANTHROPIC_BLOCKS[2], "input": {}}},
    {
        "type": "content_block_delta",
        "index": 2,
        "delta": {"type": "input_json_delta", "partial_json": '{"city":'},
    },
    {
        "type": "content_block_delta",
        "index": 2,
        "delta": {"type": "input_json_delta", "partial_json": '"Rome"}'},
    },
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}},
    {"type": "message_stop"},
]


def test_anthropic_answers_have_the_same_texts_whole_and_streamed() -> None:
    whole = {"type": "message", "role": "assistant", "content": ANTHROPIC_BLOCKS}
    texts = ["hm", "Hello!", "weather", '{"city":"Rome"}']
    assert heard(Shape.ANTHROPIC_MESSAGES, ANTHROPIC_STREAM).passages.texts() == texts
    assert heard(Shape.ANTHROPIC_MESSAGES, [whole]).passages.texts() == texts


def test_ollama_answers_are_lines() -> None:
    chat = [
        {"message": {"role": "assistant", "content": "", "thinking": "hm"}, "done": False},
        {"message": {"role": "assistant", "content": "Hel"}, "done": False},
        {"message": {"role": "assistant", "content": "lo!"}, "done": True, "eval_count": 4},
    ]
    assert heard(Shape.OLLAMA_CHAT, chat).passages.texts() == ["hm", "Hello!"]
    generated = [{"response": "Hel", "done": False}, {"response": "lo!", "done": True, "context": [1, 2]}]
    assert heard(Shape.OLLAMA_GENERATE, generated).passages.texts() == ["Hello!"]


def gemini(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"candidates": [{"index": 0, "content": {"role": "model", "parts": list(parts)}}]}


def test_gemini_answers_are_parts_in_events_or_in_one_list() -> None:
    stream = [gemini({"text": "Hel"}), gemini({"text": "lo!"}), {"usageMetadata": {}}]
    assert heard(Shape.GEMINI, stream).passages.texts() == ["Hello!"]
    assert heard(Shape.GEMINI, [stream]).passages.texts() == ["Hello!"]
    made = gemini({"inlineData": {"mimeType": "image/png", "data": "AAAA"}})
    assert heard(Shape.GEMINI, [made]).passages.has_media


@pytest.mark.parametrize("shape", [Shape.OPENAI_EMBEDDINGS, Shape.OLLAMA_EMBED])
def test_embeddings_write_nothing_and_are_not_even_decoded(shape: Shape) -> None:
    answer = heard(shape, [b'{"data":[{"embedding":[0.1'])
    assert answer.passages.length == 0
    assert answer.is_understood


def test_a_long_answer_is_measured_beyond_what_is_kept() -> None:
    answer = heard(Shape.OPENAI_CHAT, [delta(content="abcdefghij")] * 20_000)
    (text,) = answer.passages.texts()
    assert (len(text), answer.passages.length) == (MOST_CHARACTERS, 200_000)


@pytest.mark.parametrize(
    ("documents", "is_understood"),
    [
        ([], True),
        ([b"", b"[DONE]"], True),
        ([b"<html>"], False),
        ([b"\x1f\x8b"], False),
        ([b'"text"', b"7"], False),
        ([b"<html>", {"choices": []}], True),
    ],
)
def test_an_answer_is_understood_once_an_object_of_it_was(documents: list[Any], is_understood: bool) -> None:
    assert heard(Shape.OPENAI_CHAT, documents).is_understood == is_understood


def test_recorded_answers_have_the_text_that_stands_in_them(pytestconfig: pytest.Config) -> None:
    """Read here without the collector: content of each delta or message, one after the other."""
    folder = pytestconfig.rootpath / "tests" / "data" / "openai_chat"
    files = [file for file in folder.glob("*.sse") if "." not in file.stem]
    for file in files:
        splitter = EventSplitter()
        _, events, _ = splitter.feed(file.read_bytes())
        documents = [data_of(event) for event in [*events, splitter.finish()]]
        contents = "".join(content_of(document) for document in documents)
        texts = heard(Shape.OPENAI_CHAT, documents).passages.texts()
        assert not contents or contents in texts, file.name
    assert len(files) > 5


def content_of(document: bytes) -> str:
    if not document.startswith(b"{"):
        return ""
    choices = json.loads(document).get("choices") or []
    return "".join(choice.get("delta", {}).get("content") or "" for choice in choices)


MEMBERS = (
    "type", "choices", "delta", "content_block", "index", "content", "output", "output_index", "item",
    "message", "response", "thinking", "candidates",
)  # fmt: skip
TOPS = st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, ANYTHING))
CHOICES = st.fixed_dictionaries({"choices": st.lists(st.fixed_dictionaries({"delta": ANYTHING}), max_size=3)})
TYPED = st.builds(
    lambda top, kind: {**top, "type": kind},
    TOPS,
    st.sampled_from(["response.output_text.delta", "response.completed", "response.output_item.added"]),
)


@given(st.lists(TOPS | CHOICES | TYPED | ANYTHING, max_size=4), st.sampled_from(Shape))
def test_no_document_raises(documents: list[Any], shape: Shape) -> None:
    passages = heard(shape, map(compact, documents)).passages
    assert sum(map(len, passages.texts())) == min(passages.length, MOST_CHARACTERS)


def test_what_json_forbids_and_other_readers_read_is_text_all_the_same() -> None:
    half = rb'{"choices":[{"delta":{"content":"Hel\ud83d"},"logprobs":[NaN]}]}'
    answer = heard(Shape.OPENAI_CHAT, [half, delta(content="lo")])
    assert (answer.passages.texts(), answer.is_understood) == (["Hel\ufffdlo"], True)


@given(st.lists(st.binary(max_size=200), max_size=4), st.sampled_from(Shape))
def test_no_bytes_raise(documents: list[bytes], shape: Shape) -> None:
    assert heard(shape, documents).passages.length >= 0


@pytest.mark.parametrize("shape", Shape)
def test_depth_that_no_parser_takes_raises_nothing(shape: Shape) -> None:
    for depth in (500, 990, 3000, 100_000):
        nested = b'{"content":' * depth + b'"x"' + b"}" * depth
        answer = heard(shape, [nested, b"[" * depth, b'{"choices":[{"delta":%s}]}' % nested])
        assert answer.passages.length <= 2


EMPTY = [
    (Shape.OPENAI_CHAT, b'{"error":{"message":"x"}}', True),
    (Shape.OPENAI_CHAT, b'{"choices":[{"message":{"content":""}}]}', True),
    (Shape.OPENAI_CHAT, b'{"choices":[{"message":{"content":"x"}}]}', False),
    (Shape.OPENAI_CHAT, b'{"choices":[{"message":{"tool_calls":[{"function":{"name":"f"}}]}}]}', False),
    (Shape.OPENAI_CHAT, b'{"choices":[{"message":{"audio":{"data":"aQ=="}}}]}', False),
    (Shape.OPENAI_CHAT, b"<html>", False),
    (Shape.OPENAI_EMBEDDINGS, b'{"data":[]}', False),
]


@pytest.mark.parametrize(("shape", "document", "is_empty"), EMPTY)
def test_an_answer_in_which_nothing_is_written_is_empty(
    shape: Shape, document: bytes, is_empty: bool
) -> None:
    text = AnswerText(shape)
    text.feed(document)
    assert text.is_empty is is_empty
