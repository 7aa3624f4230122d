"""Every model that a call names is found, in whatever way a request may name one."""

import json

from hypothesis import given
from hypothesis import strategies as st

from proxy.asked import asked_by
from proxy.models_named import _in_json

NAMES = st.sampled_from(["model", "Model", "MODEL", "models", "user", "n"])
VALUES = st.one_of(st.sampled_from(["small", "large"]), st.lists(st.sampled_from(["small", "large"])))


def spelled(name: str, escaped: set[int]) -> str:
    """As JSON, with some letters as escapes."""
    letters = (f"\\u{ord(letter):04x}" if at in escaped else letter for at, letter in enumerate(name))
    return f'"{"".join(letters)}"'


@given(st.lists(st.tuples(NAMES, st.sets(st.integers(0, 4)), VALUES), max_size=4))
def test_whatever_member_an_upstream_takes_for_the_model_was_found(
    members: list[tuple[str, set[int], object]],
) -> None:
    """Upstreams take the first or the last of a name, in its own case or in any."""
    text = ",".join(f"{spelled(name, escaped)}:{json.dumps(value)}" for name, escaped, value in members)
    body = f"{{{text}}}".encode()
    found = _in_json(body, asked_by(body).model)
    named = [value for name, _, value in members if name.lower() == "model"]
    fallbacks = [value for name, _, values in members if name == "models" for value in listed(values)]
    if any(not isinstance(value, str) for value in named):
        assert found is None
    else:
        assert sorted(found or []) == sorted([*named, *fallbacks])  # type: ignore[type-var]


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def test_what_can_be_read_in_two_ways_is_not_read() -> None:
    for body in (b"{", b"[]", b'"model"', b"\xff{}", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 100_000):
        assert _in_json(body, None) is None


def test_a_long_text_without_a_second_model_is_not_parsed_again() -> None:
    """Nor need it be JSON at all: proxy.asked has read it."""
    assert _in_json(b'{"model":"small", and so on', "small") == ["small"]
