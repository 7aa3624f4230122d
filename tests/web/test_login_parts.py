"""Sessions, waits after wrong passwords and addresses, without a server: times are arguments."""

from ipaddress import ip_network

import pytest

from web.login import attempts, peer, sessions
from web.login.attempts import FREE, Attempts
from web.login.password import Password, password_in
from web.login.sessions import IDLE_S, LONGEST_S, Sessions


def test_a_token_is_long_random_and_kept_nowhere() -> None:
    """32 bytes are 43 letters of base64."""
    found = Sessions()
    one, other = found.begin(0), found.begin(0)
    assert (len(one), len(other), one == other) == (43, 43, False)
    assert one not in repr(found._by_hash)


def test_a_session_that_nobody_uses_ends() -> None:
    found = Sessions()
    token = found.begin(0)
    assert found.use(token, IDLE_S)
    assert found.use(token, 2 * IDLE_S), "it was used meanwhile"
    assert not found.use(token, 3 * IDLE_S + 1)
    assert len(found) == 0


def test_a_session_ends_after_a_week_though_it_is_used_all_the_time() -> None:
    found = Sessions()
    token, now_s = found.begin(0), 0.0
    while found.use(token, now_s):
        now_s += IDLE_S
    assert now_s == LONGEST_S + IDLE_S


def test_a_session_that_was_ended_is_over_and_others_go_on() -> None:
    found = Sessions()
    mine, theirs = found.begin(0), found.begin(0)
    found.end(mine)
    assert (found.use(mine, 1), found.use(theirs, 1)) == (False, True)


def test_sessions_are_bounded_and_the_one_in_use_is_not_the_one_that_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    found = Sessions()
    tokens = [found.begin(0) for _ in range(3)]
    assert found.use(tokens[0], 1)
    found.begin(2)
    assert [found.use(token, 3) for token in tokens] == [True, False, True]


@pytest.mark.parametrize("token", ["", "\udcff", "x" * 9000])
def test_what_is_no_token_is_no_session(token: str) -> None:
    assert not Sessions().use(token, 0)


def test_whoever_mistypes_does_not_wait_and_whoever_guesses_waits_ever_longer() -> None:
    found, now_s, waits = Attempts(), 0.0, []
    for _ in range(FREE + 8):
        now_s += found.wait_s("a", now_s)
        found.was_wrong("a", now_s)
        waits.append(found.wait_s("a", now_s))
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_nobody_waits_for_another_address() -> None:
    found = Attempts()
    for _ in range(20):
        found.was_wrong("a", 0)
    assert found.wait_s("a", 0) == 60
    assert found.wait_s("b", 0) == 0


def test_after_a_quiet_quarter_of_an_hour_an_address_begins_anew() -> None:
    found = Attempts()
    for _ in range(20):
        found.was_wrong("a", 0)
    assert found.wait_s("a", 901) == 0
    found.was_wrong("a", 901)
    assert found.wait_s("a", 901) == 0


def test_guesses_from_thousands_of_addresses_are_held_up_and_a_known_address_is_not() -> None:
    """200 at once, then one a second."""
    found = Attempts()
    found.was_right("office")
    for number in range(200):
        assert found.wait_s(f"stranger {number}", 0) == 0
        found.was_wrong(f"stranger {number}", 0)
    assert found.wait_s("a new one", 0) == 1
    assert found.wait_s("a new one", 0.75) == 0.25
    assert found.wait_s("a new one", 1) == 0
    assert found.wait_s("office", 0) == 0


def test_a_right_password_takes_nothing_back_from_who_guesses_behind_the_same_address() -> None:
    found = Attempts()
    for _ in range(20):
        found.was_wrong("a", 0)
    found.was_right("a")
    assert found.wait_s("a", 0) == 60


def test_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_ADDRESSES", 10)
    found = Attempts()
    for number in range(100):
        found.was_wrong(str(number), 0)
        found.was_right(str(number))
    assert (len(found._wrong), len(found._known)) == (10, 10)


PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("from_", "forwarded", "address"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.9"], "192.0.2.7"),
        ("127.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.9, 10.1.2.3"], "198.51.100.9"),
        ("127.0.0.1", ["nonsense"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("::ffff:192.0.2.7", [], "192.0.2.7"),
        ("2001:db8:1:2:3::4", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, [], ""),
    ],
)
def test_an_address_is_the_last_that_no_configured_proxy_has(
    from_: str | None, forwarded: list[str], address: str
) -> None:
    """What a client writes into X-Forwarded-For itself stands in front of that."""
    assert peer.address_of(from_, forwarded, PROXIES) == address


@pytest.mark.parametrize(
    ("from_", "forwarded", "is_over_tls"),
    [
        ("127.0.0.1", ["https"], True),
        ("127.0.0.1", ["http"], False),
        ("127.0.0.1", ["https, http"], False),
        ("127.0.0.1", [], False),
        ("192.0.2.7", ["https"], False),
        (None, ["https"], False),
    ],
)
def test_only_a_configured_proxy_says_that_there_is_tls(
    from_: str | None, forwarded: list[str], is_over_tls: bool
) -> None:
    assert peer.is_over_tls(from_, forwarded, PROXIES) is is_over_tls


def test_a_password_is_compared_as_a_whole_and_shown_nowhere() -> None:
    password = Password("hush")
    assert [password.is_(given) for given in (b"hush", b"hus", b"hushh", b"HUSH", b"")] == [
        True, False, False, False, False,
    ]  # fmt: skip
    assert "hush" not in f"{password!r} {password}"


def test_an_empty_password_is_a_mistake_and_not_an_open_door() -> None:
    with pytest.raises(ValueError, match="password is empty"):
        Password("")


@pytest.mark.parametrize("text", ["Bearer x", "Basic", "Basic !!!", "Basic bm8gY29sb24=", "", "Basic \udcff"])
def test_what_is_no_basic_is_no_password(text: str) -> None:
    """bm8gY29sb24= is "no colon"."""
    assert password_in([text]) is None
