"""A plan as TOML, to be kept and given to the command. Pure."""

import json
from collections.abc import Iterator, Mapping

_HEAD = (
    "# What was stated on the page; all else is as the defaults have it.\n"
    "# payback project --plan {file_name}\n"
)


def toml_of_plan(plan: Mapping[str, object], file_name: str = "plan.toml") -> str:
    r"""
    >>> print(toml_of_plan({"horizon_months": 24, "assumptions": {"pue": 1.2}}).partition("plan.toml\n")[2])
    <BLANKLINE>
    horizon_months = 24
    <BLANKLINE>
    [assumptions]
    pue = 1.2
    <BLANKLINE>
    """
    return "\n".join([_HEAD.format(file_name=file_name), *_lines(plan), ""])


def _lines(plan: Mapping[str, object]) -> Iterator[str]:
    yield from (
        f"{key} = {_value(value)}" for key, value in plan.items() if not isinstance(value, dict | list)
    )
    for key, value in plan.items():
        tables = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        for table in tables:
            yield f"\n[[{key}]]" if isinstance(value, list) else f"\n[{key}]"
            yield from (f"{name} = {_value(inner)}" for name, inner in table.items())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
