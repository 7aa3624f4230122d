"""What a model was given to read, in each API's own words; messages and token ids are counted by hand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.estimate.blocks import INNER, MEDIA_MEMBERS, MEDIA_TYPES, TEXTS
from proxy.estimate.passages import Passages
from proxy.estimate.request_text import text_of_request
from proxy.estimate.shape import Shape
from tests.proxy.bodies import compact


def read(shape: Shape, **request: Any) -> Passages:
    passages = text_of_request(compact(request), shape)
    assert passages is not None
    return passages


TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
TOOL_TEXT = '[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]'
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def test_chat_messages_are_roles_names_and_texts() -> None:
    """Two messages, one with a name: 2 * 3 + 1 + 3 = 10."""
    said = read(
        Shape.OPENAI_CHAT,
        model="gpt-4o",
        messages=[
            {"role": "system", "content": "be kind"},
            {"role": "user", "name": "ann", "content": [{"type": "text", "text": "hi"}, {"type": "text"}]},
        ],
    )
    assert said.texts() == ["system", "be kind", "user", "ann", "hi"]
    assert said.known_tokens == 10
    assert not said.has_media


def test_tool_definitions_schemas_and_earlier_tool_calls_are_read() -> None:
    said = read(
        Shape.OPENAI_CHAT,
        messages=[
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"a":1}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        ],
        tools=[TOOL],
        response_format={"type": "json_schema", "json_schema": {"name": "n"}},
    )
    assert said.texts() == ["assistant", "weather", '{"a":1}', "tool", "rain", TOOL_TEXT, '{"name":"n"}']


def test_images_are_named_and_never_counted_as_text() -> None:
    content = [{"type": "text", "text": "what is this"}, IMAGE]
    said = read(Shape.OPENAI_CHAT, messages=[{"role": "user", "content": content}])
    assert said.texts() == ["user", "what is this"]
    assert said.has_media


def test_reasoning_under_two_names_is_read_once() -> None:
    message = {"role": "assistant", "reasoning": "hm", "reasoning_content": "hm", "content": "yes"}
    assert read(Shape.OPENAI_CHAT, messages=[message]).texts() == ["assistant", "hm", "yes"]


@pytest.mark.parametrize(
    ("prompt", "texts", "tokens"),
    [
        ("one", ["one"], 0),
        (["one", "two"], ["one", "two"], 0),
        ([15339, 1917], [], 2),
        ([[15339, 1917], [1]], [], 3),
        (None, [], 0),
        ([True, 1.5, None], [], 0),
    ],
)
def test_a_prompt_is_a_text_or_tokens_or_a_list_of_either(prompt: Any, texts: list[str], tokens: int) -> None:
    for shape, name in (
        (Shape.OPENAI_COMPLETIONS, "prompt"),
        (Shape.OPENAI_EMBEDDINGS, "input"),
        (Shape.OLLAMA_EMBED, "input"),
    ):
        said = read(shape, **{name: prompt})
        assert (said.texts(), said.known_tokens) == (texts, tokens)


def test_what_comes_after_the_gap_is_read_too() -> None:
    assert read(Shape.OPENAI_COMPLETIONS, prompt="def f(", suffix="return 1").texts() == [
        "def f(",
        "return 1",
    ]


def test_a_responses_input_of_text_is_one_message_beside_the_instructions() -> None:
    """Two messages: 2 * 3 + 3 = 9."""
    said = read(Shape.OPENAI_RESPONSES, instructions="be kind", input="hi", tools=[TOOL])
    assert said.texts() == ["system", "be kind", "user", "hi", TOOL_TEXT]
    assert said.known_tokens == 9


def test_items_of_responses_are_read_whatever_they_are() -> None:
    """Seven items: 7 * 3 + 3 = 24."""
    said = read(
        Shape.OPENAI_RESPONSES,
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "hi"}, {"type": "input_image"}]},
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "hm"}],
                "encrypted_content": "x",
            },
            {"type": "function_call", "name": "f", "arguments": '{"a":1}', "call_id": "c"},
            {"type": "function_call_output", "call_id": "c", "output": "rain"},
            {"type": "custom_tool_call", "name": "sql", "input": "select 1"},
            {"type": "local_shell_call", "action": {"command": ["ls"]}},
            {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        ],
        text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
    )
    assert said.texts() == [
        "user", "hi", "hm", "f", '{"a":1}', "rain", "sql", "select 1", '{"command":["ls"]}',
        "assistant", "no", '{"type":"object"}',
    ]  # fmt: skip
    assert said.known_tokens == 24
    assert said.has_media
    assert not said.has_earlier_turns


@pytest.mark.parametrize(
    ("shape", "request_"),
    [
        (Shape.OPENAI_RESPONSES, {"input": "hi", "previous_response_id": "resp_1"}),
        (Shape.OPENAI_RESPONSES, {"input": "hi", "conversation": "conv_1"}),
        (Shape.OPENAI_RESPONSES, {"input": [{"type": "item_reference", "id": "msg_1"}]}),
        (Shape.GEMINI, {"contents": [], "cachedContent": "cachedContents/1"}),
        (Shape.GEMINI, {"contents": [], "cached_content": "cachedContents/1"}),
    ],
)
def test_what_only_upstream_remembers_is_named(shape: Shape, request_: dict[str, Any]) -> None:
    assert read(shape, **request_).has_earlier_turns


def test_anthropic_messages_are_system_blocks_and_tools() -> None:
    """System and three messages: 4 * 3 + 3 = 15."""
    said = read(
        Shape.ANTHROPIC_MESSAGES,
        system=[{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}],
        messages=[
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "x"},
                    {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Rome"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "rain"}]}
                ],
            },
        ],
        tools=[{"name": "weather", "input_schema": {"type": "object"}}],
    )
    assert said.texts() == [
        "system", "be kind", "user", "hi", "assistant", "hm", "weather", '{"city":"Rome"}', "user", "rain",
        '[{"name":"weather","input_schema":{"type":"object"}}]',
    ]  # fmt: skip
    assert said.known_tokens == 15


@pytest.mark.parametrize(
    ("source", "texts", "has_media"),
    [
        ({"type": "base64", "media_type": "application/pdf", "data": "AAAA"}, [], True),
        ({"type": "text", "media_type": "text/plain", "data": "a page"}, ["a page"], False),
        ({"type": "content", "content": [{"type": "text", "text": "a block"}]}, ["a block"], False),
    ],
)
def test_a_document_is_read_where_it_is_text(source: Any, texts: list[str], has_media: bool) -> None:
    message = {"content": [{"type": "document", "source": source}]}
    said = read(Shape.ANTHROPIC_MESSAGES, messages=[message])
    assert (said.texts(), said.has_media) == (texts, has_media)


def test_ollama_chat_has_thinking_images_and_tool_calls_of_its_own() -> None:
    said = read(
        Shape.OLLAMA_CHAT,
        messages=[
            {"role": "user", "content": "hi", "images": ["AAAA"]},
            {
                "role": "assistant",
                "content": "",
                "thinking": "hm",
                "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Rome"}}}],
            },
        ],
        tools=[TOOL],
    )
    assert said.texts() == ["user", "hi", "assistant", "hm", "weather", '{"city":"Rome"}', TOOL_TEXT]
    assert said.has_media


def test_ollama_generate_is_prompts_and_the_tokens_of_its_context() -> None:
    said = read(Shape.OLLAMA_GENERATE, system="be kind", prompt="hi", context=[1, 2, 3], images=["AAAA"])
    assert (said.texts(), said.known_tokens, said.has_media) == (["be kind", "hi"], 3, True)


def test_the_older_path_of_ollamas_embeddings_has_a_prompt() -> None:
    assert read(Shape.OLLAMA_EMBED, prompt="hi").texts() == ["hi"]


@pytest.mark.parametrize("name", ["systemInstruction", "system_instruction"])
def test_gemini_contents_are_parts(name: str) -> None:
    """Instruction and three contents: 4 * 3 + 3 = 15."""
    said = read(
        Shape.GEMINI,
        **{name: {"parts": [{"text": "be kind"}]}},
        contents=[
            {"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"data": "AAAA"}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {"city": "Rome"}}}]},
            {"parts": [{"functionResponse": {"name": "weather", "response": {"sky": "grey"}}}]},
        ],
        tools=[{"functionDeclarations": [{"name": "weather"}]}],
    )
    assert said.texts() == [
        "system", "be kind", "user", "hi", "model", "weather", '{"city":"Rome"}', "weather", '{"sky":"grey"}',
        '[{"functionDeclarations":[{"name":"weather"}]}]',
    ]  # fmt: skip
    assert said.known_tokens == 15
    assert said.has_media


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b"\xff", b"\x1f\x8b", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_none(body: bytes) -> None:
    assert all(text_of_request(body, shape) is None for shape in Shape)


def test_blocks_in_blocks_in_blocks_are_none_or_read_and_never_an_exception() -> None:
    for depth in (10, 300, 900, 3000):
        body = b'{"messages":[' + b'{"content":[' * depth + b'"x"' + b"]}" * depth + b"]}"
        said = text_of_request(body, Shape.ANTHROPIC_MESSAGES)
        assert said is None or said.texts() == ["x"]


NAMES = st.sampled_from(
    [*TEXTS, *INNER, *MEDIA_MEMBERS, "type", "role", "index", "messages", "prompt", "contents", "source"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.sampled_from([*MEDIA_TYPES, "text", "content"])
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, ANYTHING, max_size=6), st.sampled_from(Shape))
def test_no_object_whatever_is_in_it_raises(request: dict[str, Any], shape: Shape) -> None:
    said = text_of_request(compact(request), shape)
    assert said is None or said.known_tokens >= 0


@given(st.binary(max_size=200), st.sampled_from(Shape))
def test_no_bytes_raise(body: bytes, shape: Shape) -> None:
    said = text_of_request(body, shape)
    assert said is None or said.length >= 0
