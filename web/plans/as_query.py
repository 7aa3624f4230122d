"""A plan -> the query of an address that asks for the same. Pure."""

import tomllib
from collections.abc import Iterator, Mapping

from web.plan_query import FIELDS, Asked, BadQuery, read_query

_TABLES = frozenset(field.table for field in FIELDS.values()) - {""}
_FIELDS = {(field.table, field.name) for field in FIELDS.values()}


def asked_of_toml(toml: str) -> Asked:
    """Raises BadQuery where it is no plan, or one that an address cannot ask for: files hold more than the
    page has fields for."""
    try:
        document = tomllib.loads(toml)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadQuery(f"the file is not TOML: {str(error)[:200]}") from None
    except ValueError:  # Python's, whose sentence is for programmers
        raise BadQuery("a number in the file is too long") from None
    return read_query(list(_pairs(document)))


def _pairs(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if key == "course" and isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            yield from _stated("course", value[0])
        elif key in _TABLES and key != "course" and isinstance(value, dict):
            yield from _stated(key, value)
        else:
            yield from _stated("", {key: value})


def _stated(table: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        is_plain = (isinstance(value, str | int | float) and not isinstance(value, bool)) or value is True
        if (table, name) not in _FIELDS or not is_plain:
            place = f"{table}.{name}" if table else name
            raise BadQuery(f"it states {place[:80]} in a way that this page has no field for")
        yield name, _text(value)


def _text(value: object) -> str:
    if value is True:
        return "on"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
