"""What a model was given to read, from the body of a request.

Tools and schemas count as compact JSON; how a provider shows them to its model is not known."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from proxy.estimate.blocks import add_blocks, json_text
from proxy.estimate.passages import Passages
from proxy.estimate.shape import Shape
from proxy.lenient import decoded_or_none, respelt

TOKENS_PER_MESSAGE, TOKENS_PER_NAME, TOKENS_OF_REPLY = 3, 1, 3
"""What frames messages, beside the role, which is text. OpenAI's rule for its chat models since 2023:
https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb, read
2026-11-22. Other providers' templates are of the same size, so it stands for theirs too."""


class _Request(msgspec.Struct):
    """The members that hold text, of all the APIs; the rest is skipped at the speed of the scanner."""

    messages: Any = None
    system: Any = None
    prompt: Any = None
    suffix: Any = None
    input: Any = None
    instructions: Any = None
    contents: Any = None
    system_instruction: Any = None
    camel_system_instruction: Any = msgspec.field(default=None, name="systemInstruction")
    tools: Any = None
    functions: Any = None
    response_format: Any = None
    text: Any = None
    images: Any = None
    context: Any = None
    previous_response_id: Any = None
    conversation: Any = None
    cached_content: Any = None
    camel_cached_content: Any = msgspec.field(default=None, name="cachedContent")


_decoder = msgspec.json.Decoder(_Request)


def text_of_request(body: bytes, shape: Shape) -> Passages | None:
    """None where *body* is no JSON object that can be read. Never raises."""
    request = decoded_or_none(_decoder, body, respelt)
    if request is None:
        return None
    passages = Passages()
    try:
        _READERS[shape](request, passages)
    except RecursionError:
        return None
    return passages


def _chat(request: _Request, to: Passages) -> None:
    _add_messages(request.messages, to)
    for definitions in (request.tools, request.functions):
        _add_json(definitions, to)
    match request.response_format:
        case {"json_schema": schema}:
            _add_json(schema, to)


def _responses(request: _Request, to: Passages) -> None:
    _add_system(request.instructions, to)
    asked = request.input
    _add_messages([{"role": "user", "content": asked}] if isinstance(asked, str) else asked, to)
    _add_json(request.tools, to)
    match request.text:
        case {"format": {"schema": schema}}:
            _add_json(schema, to)
    to.has_earlier_turns |= bool(request.previous_response_id or request.conversation)


def _anthropic(request: _Request, to: Passages) -> None:
    _add_system(request.system, to)
    _add_messages(request.messages, to)
    _add_json(request.tools, to)


def _ollama_generate(request: _Request, to: Passages) -> None:
    _add_prompts([request.system, request.prompt, request.suffix, request.context], to)
    to.has_media |= bool(request.images)


def _gemini(request: _Request, to: Passages) -> None:
    _add_system(request.camel_system_instruction or request.system_instruction, to)
    _add_messages(request.contents, to)
    _add_json(request.tools, to)
    to.has_earlier_turns |= bool(request.camel_cached_content or request.cached_content)


_READERS: Mapping[Shape, Callable[[_Request, Passages], None]] = {
    Shape.OPENAI_CHAT: _chat,
    Shape.OPENAI_COMPLETIONS: lambda request, to: _add_prompts([request.prompt, request.suffix], to),
    Shape.OPENAI_EMBEDDINGS: lambda request, to: _add_prompts(request.input, to),
    Shape.OPENAI_RESPONSES: _responses,
    Shape.ANTHROPIC_MESSAGES: _anthropic,
    Shape.OLLAMA_CHAT: _chat,
    Shape.OLLAMA_GENERATE: _ollama_generate,
    Shape.OLLAMA_EMBED: lambda request, to: _add_prompts([request.input, request.prompt], to),
    Shape.GEMINI: _gemini,
}


def _add_messages(messages: object, to: Passages) -> None:
    for message in messages if isinstance(messages, list) else [messages]:
        if not isinstance(message, dict):
            continue
        role = message.get("role")
        to.known_tokens += TOKENS_PER_MESSAGE
        to.known_tokens += TOKENS_PER_NAME if role and message.get("name") else 0
        if isinstance(role, str):
            to.add(role)
        add_blocks(message, to)
    to.known_tokens += TOKENS_OF_REPLY


def _add_system(content: object, to: Passages) -> None:
    """Instructions beside the messages come to the model as a message of their own."""
    if content:
        to.known_tokens += TOKENS_PER_MESSAGE
        to.add("system")
        add_blocks(content, to)


def _add_prompts(prompts: object, to: Passages) -> None:
    """A text, a token's number, something that is not text, or a list of any of them."""
    if type(prompts) is int:
        to.known_tokens += 1
    elif isinstance(prompts, list):
        for prompt in prompts:
            _add_prompts(prompt, to)
    else:
        add_blocks(prompts, to)


def _add_json(value: object, to: Passages) -> None:
    if value:
        to.add(json_text(value))
