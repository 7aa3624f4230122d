"""Who a request's body names, whatever stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.body_names import NO_NAMES, BodyNames, body_tags, fields_of
from proxy.bounds import LONGEST_NAME
from proxy.tags import render_tags

ACCOUNT, SESSION = "7c9e6679-7425-40de-944b-e07fc1f90ae7", "d2e70091-3007-41a3-a916-cb8b0d3098de"
DEVICE = "5dd07c33" * 8
JSON = '{{"device_id":"{}","account_uuid":"{}","session_id":"{}"}}'


def told(**names: object) -> dict[str, str]:
    return dict(fields_of(BodyNames(**names)))


@pytest.mark.parametrize(
    ("names", "user"),
    [
        ({"user": "ana"}, "ana"),
        ({"user": 12345}, "12345"),
        ({"user": "ana", "safety_identifier": "hash-of-ana"}, "hash-of-ana"),
        ({"user": "ana", "metadata": {"user_id": "ben"}}, "ana"),
        ({"metadata": {"user_id": "ben"}}, "ben"),
        ({"user": ["ana"], "metadata": {"user_id": "ben"}}, "ben"),
        ({"user": " ", "metadata": {"user_id": "ben"}}, "ben"),
        ({"user": '{"name": "ana"}'}, '{"name": "ana"}'),
        ({"user": "{"}, "{"),
        ({"user": "user_ana"}, "user_ana"),
    ],
)
def test_the_most_exact_name_is_the_user(names: dict[str, object], user: str) -> None:
    assert told(**names) == {"user": user}


@pytest.mark.parametrize(
    ("user_id", "user", "session"),
    [
        (JSON.format(DEVICE, ACCOUNT, SESSION), ACCOUNT, SESSION),
        (JSON.format(DEVICE, "", SESSION), DEVICE, SESSION),
        (f"user_{DEVICE}_account_{ACCOUNT}_session_{SESSION}", ACCOUNT, SESSION),
        (f"user_{DEVICE}_account__session_{SESSION}", DEVICE, SESSION),
    ],
)
def test_claude_codes_user_id_is_taken_apart(user_id: str, user: str, session: str) -> None:
    """In the form of today and in the one before 2.1.78: one account is one user in both."""
    assert told(metadata={"user_id": user_id}) == {"user": user, "session": session}


def test_a_session_counts_where_the_user_is_named_elsewhere() -> None:
    names = told(user="ana", metadata={"user_id": JSON.format(DEVICE, ACCOUNT, SESSION)})
    assert names == {"user": "ana", "session": SESSION}


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"user": None},
        {"user": ""},
        {"user": {"name": "ana"}, "safety_identifier": [1], "metadata": "user_id"},
        {"user": 10**5000},
        {"metadata": {"user_id": {"device_id": "x"}}},
    ],
)
def test_what_names_nobody_is_nobody(names: dict[str, object]) -> None:
    assert told(**names) == {}


def test_a_very_long_text_is_not_parsed_but_cut() -> None:
    long = JSON.format(DEVICE, "a" * 5000, SESSION)
    assert told(user=long) == {"user": long[:LONGEST_NAME]}


def test_metadata_is_tags_but_for_the_user() -> None:
    metadata = {"team": "search", "user_id": "ana", "n": 3, "parts": [1]}
    assert render_tags(body_tags(BodyNames(metadata=metadata))) == "team=search,n=3"
    assert list(body_tags(NO_NAMES)) == []
    assert list(body_tags(BodyNames(metadata=[("team", "search")]))) == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["user_id", "a"]) | st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_nothing_that_json_can_hold_is_too_much(user: object, identifier: object, metadata: object) -> None:
    names = BodyNames(user, identifier, metadata)
    found = fields_of(names)
    assert found.keys() <= {"user", "session"}
    assert all(text and len(text) <= LONGEST_NAME and text.isprintable() for text in found.values())
    render_tags(body_tags(names))
