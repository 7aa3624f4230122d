"""llama.cpp's timings, which its server puts on the last chunk with choices of a stream, unasked.

Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, read 2026-11-22. prompt_n
counts the prompt tokens that were processed, cache_n those that were reused: together they are the prompt.
Servers older than cache_n do not say how long the prompt was.
Where usage was asked for, the timings stand beside it on the extra chunk; usage then says the same."""

from collections.abc import Mapping
from typing import Any

from ledger.usage import TokenUsage


def usage_of(timings: Mapping[str, Any]) -> TokenUsage:
    """Raises ValueError where the object holds no usable counts."""
    processed, reused = timings.get("prompt_n"), timings.get("cache_n")
    if type(processed) is not int or type(reused) is not int:
        raise ValueError("prompt_n or cache_n is not a count of tokens")
    return TokenUsage(
        input_tokens=processed + reused,
        output_tokens=timings.get("predicted_n"),  # type: ignore[arg-type]  # TokenUsage refuses what is no count
        cache_read_tokens=reused,
    )
