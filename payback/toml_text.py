"""Values as TOML writes them: for messages about a configuration, and for the example of one."""

import json
from datetime import date, time
from pathlib import Path


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
