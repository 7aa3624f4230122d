"""An edit changes one member of a JSON text and not one byte besides."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proxy.json_edit import insert_first, remove_member, replace_value

NAME = "usage"
LOOKALIKES = [
    "usage",
    "Usage",
    "us\\u0061ge",
    '\\"usage\\"',
    "usage\\\\",
    "u{s",
    "]",
    "a",
    "b\\n",
    "\u00fc",
    "",
]
"""As they stand between quotes; only the first is the name."""
VALUES = [
    "null",
    "true",
    "-1.50e+3",
    '""',
    '"null"',
    '",\\"usage\\":null"',
    '"}"',
    '"]}{["',
    '"\\\\"',
    '"\u00fc"',
    "{}",
    "[]",
    '{"usage":null}',
    '{"usage" : null, "x":[{"usage":null}]}',
    '[ "usage", null ]',
    '{"a":{"b":[1,{"c":"}"}]}}',
    "null ",
]
SPACE = st.sampled_from(["", "", "", " ", "\n", "\t\r\n  "])


@dataclass(frozen=True)
class Member:
    name: str
    value: str
    spaces: tuple[str, str, str, str]
    """Before the name, before the colon, after it, after the value."""

    @property
    def core(self) -> str:
        return f'"{self.name}"{self.spaces[1]}:{self.spaces[2]}{self.value}'

    @property
    def text(self) -> str:
        return f"{self.spaces[0]}{self.core}{self.spaces[3]}"


MEMBERS = st.lists(
    st.builds(
        Member,
        st.just(NAME) | st.sampled_from(LOOKALIKES),
        st.just("null") | st.sampled_from(VALUES).map(str.strip),
        st.tuples(SPACE, SPACE, SPACE, SPACE),
    ),
    max_size=6,
)


def text_of(members: list[Member], space: str = "") -> bytes:
    return f"{space}{{{','.join(member.text for member in members)}}}{space}".encode()


def pairs_of(text: bytes) -> list[tuple[str, Any]]:
    """The top-level members in order, repeated names too."""
    decoded: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=list)
    return decoded


@given(MEMBERS, SPACE)
def test_a_replaced_value_leaves_every_other_byte_where_it_was(members: list[Member], space: str) -> None:
    text = text_of(members, space)
    named = [number for number, member in enumerate(members) if member.name == NAME]
    replaced = replace_value(text, NAME, b'{"x": [1]}')
    if len(named) != 1:
        assert replaced is None
        return
    old = members[named[0]]
    members[named[0]] = Member(old.name, '{"x": [1]}', old.spaces)
    assert replaced == text_of(members, space)


@given(MEMBERS, SPACE)
@settings(max_examples=300)
def test_removing_takes_the_members_that_are_named_and_null_and_nothing_else(
    members: list[Member], space: str
) -> None:
    removed = remove_member(text_of(members, space), NAME, b"null")
    left = [member for member in members if (member.name, member.value) != (NAME, "null")]
    assert pairs_of(removed) == pairs_of(text_of(left))
    expected = r"\s*,\s*".join(re.escape(member.core) for member in left)
    assert re.fullmatch(rf"\s*{{\s*{expected}\s*}}\s*", removed.decode())


@given(MEMBERS, SPACE)
def test_a_text_without_the_member_comes_back_as_it_was(members: list[Member], space: str) -> None:
    assume(all((member.name, member.value) != (NAME, "null") for member in members))
    text = text_of(members, space)
    assert remove_member(text, NAME, b"null") == text


@given(MEMBERS, SPACE)
def test_an_inserted_member_comes_first_and_moves_the_others_only(members: list[Member], space: str) -> None:
    assume(members)
    text = text_of(members, space)
    inserted = insert_first(text, b'"new":1')
    start = text.index(b"{") + 1
    assert inserted == text[:start] + b'"new":1,' + text[start:]
    assert pairs_of(inserted) == [("new", 1), *pairs_of(text)]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(
    st.dictionaries(st.text(max_size=8), _JSON, max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans()
)
def test_any_object_with_the_member_added_comes_back_when_it_is_removed(
    document: dict[str, Any], indent: int | str | None, ascii_only: bool
) -> None:
    document.pop(NAME, None)
    text = json.dumps({**document, NAME: None}, indent=indent, ensure_ascii=ascii_only).encode(
        "utf-8", "surrogatepass"
    )
    assert json.loads(remove_member(text, NAME, b"null")) == document
    replaced = replace_value(text, NAME, b"[7]")
    assert replaced is not None
    assert json.loads(replaced) == {**document, NAME: [7]}


@pytest.mark.parametrize(
    ("text", "without"),
    [
        (b'{"usage":null}', b"{}"),
        (b'{"usage":null,"a":1}', b'{"a":1}'),
        (b'{"a":1, "usage": null}', b'{"a":1}'),
        (b'{"usage":null,"usage":null,"a":1}', b'{"a":1}'),
        (b'{"a":1,"usage":null,"b":2,"usage":null}', b'{"a":1,"b":2}'),
        (b'{"usage":null,"usage":{"n":1}}', b'{"usage":{"n":1}}'),
    ],
)
def test_the_comma_that_a_removed_member_needed_goes_with_it(text: bytes, without: bytes) -> None:
    assert remove_member(text, NAME, b"null") == without
