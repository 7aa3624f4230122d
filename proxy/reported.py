"""What upstream itself wrote of its usage, as the ledger keeps it: the numbers, under upstream's own names.

It is the evidence behind a row's counts: should a provider's convention turn out to be another one, the
counts can be derived again. No words are kept, whatever they say. Pure."""

import re
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any

import msgspec

from ledger.call import LONGEST_REPORTED

DEEPEST = 4
"""Objects and lists within each other: the cache writes by lifetime in Anthropic's iterations are at four."""
MOST_MEMBERS = 256
"""Of one object or list; one that has more is left out. It bounds the work: more would hardly fit."""
LONGEST_NAME = 64
MOST_DIGITS = 40
"""Of a fraction, and of its exponent's reach; a nano-USD with 17 digits has 26."""
_LARGEST = (1 << 63) - 1
_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST_NAME}}}")
_USUAL = frozenset({
    "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
    "prompt_tokens_details", "completion_tokens_details", "cached_tokens", "reasoning_tokens", "audio_tokens",
})  # fmt: skip
"""Names that need no second look: most answers have no others."""
_Count = Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]


class _Details(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cached_tokens: _Count = 0
    cache_write_tokens: _Count = 0
    reasoning_tokens: _Count = 0
    audio_tokens: _Count = 0
    image_tokens: _Count = 0
    text_tokens: _Count = 0
    accepted_prediction_tokens: _Count = 0
    rejected_prediction_tokens: _Count = 0


_NO_DETAILS = _Details()


class _Usual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What most answers have, and nothing beside it. Told apart by msgspec: it is looked at of each call."""

    prompt_tokens: _Count = 0
    completion_tokens: _Count = 0
    total_tokens: _Count = 0
    input_tokens: _Count = 0
    output_tokens: _Count = 0
    prompt_tokens_details: _Details = _NO_DETAILS
    completion_tokens_details: _Details = _NO_DETAILS
    input_tokens_details: _Details = _NO_DETAILS
    output_tokens_details: _Details = _NO_DETAILS


_encode = msgspec.json.Encoder(decimal_format="number").encode


def render_reported(told: object) -> str | None:
    """The numbers in *told*, a decoded usage object, as compact JSON; None where it holds none.

    What does not fit in LONGEST_REPORTED loses what lies deepest: totals stand at the top.

    >>> render_reported({"type": "tokens", "input_tokens": 9, "details": {"cached": 4, "is_paid": True}})
    '{"input_tokens":9,"details":{"cached":4}}'
    """
    if isinstance(told, dict) and told and _is_usual(told):
        return _encode(told).decode()
    for depth in range(DEEPEST, 0, -1):
        numbers = _in_object(told, depth) if isinstance(told, dict) else {}
        if not numbers:
            return None
        text = _encode(numbers)
        if len(text) <= LONGEST_REPORTED:
            return text.decode()
    return None


def _is_usual(members: dict[Any, Any]) -> bool:
    """Counts under the usual names and nothing else, as in most answers: it is kept as it is."""
    try:
        msgspec.convert(members, _Usual)
    except msgspec.ValidationError:
        return False
    return {} not in members.values()


def _in_object(members: dict[Any, Any], depth: int) -> dict[str, Any]:
    if not depth or len(members) > MOST_MEMBERS:
        return {}
    numbers = {}
    for name, value in members.items():
        kept = _numbers_in(value, depth)
        if kept is not None and (name in _USUAL or _is_name(name)):
            numbers[name] = kept
    return numbers


def _in_list(members: list[Any], depth: int) -> list[Any]:
    if not depth or len(members) > MOST_MEMBERS:
        return []
    found = (_numbers_in(value, depth) for value in members)
    return [kept for kept in found if kept is not None]


def _numbers_in(value: object, depth: int) -> Any:
    """None where there are none."""
    kind = type(value)
    if kind is int:
        return value if -_LARGEST <= value <= _LARGEST else None  # type: ignore[operator]  # an int, as was asked
    if kind is dict:
        return _in_object(value, depth - 1) or None  # type: ignore[arg-type]
    if kind is list:
        return _in_list(value, depth - 1) or None  # type: ignore[arg-type]
    return value if _is_fraction(value) else None


def _is_fraction(value: object) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    return len(str(value)) <= MOST_DIGITS and abs(value.adjusted()) <= MOST_DIGITS


def _is_name(name: str) -> bool:
    """ASCII letters, digits and _ . - make one; the first question is the quick one."""
    return (name.isidentifier() and name.isascii() and len(name) <= LONGEST_NAME) or bool(
        _NAME.fullmatch(name)
    )
