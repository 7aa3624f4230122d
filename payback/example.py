"""config.example.toml, printed from the settings: python -m payback.example > config.example.toml

What is set in it is the default; what is commented out is optional. Prose is commented with a blank after
the #, settings without one: taking those away leaves a file that loads too."""

import sys
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from pydantic.fields import FieldInfo

from payback.section import section_in
from payback.settings import Settings
from payback.toml_text import toml_of

COLUMNS = 110
INTRODUCTION = (
    "payback reads this as payback.toml in the folder where it is started, or from where --config says. It"
    " needs none of it: what is set below are the defaults, what is commented out are examples. Unknown keys"
    ' are refused. Secrets stand elsewhere: { env = "NAME" } or { file = "PATH" }. Patterns are those of file'
    " names: * ? [abc]."
)


def render_example() -> str:
    """The whole file."""
    fields = Settings.model_fields.items()
    plain = [
        line
        for name, field in fields
        if section_in(field.annotation) is None
        for line in _setting(name, field, "")
    ]
    sections = [line for name, field in fields for line in _section(name, field)]
    return "\n".join([*_prose(INTRODUCTION), "", *plain, *sections, ""])


def _section(name: str, field: FieldInfo) -> Iterator[str]:
    """A table; one that may come more than once is commented out as a whole."""
    section = section_in(field.annotation)
    if section is None:
        return
    is_single = field.annotation is section
    mark = "" if is_single else "#"
    yield ""
    yield from _prose(" ".join((section.__doc__ or "").split()))
    yield f"[{name}]" if is_single else f"#[[{name}]]"
    for key, setting in section.model_fields.items():
        yield from _setting(setting.alias or key, setting, mark)


def _setting(key: str, field: FieldInfo, mark: str) -> Iterator[str]:
    inner = section_in(field.annotation)
    value = _example_of(field)
    yield from _prose(" ".join([field.description or "", *_default(field, value)]))
    if inner is not None and not field.examples:
        yield from _prose(
            "; ".join(f"{name}: {part.description}" for name, part in inner.model_fields.items())
        )
        value = {name: _example_of(part) for name, part in inner.model_fields.items()}
    is_optional = field.is_required() or field.default is None
    yield f"{'#' if is_optional else mark}{key} = {toml_of(value)}"


def _example_of(field: FieldInfo) -> Any:
    return field.examples[0] if field.examples else field.default


def _default(field: FieldInfo, shown: object) -> Iterator[str]:
    """Said where the example shows something else."""
    if not field.is_required() and field.default is not None and field.default != shown:
        yield f"Default: {toml_of(field.default)}."


def _prose(text: str) -> list[str]:
    return wrap(text, COLUMNS, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


if __name__ == "__main__":
    sys.stdout.write(render_example())
