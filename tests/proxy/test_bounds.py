"""Names of clients: on one line, printable, not too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.bounds import LONGEST_NAME, bounded, text_of


@given(st.text(max_size=2000), st.integers(1, LONGEST_NAME))
def test_a_bounded_name_prints_on_one_line_and_is_text(text: str, longest: int) -> None:
    name = bounded(text, longest)
    if name is not None:
        assert 0 < len(name) <= longest
        assert name.isprintable()
        assert name == name.strip()
        name.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (None, None),
        ("", None),
        (" \t\r\n", None),
        ("  ana  ", "ana"),
        ("Jürgen 山田", "Jürgen 山田"),
        ("ana\u202etxt.exe", "anatxt.exe"),
        ("an\u200ba", "ana"),
        ("a\ud800b", "ab"),
        ("a\r\nX-Payback-User: b", "aX-Payback-User: b"),
        (" " * 300 + "ana", "ana"),
        ("a" * 199 + " b", "a" * 199),
    ],
)
def test_what_cannot_be_printed_is_left_out(text: str | None, name: str | None) -> None:
    """Two names that look alike are one; text that turns its direction does not deceive a reader."""
    assert bounded(text) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (12345, "12345"),
        (-(2**63), "-9223372036854775808"),
        (2**64, None),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, None),
        ([1], None),
        ({"a": 1}, None),
        (b"a", None),
    ],
)
def test_text_is_what_has_no_parts(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_a_number_that_python_refuses_to_print_is_no_text() -> None:
    assert text_of(10**5000) is None
