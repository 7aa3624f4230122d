"""A key that payback gives to a client."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from proxy.client_key import ClientKey, digest_of, is_token
from tests.proxy.issued import token_of


def key(**more: object) -> ClientKey:
    return ClientKey(name="ci", digest=b"", **more)  # type: ignore[arg-type]


def test_what_is_kept_of_a_token_is_its_hash() -> None:
    assert digest_of(token_of("ci")) == sha256(b"pb-ci" + 41 * b"_").digest()


def test_a_key_holds_until_the_instant_at_which_it_expires() -> None:
    assert [key(expires_us=10).holds_at(now) for now in (9, 10, 11)] == [True, False, False]
    assert key().holds_at(2**62)
    assert not key(is_revoked=True, expires_us=10).holds_at(9)


def test_patterns_say_which_models_it_may_ask_for() -> None:
    some = key(models=("gpt-4o*", "tiny"))
    allowed = {
        model: some.allows(model)
        for model in ("gpt-4o", "gpt-4o-mini", "models/gpt-4o", "tiny", "GPT-4o", "tiny2", "my-gpt-4o", "")
    }
    assert [model for model, is_allowed in allowed.items() if is_allowed] == [
        "gpt-4o", "gpt-4o-mini", "models/gpt-4o", "tiny"
    ]  # fmt: skip


@given(st.text())
def test_no_other_text_is_taken_for_a_token(text: str) -> None:
    """digest_of takes ASCII alone."""
    for candidate in (text, f"pb-{text}", f"pb-{text:_<43}"):
        if is_token(candidate):
            assert len(candidate) == 46
            assert digest_of(candidate)
