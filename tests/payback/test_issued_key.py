"""A key that payback keys has made, as its file has it."""

from datetime import UTC, date, datetime

from payback.issued_key import end_of
from payback.key_list import as_json, as_table, state_of
from tests.proxy.issued import LONG_AGO, issued, token_of

BEFORE, AFTER = datetime(2026, 11, 22, 12, 59, tzinfo=UTC), datetime(2026, 11, 22, 13, tzinfo=UTC)


def test_the_gate_and_the_list_agree_on_when_a_key_ends() -> None:
    key = issued("ci", expires=LONG_AGO)
    for now, holds in ((BEFORE, True), (AFTER, False)):
        assert key.holds_at(now) is holds
        assert key.as_client_key().holds_at(int(now.timestamp() * 1_000_000)) is holds
        assert state_of(key, now) == ("valid" if holds else "expired")


def test_a_revoked_key_is_revoked_to_both_whatever_the_time() -> None:
    key = issued("ci", revoked=AFTER, expires=LONG_AGO)
    assert not key.holds_at(BEFORE)
    assert not key.as_client_key().holds_at(0)
    assert state_of(key, AFTER) == "revoked"


def test_the_last_day_of_a_month_ends_with_the_month() -> None:
    assert end_of(date(2027, 2, 28)) == datetime(2027, 3, 1, tzinfo=UTC)


def test_what_is_listed_has_no_hash_and_steers_no_terminal() -> None:
    key = issued("ci", project="p", models=("a*", "b"))
    by_hand = key.model_copy(update={"prefix": "\x1b[31m"})
    listed = as_table([key, by_hand], BEFORE, {"ci": "2026-11-22T12:00Z"})
    assert "a*, b" in listed
    assert "\x1b" not in listed
    for text in (listed, str(as_json(key, BEFORE))):
        assert key.hash not in text
        assert token_of("ci")[:12] not in text
