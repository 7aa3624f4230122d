"""Edits of JSON text that leave every other byte as it is. Pure.

JSON is never written anew: numbers, spaces, the order of members and odd escapes stay the client's."""

import re
from collections.abc import Iterator

from proxy.json_text import STRING

_TOKEN = re.compile(STRING + rb"|[{}\[\],:]|[^\s\"{}\[\],:]+", re.DOTALL)


def insert_first(text: bytes, member: bytes) -> bytes:
    """*text*, a JSON object with members, with *member* put before its first.

    >>> insert_first(b' {"a":1}', b'"b":2')
    b' {"b":2,"a":1}'
    """
    start = text.index(b"{") + 1
    return b"".join((text[:start], member, b",", text[start:]))


def replace_value(text: bytes, name: str, value: bytes) -> bytes | None:
    """*text* with the top-level member *name* set to *value*; None unless the member is there exactly once.

    >>> replace_value(b'{"a": {"b":[1]}, "c":2}', "a", b"3")
    b'{"a": 3, "c":2}'
    """
    members = [span for span in _members(text) if _is_name(text[span[0] : span[1]], name)]
    if len(members) != 1:
        return None
    _, _, start, end = members[0]
    return text[:start] + value + text[end:]


def remove_member(text: bytes, name: str, value: bytes) -> bytes:
    """*text* without its top-level member *name* where that has *value*, and without the comma it needs.

    >>> remove_member(b'{"a":1,"usage":null,"b":{"usage":null}}', "usage", b"null")
    b'{"a":1,"b":{"usage":null}}'
    """
    rest, at = [], 0
    for start, end in _cuts(text, name, value):
        rest.append(text[at:start])
        at = end
    return b"".join((*rest, text[at:]))


def _cuts(text: bytes, name: str, value: bytes) -> Iterator[tuple[int, int]]:
    """Where such members stand, each with one comma: the one before it where a member stays before it."""
    members = list(_members(text))
    one_stays = False
    for position, (start, name_end, value_start, end) in enumerate(members):
        if not _is_name(text[start:name_end], name) or text[value_start:end] != value:
            one_stays = True
        elif one_stays:
            yield members[position - 1][3], end
        else:
            yield start, members[position + 1][0] if position + 1 < len(members) else end


def _is_name(quoted: bytes, name: str) -> bool:
    return quoted[1:-1] == name.encode("ascii")


def _members(text: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Of each top-level member of an object: start and end of its name, start and end of its value."""
    depth = 0
    name: tuple[int, int] | None = None
    value: tuple[int, int] | None = None
    after_colon = False
    for token in _TOKEN.finditer(text):
        mark, start, end = token.group(), token.start(), token.end()
        if mark in b"{[":
            depth += 1
            if depth == 2 and after_colon and value is None:
                value = (start, end)
        elif mark in b"}]":
            depth -= 1
            if depth == 1 and value is not None:
                value = (value[0], end)
        elif depth == 1 and mark == b":":
            after_colon = True
        elif depth == 1 and mark != b"," and not after_colon:
            name = (start, end)
        elif depth == 1 and mark != b"," and value is None:
            value = (start, end)
        if name and value and ((depth == 1 and mark == b",") or depth == 0):
            yield (*name, *value)
            name, value, after_colon = None, None, False
