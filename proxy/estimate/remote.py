"""The tokenizer of the upstream itself, where it is a local engine that offers one. Opens no connection.

Sources, read 2026-11-22: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md,
https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/serve/tokenize/protocol.py."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from proxy.estimate.passages import Passages

UPSTREAM_TOKENIZER = "upstream /tokenize"
"""The name of that tokenizer, whichever it is."""
PATH = "/tokenize"
MOST_REFUSALS = 3
"""So many times in a row nothing usable came: then it is not asked again. Once may be a passing fault."""

Post = Callable[[str, bytes], Awaitable[bytes | None]]
"""Sends a JSON body to a path of the upstream; the answer's body, or None where there is no good one."""


class _Answer(msgspec.Struct):
    tokens: list[msgspec.Raw] | None = None
    count: int | None = None


_decoder = msgspec.json.Decoder(_Answer)


def _as_llama_cpp_reads_it(text: str, _: str | None) -> dict[str, Any]:
    return {"content": text, "add_special": False, "parse_special": False}


def _as_vllm_reads_it(text: str, model: str | None) -> dict[str, Any]:
    named = {} if model is None else {"model": model}
    return {"prompt": text, "add_special_tokens": False, **named}


_Body = Callable[[str, str | None], dict[str, Any]]
_BODIES: tuple[_Body, ...] = (_as_llama_cpp_reads_it, _as_vllm_reads_it)
"""In this order: vLLM refuses the first, while llama.cpp finds no text in the second and counts 0."""


class RemoteTokenizer:
    """One upstream's. Finds out which body it understands, and remembers it."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._bodies = _BODIES
        self._refusals = 0

    async def count(self, text: str, model: str | None = None) -> int | None:
        """Tokens of *text*, cut and scaled as TokenCounter does it; None where upstream does not say."""
        passages = Passages()
        passages.add(text)
        return await self.count_passages(passages, model)

    async def count_passages(self, passages: Passages, model: str | None = None) -> int | None:
        """Passages go as one text, a newline between them. Without their known_tokens."""
        text = "\n".join(passages.texts()).encode("utf-8", "replace").decode()
        if not text or self._refusals >= MOST_REFUSALS:
            return None if text else 0
        for body in self._bodies:
            answer = await self._post(PATH, msgspec.json.encode(body(text, model)))
            if answer is not None and (count := _count_in(answer, text)) is not None:
                self._bodies, self._refusals = (body,), 0
                return passages.scaled(count)
        self._bodies, self._refusals = _BODIES, self._refusals + 1
        return None


def _count_in(answer: bytes, text: str) -> int | None:
    """None where it cannot be one: a text has one token at least, and at most its bytes and a start."""
    try:
        read = _decoder.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    count = read.count if read.tokens is None else len(read.tokens)
    return count if count is not None and 0 < count <= len(text.encode()) + 1 else None
