"""llama.cpp's timings, which its server puts, unasked, on a stream's last chunk with choices and into a whole
answer.

Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, read 2026-11-22. prompt_n
counts the prompt tokens that were processed, in prompt_ms milliseconds, cache_n those that were reused:
together they are the prompt. predicted_n were made, in predicted_ms.
Servers older than cache_n do not say how long the prompt was.
Where usage was asked for, the timings stand beside it on the extra chunk; usage then says the same."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ledger.timings import Timings
from ledger.usage import TokenUsage

_US_PER_MS = 1000
_LONGEST_MS = 10**12
"""Thirty years."""


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


def timings_of(timings: object) -> Timings | None:
    """None where no duration is told. One that cannot be is left out: no bill rests on it."""
    if not isinstance(timings, dict):
        return None
    prefill_us, decode_us = _us(timings.get("prompt_ms")), _us(timings.get("predicted_ms"))
    if prefill_us is None and decode_us is None:
        return None
    return Timings(prefill_us=prefill_us, decode_us=decode_us)


def _us(milliseconds: object) -> int | None:
    """*milliseconds* were decoded with float_hook=exact."""
    if type(milliseconds) is not int and not isinstance(milliseconds, Decimal):
        return None
    if isinstance(milliseconds, Decimal) and not milliseconds.is_finite():
        return None
    return round(milliseconds * _US_PER_MS) if 0 <= milliseconds <= _LONGEST_MS else None
