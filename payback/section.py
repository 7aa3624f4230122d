"""What every table of the configuration is, and how one is found in another."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the configuration: nothing unknown in it, nothing of another type, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def section_in(annotation: Any) -> type[Section] | None:
    """The section that a field holds, alone, in a list, or perhaps; None: it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(section_in, get_args(annotation))), None)
