"""The members that OpenAI's older APIs share at the top of an answer or an event."""

from collections.abc import Callable
from typing import Any

import msgspec

from ledger.usage import TokenUsage
from proxy.dialects import llama_timings, openai_usage
from proxy.dialects.reading import Reading, name_of


class _Top(msgspec.Struct):
    """Only what is metered is decoded; the rest is skipped at the speed of the scanner."""

    model: Any = None
    service_tier: Any = None
    usage: Any = None
    timings: Any = None
    choices: msgspec.Raw = msgspec.Raw(b"")


_decoder = msgspec.json.Decoder(_Top)


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    try:
        top = _decoder.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    usage, problem = _usage(top.usage, openai_usage.usage_of)
    if top.usage is None:
        usage, problem = _usage(top.timings, llama_timings.usage_of)
    return Reading(
        model=name_of(top.model),
        service_tier=name_of(top.service_tier),
        usage=usage,
        problem=problem,
        is_extra=isinstance(top.usage, dict)
        and bytes(top.choices).translate(None, b" \t\r\n") in (b"", b"[]", b"null"),
    )


def _usage(
    value: object, usage_of: Callable[[dict[str, Any]], TokenUsage]
) -> tuple[TokenUsage | None, str | None]:
    if value is None:
        return None, None
    if not isinstance(value, dict):
        return None, "usage in the answer is not an object"
    try:
        usage = usage_of(value)
    except ValueError as error:
        return None, f"usage in the answer is wrong: {error}"
    if usage.input_tokens == 0 and usage.output_tokens == 0:
        return None, "upstream reported no tokens at all"
    return usage, None
