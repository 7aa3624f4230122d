"""Every model that a call names, wherever it does: for keys that may ask for some only.

Who may not have a model must not get it by naming two: upstreams differ in which of two members, parts or
parameters they take, and whether a path goes before a body. So all are found, and all must be allowed.
Ollama, in Go, takes members of any case; https://pkg.go.dev/encoding/json#Unmarshal, read 2026-11-22."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from proxy.asked import Asked
from proxy.dialects import openai_realtime
from proxy.dialects.sessions import session_at
from proxy.form import is_form, values_of
from proxy.request import Request
from proxy.route import Target

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ONCE = ("Content-Type", "Content-Encoding")
"""Sent twice, they may be read as one thing here and as another there."""
_LONGEST_ASKED = 200
"""Characters. proxy.asked cuts names to so many."""
_IN_QUERY = frozenset({"model", "deployment"})


def models_named(request: Request, target: Target, asked: Asked, *, is_socket: bool) -> Sequence[str] | None:
    """None: that cannot be told. Empty: the call is a read, and names none."""
    in_path = [unquote(target.model)] if target.model else []
    if is_socket:
        return _of_socket(target)
    if not request.body_exists:
        return in_path or ([] if request.method in _READS else None)
    if target.dialect is None or asked.text is None or _is_told_twice(request):
        return None
    content_type = request.headers.get("Content-Type", "")
    if target.dialect.is_form and is_form(content_type):
        in_body = values_of(asked.text, content_type, "model")
    else:
        in_body = _in_json(asked.text, asked.model)
    return [*in_path, *in_body] or None if in_body is not None else None


def _of_socket(target: Target) -> Sequence[str] | None:
    """A realtime session has the model of its handshake; in others, messages say which."""
    if session_at(target.spoken) is not openai_realtime.DIALECT:
        return None
    query = target.raw_path.partition("?")[2]
    return [value for name, value in parse_qsl(query) if name.lower() in _IN_QUERY] or None


def _is_told_twice(request: Request) -> bool:
    return any(len(request.headers.getall(name, ())) > 1 for name in _ONCE)


def _in_json(text: bytes, model: str | None) -> list[str] | None:
    """*model*: what proxy.asked has found, which is all where there is one member only."""
    lower = text.lower()
    is_one = lower.count(b'"model') == 1 and b"\\u00" not in lower  # which may spell a letter
    if is_one and model is not None and len(model) < _LONGEST_ASKED:
        return [model]
    try:
        members = json.loads(text.decode("utf-8"), object_pairs_hook=_Members)
    except (ValueError, RecursionError):
        return None
    return _of_members(members) if isinstance(members, _Members) else None


class _Members(list[tuple[str, Any]]):
    """Of an object: all of them, also those of one name."""


def _of_members(members: _Members) -> list[str] | None:
    """model, and OpenRouter's models, which it falls back on."""
    named: list[str] = []
    for told in _told(members):
        if not isinstance(told, str):
            return None
        named.append(told)
    return named


def _told(members: _Members) -> Iterator[object]:
    for name, value in members:
        if name.lower() == "model":
            yield value
        elif name.lower() == "models":
            yield from value if type(value) is list else [value]
