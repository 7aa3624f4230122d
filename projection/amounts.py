"""Amounts as people write them: 100M tokens, and two of them with a stroke between."""

import re

MOST_TOKENS = 1e15
"""More a month than everybody together; floats count up to here without a gap."""
_AMOUNT = re.compile(r"(\d[\d_]*(?:\.\d+)?|\.\d+)\s*+([kmbt]?)(?:\s*+tok(?:en)?s?)?", re.IGNORECASE)
_TIMES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}


class Unreadable(ValueError):
    """Not an amount; the text says how to write one."""


def read_tokens(text: str) -> float:
    """
    >>> read_tokens("100M"), read_tokens("1.5B"), read_tokens("200k"), read_tokens("1_366")
    (100000000.0, 1500000000.0, 200000.0, 1366.0)
    """
    found = _AMOUNT.fullmatch(text.strip())
    amount = float(found[1]) * _TIMES[found[2].lower()] if found else float("inf")
    if amount > MOST_TOKENS:
        raise Unreadable(f"{text} is no amount of tokens; write it as 1200000, 200k, 100M or 1.5B")
    return round(amount, 6)


def read_volume(text: str) -> tuple[float, float]:
    """Input and output tokens a month.

    >>> read_volume("100M/50M")
    (100000000.0, 50000000.0)
    """
    parts = text.split("/")
    try:
        input_tokens, output_tokens = map(read_tokens, parts)
    except ValueError:
        raise Unreadable(f"{text} is no volume; write input/output tokens a month, as 100M/50M") from None
    if input_tokens == output_tokens == 0:
        raise Unreadable(f"{text} is no volume: nothing comes in and nothing goes out")
    return input_tokens, output_tokens
