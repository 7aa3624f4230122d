"""The counts and durations that Ollama's own API has in common.

Source: https://docs.ollama.com/api/usage and .../api/errors, ollama's api/types.go, read 2026-11-22. The
object with done: true, the last line of a stream, has them; durations are in nanoseconds. A count of 0 is
left out. prompt_eval_count is the whole prompt, prompt_eval_cached_count the part of it that was in the
cache, and prompt_eval_duration the time for the rest. Older versions counted what they processed, and left
prompt_eval_count out where the cache had the whole prompt: how long that was is not known. A request
without a prompt loads a model or, with keep_alive 0, unloads it. An error after the start is a line of its
own."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import asdict

from ledger.timings import Timings
from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects.counted import Counted, counted
from proxy.dialects.reading import Reading, name_of
from proxy.lenient import decoded_or_none

MARKS = (b'_eval_count"', b'"done":true', b'"done": true', b'"error"')
TAIL_MARK = b'"total_duration"'
"""Durations and counts end an answer, after its text, its numbers and its context."""
NO_PROMPT_COUNT = "prompt_eval_count is missing"
_NUMBERS = (
    "prompt_eval_count", "prompt_eval_cached_count", "eval_count",
    "total_duration", "load_duration", "prompt_eval_duration", "eval_duration",
)  # fmt: skip
_WITHOUT_PROMPT = frozenset({"load", "unload"})
_NS_PER_US = 1000


class Top(msgspec.Struct):
    model: Any = None
    done: Any = None
    done_reason: Any = None
    error: Any = None
    prompt_eval_count: Any = None
    prompt_eval_cached_count: Any = None
    eval_count: Any = 0
    total_duration: Any = None
    load_duration: Any = None
    prompt_eval_duration: Any = None
    eval_duration: Any = None


_decoder = msgspec.json.Decoder(Top)


def decoded(document: bytes) -> Top | None:
    """None where *document* is no JSON object."""
    return decoded_or_none(_decoder, document)


def read(document: bytes) -> Reading | None:
    """A line of a stream, or a whole answer."""
    top = decoded(document)
    if top is None:
        return None
    if top.error is not None:
        return Reading(problem="upstream reported an error in its stream")
    usage, problem = _counted(top)
    return Reading(
        model=name_of(top.model),
        usage=usage,
        reported=reported_in(top),
        problem=problem,
        timings=timings_of(top.load_duration, top.prompt_eval_duration, top.eval_duration),
        is_last=top.done is True,
        is_partial=usage is not None and top.done is False,
    )


def usage_of(top: Top) -> Counted:
    """Of an answer that has a prompt."""
    if top.prompt_eval_count is None:
        return None, NO_PROMPT_COUNT
    return counted(asdict(top), _usage_of)


def _usage_of(counts: Mapping[str, Any]) -> TokenUsage:
    return TokenUsage(
        input_tokens=counts["prompt_eval_count"],
        output_tokens=counts["eval_count"],
        cache_read_tokens=counts["prompt_eval_cached_count"],
    )


def reported_in(top: Top) -> dict[str, Any] | None:
    """None where no count is told: all lines but the last."""
    numbers = {name: value for name in _NUMBERS if (value := getattr(top, name))}
    return numbers or None


def timings_of(load_ns: object, prefill_ns: object, decode_ns: object) -> Timings | None:
    """A duration that cannot be is none; None where there is no duration at all."""
    load, prefill, decode = map(_microseconds, (load_ns, prefill_ns, decode_ns))
    if load is prefill is decode is None:
        return None
    return Timings(load_us=load, prefill_us=prefill, decode_us=decode)


def _counted(top: Top) -> Counted:
    if isinstance(top.done_reason, str) and top.done_reason in _WITHOUT_PROMPT:
        return TokenUsage(input_tokens=0), None
    is_told = top.done is True or top.prompt_eval_count is not None
    return usage_of(top) if is_told else (None, None)


def _microseconds(duration_ns: object) -> int | None:
    if type(duration_ns) is not int or not 0 <= duration_ns <= MAX_TOKENS:
        return None
    return duration_ns // _NS_PER_US
