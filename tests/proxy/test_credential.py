"""Which credential a call is known by, and the label that stands for it."""

import pytest
from multidict import CIMultiDict

from proxy.credential import credential_of, credentials_in, label_of


def of(query: str = "", **headers: str) -> str | None:
    """Header names with underscores for hyphens."""
    sent = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return credential_of(sent, query)


@pytest.mark.parametrize(
    ("query", "headers", "credential"),
    [
        ("", {"Authorization": "Bearer sk-1"}, "sk-1"),
        ("", {"AUTHORIZATION": "bearer  sk-1 "}, "sk-1"),
        ("", {"Authorization": "Basic dTpw"}, "Basic dTpw"),
        ("", {"x_api_key": "sk-1"}, "sk-1"),
        ("", {"Api_Key": "sk-1"}, "sk-1"),
        ("", {"x_goog_api_key": "sk-1"}, "sk-1"),
        ("key=sk-1", {}, "sk-1"),
        ("alt=sse&key=sk%2D1", {}, "sk-1"),
        ("monkey=sk-2&key=&key=sk-1", {}, "sk-1"),
        ("key=sk-2", {"x_goog_api_key": "sk-1"}, "sk-1"),
        ("", {"Authorization": "Bearer ", "x_api_key": "sk-1"}, "sk-1"),
        ("", {"Authorization": " "}, None),
        ("monkey=sk-2", {}, None),
        ("", {}, None),
    ],
)
def test_the_same_key_is_read_however_it_is_sent(
    query: str, headers: dict[str, str], credential: str | None
) -> None:
    assert of(query, **headers) == credential


def test_every_credential_of_a_request_is_known() -> None:
    """Else the second one is no secret where it is sent as a name too."""
    sent = CIMultiDict([("api-key", "b"), ("authorization", "Bearer a"), ("Authorization", "Bearer a2")])
    assert list(credentials_in(sent, "key=c&key=d")) == ["a", "a2", "b", "c", "d"]


def test_a_label_is_a_hash_that_only_this_ledger_can_make() -> None:
    label = label_of("sk-secret", b"of this ledger")
    assert label.startswith("key-")
    assert len(label) == len("key-") + 12
    assert "secret" not in label
    assert label_of("sk-secret", b"of this ledger") == label
    assert label_of("sk-secreu", b"of this ledger") != label
    assert label_of("sk-secret", b"another") != label
    assert label_of("sk-\udcff", b"of this ledger").startswith("key-")
