"""Values as TOML writes them, for messages about a configuration and for the example of one; and why a text
is no TOML."""

import json
import tomllib
from datetime import date, time
from pathlib import Path

NO_TOML = (ValueError, RecursionError, ArithmeticError)
"""What tomllib.loads raises. Numbers it leaves to Python, which refuses those of thousands of digits, and to
decimals, which refuse an exponent of twenty."""
_LONGEST_DECIMAL_BITS = 10_000
"""Python refuses to print numbers of some thousand digits, and reads them where they are hexadecimal."""


def toml_of(value: object) -> str:
    """
    >>> toml_of({"models": ("llama*",), "self_hosted": True})
    '{ models = ["llama*"], self_hosted = true }'
    """
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_of(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_of, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str | Path):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, int) and value.bit_length() > _LONGEST_DECIMAL_BITS:
        return hex(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def why_not_toml(error: Exception) -> str:
    """One of NO_TOML as the end of a sentence."""
    if not isinstance(error, tomllib.TOMLDecodeError | RecursionError):
        return "a number in it is too long"
    text = str(error)
    return f"{text[:1].lower()}{text[1:]}"
