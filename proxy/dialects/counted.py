"""What every reader of a usage object does with it: counts, or the reason why there are none."""

from collections.abc import Callable
from typing import Any

from ledger.usage import TokenUsage
from proxy.dialects.reading import NO_TOKENS

Counted = tuple[TokenUsage | None, str | None]
"""The usage, or the problem with it; neither where nothing is said."""


def counted(value: object, usage_of: Callable[[dict[str, Any]], TokenUsage]) -> Counted:
    """*usage_of* raises ValueError where an object holds no usable counts. A usage of 0 and 0 is none.

    >>> counted({}, lambda usage: TokenUsage(input_tokens=usage.get("n")))
    (None, 'usage in the answer is wrong: input_tokens is not a count of tokens')
    """
    if value is None:
        return None, None
    if not isinstance(value, dict):
        return None, "usage in the answer is not an object"
    try:
        usage = usage_of(value)
    except ValueError as error:
        return None, f"usage in the answer is wrong: {error}"
    return (usage, None) if usage.input_tokens or usage.output_tokens else (None, NO_TOKENS)


def together(usage: object, **beside: object) -> object:
    """For Reading.reported: *usage*, and under its name what stands *beside* it in the answer and counts too.

    >>> together({"total_tokens": 9}, meta=None), together(None, timings={"prompt_n": 8})
    ({'total_tokens': 9}, {'timings': {'prompt_n': 8}})
    """
    found = {name: value for name, value in beside.items() if value is not None}
    if not found:
        return usage
    return {**usage, **found} if isinstance(usage, dict) else found


def part(usage: object, name: str) -> dict[str, Any]:
    """A member that is an object; {} for anything else: details that are no object say nothing."""
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if isinstance(found, dict) else {}
