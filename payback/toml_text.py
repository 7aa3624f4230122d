"""Values as TOML writes them, for messages about a configuration and for the example of one; and why a text
is no TOML."""

import json
import tomllib
from datetime import date, time
from pathlib import Path

NO_TOML = (ValueError, RecursionError, ArithmeticError)
"""What tomllib.loads raises. Numbers it leaves to Python, which refuses those of thousands of digits, and to
decimals, which refuse an exponent of twenty."""


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
    return f"{value:g}" if isinstance(value, float) else str(value)


def why_not_toml(error: Exception) -> str:
    """One of NO_TOML as the end of a sentence."""
    if not isinstance(error, tomllib.TOMLDecodeError | RecursionError):
        return "a number in it is too long"
    text = str(error)
    return f"{text[:1].lower()}{text[1:]}"
