"""What is wrong with a configuration, in one sentence: which key, what stands there, what to write."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from payback.secret import Secret
from payback.section import Section, section_in
from payback.toml_text import toml_of

LONGEST_SHOWN = 60
"""Of a text that is quoted; a longer one is not quoted."""
_TYPES = {
    "string_type": "text in quotes",
    "string_too_short": "something, or take it out",
    "path_type": "a path in quotes",
    "dict_type": "a table, as { key = value }",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "date_type": "a day without quotes, such as 2026-01-01",
    "is_instance_of": 'USD, such as "3.00"',
    "decimal_max_digits": "18 digits at most",
}
"""What pydantic misses, and what is to be written."""
_BOUNDS = {
    "greater_than": ("gt", "a number above"),
    "greater_than_equal": ("ge", "a number of at least"),
    "less_than": ("lt", "a number below"),
    "less_than_equal": ("le", "a number of at most"),
}
Place = tuple[str | int, ...]


def sentence_of(error: ValidationError, top: type[Section]) -> str:
    """The first thing that is wrong with a *top*; a key that is not known explains one that is missing."""
    errors = error.errors(include_url=False)
    return _sentence_of(min(errors, key=lambda details: details["type"] != "extra_forbidden"), top)


def nearest(name: str, known: Sequence[str]) -> str:
    """What was perhaps meant by *name*, as the end of a sentence."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _sentence_of(error: ErrorDetails, top: type[Section]) -> str:
    place, told = error["loc"], _told(error["loc"])
    if error["type"] == "extra_forbidden":
        return _unknown_key(place, top)
    if error["type"] == "missing":
        return f"{told} is missing; set it{_as_in(place, top)}"
    if error["type"] == "value_error":
        return f"{told}: {error['ctx']['error']}" if told else str(error["ctx"]["error"])
    return f"{told} is {_shown(error, top)}; write {_wanted(error, top)}"


def _unknown_key(place: Place, top: type[Section]) -> str:
    known = [field.alias or name for name, field in _section_at(place[:-1], top).model_fields.items()]
    return f"{_told(place)} is no known key; {nearest(str(place[-1]), known)}"


def _as_in(place: Place, top: type[Section]) -> str:
    fields = _section_at(place[:-1], top).model_fields.items()
    examples = next((field.examples for name, field in fields if place[-1] in (name, field.alias)), None)
    return f", as in {place[-1]} = {toml_of(examples[0])}" if examples else ""


def _wanted(error: ErrorDetails, top: type[Section]) -> str:
    kind, place = error["type"], error["loc"]
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{words} {error['ctx'][bound]:.12g}"
    if kind == "literal_error":
        return str(error["ctx"]["expected"]).replace("'", '"')
    if kind == "string_too_long":
        return f"{error['ctx']['max_length']} characters at most"
    if kind in ("tuple_type", "model_type"):
        return _container_at(place, top)
    return _TYPES.get(kind, f"something else: {error['msg'].lower()}")


def _container_at(place: Place, top: type[Section]) -> str:
    """How the table or list at *place* is to be written."""
    section = _section_at(place, top)
    if section is Secret:
        return '{ env = "NAME" } or { file = "PATH" }, never the secret itself'
    if all(isinstance(part, int) for part in place[1:]):
        is_single = isinstance(top.model_fields[str(place[0])].annotation, type)
        return f"[{place[0]}] above its keys, once" if is_single else f"[[{place[0]}]] above its keys"
    return "a list in brackets" if section is _section_at(place[:-1], top) else "a table, as { key = value }"


def _shown(error: ErrorDetails, top: type[Section]) -> str:
    """What stands there; never what could be a secret."""
    value = error["input"]
    if error["type"] == "string_too_short":
        return "empty"
    if _is_secret(error["loc"], top):
        return "no reference"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    told = toml_of(value)
    if len(told) <= LONGEST_SHOWN:
        return told
    return f"{len(value if isinstance(value, str) else told)} characters long"


def _is_secret(place: Place, top: type[Section]) -> bool:
    return Secret in (_section_at(place, top), _section_at(place[:-1], top))


def _told(place: Place) -> str:
    """
    >>> _told(("server", "port")), _told(("upstream", 1, "api_key", "env"))
    ('[server] port', '[[upstream]] 2 api_key.env')
    >>> _told(("upstream", 0, "models", 2))
    '[[upstream]] 1 models item 3'
    """
    if len(place) < 2:
        return "".join(_key_of(part) for part in place)
    head, rest = f"[{place[0]}]", place[1:]
    if isinstance(rest[0], int):
        head, rest = f"[{head}] {rest[0] + 1}", rest[1:]
    keys = ".".join(_key_of(part) for part in rest if isinstance(part, str))
    items = [f"item {part + 1}" for part in rest if isinstance(part, int)]
    return " ".join(filter(None, (head, keys, *items)))


def _key_of(part: str | int) -> str:
    """As TOML writes it; in quotes where it holds more than a bare key may."""
    return str(part) if re.fullmatch(r"[\w-]+", str(part)) else toml_of(part)


def _section_at(place: Place, top: type[Section]) -> type[Section]:
    """The innermost table that *place* leads into."""
    section = top
    for part in place:
        for name, field in section.model_fields.items():
            if part in (name, field.alias):
                section = section_in(field.annotation) or section
                break
    return section
