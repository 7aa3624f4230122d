"""Types of what can be set, and what is said of a value that is none."""

import re
from decimal import Decimal, InvalidOperation
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from payback.toml_text import toml_of
from proxy import credential

LONGEST_NAME = 200
_TAKEN_PREFIXES = frozenset({"v1", "v1beta", "api"})
"""First segments of the paths of APIs: an upstream of that name would swallow everybody's calls."""


def _as_decimal(value: object) -> object:
    """Exact: a text, or a number as tomllib.loads(parse_float=Decimal) gives it."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError('write USD, such as "3.00"') from None


def _upstream_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError("write letters, digits, - and _, first a letter or a digit: paths begin with it")
    if name in _TAKEN_PREFIXES:
        raise ValueError(f"paths of APIs begin with /{name}/; write another name")
    return name


def _host(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", name):
        raise ValueError("write a host name alone, such as payback.example, without scheme and port")
    return name


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("write an address such as 127.0.0.1, or a network such as 10.0.0.0/8") from None
    return text


def _header_patterns(patterns: dict[str, str]) -> dict[str, str]:
    for name in patterns:
        if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII):
            raise ValueError(f"{toml_of(name)} is no name of a header; write one, such as X-Team")
        if name.lower() in map(str.lower, credential.HEADERS):
            raise ValueError(f"{name} holds a secret; name that in a [[key]], and match its key")
    return patterns


Text = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], Field(strict=False)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], Field(strict=False)]
HeaderPatterns = Annotated[dict[Text, Text], AfterValidator(_header_patterns)]
UpstreamName = Annotated[Text, AfterValidator(_upstream_name)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
File = Annotated[Path, Field(strict=False)]
Usd = Annotated[Decimal, BeforeValidator(_as_decimal), Field(ge=0, allow_inf_nan=False, max_digits=18)]
