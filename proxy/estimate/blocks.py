"""Text in messages and content blocks. The APIs share one idea of them, and their names do not contradict.

Sources, read 2026-11-22: https://platform.openai.com/docs/api-reference (messages, items of Responses),
https://docs.anthropic.com/en/api/messages (content blocks), https://docs.ollama.com/api/chat (messages),
https://ai.google.dev/api/caching#Content (parts)."""

from typing import Any

import msgspec

from proxy.estimate.passages import Passages, Path

TEXTS = frozenset({
    "text", "refusal", "transcript", "thinking", "reasoning_content", "reasoning",
    "name", "arguments", "args", "input", "partial_json", "response",
    "code", "action", "operation", "stdout", "stderr", "tools",
})  # fmt: skip
"""Members that hold text, or an object that the model sees as JSON."""
INNER = frozenset({
    "content", "parts", "summary", "output", "tool_calls", "function_call", "function", "custom", "audio",
    "functionCall", "functionResponse", "function_response",
    "executableCode", "executable_code", "codeExecutionResult", "code_execution_result",
})  # fmt: skip
"""Members that hold a text, a block, or a list of them."""
MEDIA_MEMBERS = frozenset({"audio", "images", "inlineData", "inline_data", "fileData", "file_data"})
MEDIA_TYPES = frozenset({
    "image", "image_url", "input_image", "computer_screenshot", "image_generation_call",
    "audio", "input_audio", "output_audio", "video", "video_url",
    "document", "file", "input_file", "container_upload",
})  # fmt: skip


def add_blocks(value: object, to: Passages, path: Path | None = None) -> None:
    """*value*: a text, a block, or a list of them; anything else is no text.

    With *path*, texts continue those that were at the same place before.
    Raises RecursionError on blocks within blocks within blocks."""
    if isinstance(value, str):
        to.add(value, path)
    elif isinstance(value, list):
        for number, block in enumerate(value):
            add_blocks(block, to, _below(path, index_of(block, number)))
    elif isinstance(value, dict):
        _add_block(value, to, path)


def json_text(value: object) -> str:
    """As a model may see it: compact, as nobody but upstream knows better. A text is itself."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode("utf-8", "replace")


def index_of(block: object, number: int = 0) -> int:
    """A stream says which choice, block or call a piece belongs to; *number* where it does not."""
    index = block.get("index") if isinstance(block, dict) else None
    return index if type(index) is int else number


def _add_block(block: dict[str, Any], to: Passages, path: Path | None) -> None:
    kind = block.get("type")
    if isinstance(kind, str):
        to.has_earlier_turns |= kind == "item_reference"
        if kind in MEDIA_TYPES:
            _add_media(block, to, path)
            return
    for name, member in block.items():
        if not member or (name == "reasoning" and "reasoning_content" in block):
            continue  # servers that write both write the same
        if name in MEDIA_MEMBERS:
            to.has_media = True
        if name in TEXTS:
            to.add(json_text(member), _below(path, name))
        elif name in INNER:
            add_blocks(member, to, _below(path, name))


def _add_media(block: dict[str, Any], to: Passages, path: Path | None) -> None:
    """A document of Anthropic's may be text all the same."""
    source = block.get("source")
    match source:
        case {"type": "text", "data": str(text)}:
            to.add(text, path)
        case {"type": "content", "content": content}:
            add_blocks(content, to, path)
        case _:
            to.has_media = True


def _below(path: Path | None, name: str | int) -> Path | None:
    return None if path is None else (*path, name)
