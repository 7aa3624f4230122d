"""Who may make a call: with a key of payback's own, sent where clients send keys, and with no other."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from payback.key_ring import LOOK_SECONDS, KeyRing
from proxy.gate import MOST_TOKENS, Gate
from proxy.refusal import Reason
from tests.proxy.bodies import CHAT, CHAT_REQUEST, chat_request
from tests.proxy.client import Answer, call, connected, get, post
from tests.proxy.issued import KEPT_BY_PAYBACK, LONG_AGO, bearer, issue, revoke, token_of
from tests.proxy.refusals import refusals
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream

MESSAGES, GENERATE = "/lab/v1/messages", "/lab/v1beta/models/small-model:generateContent"
PLACES = [
    (CHAT, bearer("ci")),
    (CHAT, ("authorization", f"bearer  {token_of('ci')}")),
    (CHAT, ("Authorization", token_of("ci"))),
    (MESSAGES, ("x-api-key", token_of("ci"))),
    ("/openai/deployments/d/chat/completions?api-version=1", ("api-key", token_of("ci"))),
    (GENERATE, ("X-Goog-Api-Key", token_of("ci"))),
    (f"{GENERATE}?key={token_of('ci')}&alt=sse", ("X-Nothing", "")),
    (f"{CHAT}?key={token_of('ci')}", ("X-Nothing", "")),
]
NO_KEYS: list[list[tuple[str, str]]] = [
    [],
    [("Authorization", "Bearer ")],
    [("Authorization", f"Basic {token_of('ci')}")],
    [("Cookie", f"key={token_of('ci')}")],
    [("Proxy-Authorization", f"Bearer {token_of('ci')}")],
    [("X-Forwarded-Authorization", f"Bearer {token_of('ci')}")],
    [("Authorization", f"Bearer {token_of('ci')}x")],
    [("Authorization", f"Bearer {token_of('ci')[:-1]}")],
    [("Authorization", f"Bearer {token_of('CI')}")],
    [("Authorization", f"Bearer {token_of('somebody')}")],
    [("Authorization", "Bearer sk-a-key-of-the-provider")],
    [("Authorization", f"Bearer {KEPT_BY_PAYBACK}")],
    [("Authorization", "Bearer caf\u00e9")],
    [("Authorization", "Bearer sk-1"), ("x-api-key", "sk-2")],
]
TWO_KEYS = [
    [("Authorization", "Bearer sk-1"), bearer("ci")],
    [bearer("ci"), ("Authorization", "Bearer sk-1")],
    [bearer("ci"), ("Authorization", "Basic dTpw")],
    [("x-api-key", token_of("ci")), ("X-Api-Key", "sk-1")],
    [bearer("ci"), bearer("desk")],
    [bearer("ci"), ("x-api-key", token_of("desk"))],
    [("x-goog-api-key", token_of("desk")), ("api-key", token_of("ci"))],
]


@pytest.fixture
async def payback(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Payback]:
    """It has the provider's key, and a client, ci, has one of payback's."""
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    issue(tmp_path, "ci")
    async with running(tmp_path, configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})) as started:
        yield started


async def test_a_key_is_taken_where_clients_put_it_and_the_providers_goes_on_in_its_place(
    upstream: Upstream, payback: Payback
) -> None:
    for path, header in PLACES:
        assert (await call(payback.port, post(path, CHAT_REQUEST, header))).status == 200, (path, header)
        sent = upstream.received.pop()
        assert token_of("ci").encode() not in sent.raw
        assert sent.head.value("Authorization") == f"Bearer {KEPT_BY_PAYBACK}".encode()
    assert {row.call.who.key for row in await payback.ended(len(PLACES))} == {"ci"}


async def test_whatever_else_is_sent_nothing_goes_upstream_and_there_is_no_row(
    upstream: Upstream, payback: Payback
) -> None:
    paths = [CHAT, "/lab/v1/models", "/anything", "/v1/../etc", f"{CHAT}?key=pb-no"]
    for path in paths:
        for headers in NO_KEYS:
            answer = await call(payback.port, post(path, CHAT_REQUEST, *headers))
            assert answer.status == 401, (path, headers)
            assert answer.head.value("WWW-Authenticate") == b"Bearer"
    assert upstream.connections == 0
    assert payback.rows() == []
    assert sum((await refusals(payback)).values()) == len(paths) * len(NO_KEYS)


async def test_a_call_with_two_keys_is_nobodys(upstream: Upstream, payback: Payback, tmp_path: Path) -> None:
    """Whoever reads the other one takes it for somebody else's call: a proxy before payback, say."""
    issue(tmp_path, "desk")
    for headers in TWO_KEYS:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST, *headers))
        assert (answer.status, b"two different keys" in answer.body) == (400, True), headers
    assert (upstream.connections, payback.rows()) == (0, [])
    assert await refusals(payback) == {"ambiguous": len(TWO_KEYS)}


async def test_one_key_may_be_sent_twice_and_beside_one_that_means_nothing_here(
    upstream: Upstream, payback: Payback
) -> None:
    """Claude Code sends two headers, and SDKs want some key even where it is not used."""
    for headers in [
        [bearer("ci"), bearer("ci")],
        [bearer("ci"), ("x-api-key", token_of("ci"))],
        [("Authorization", "Bearer unused"), ("x-api-key", token_of("ci"))],
    ]:
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST, *headers))).status == 200
        assert upstream.received.pop().head.values("Authorization") == [f"Bearer {KEPT_BY_PAYBACK}".encode()]


async def test_no_method_is_let_in_without_a_key(upstream: Upstream, payback: Payback) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"):
        assert (await call(payback.port, get("/v1/models", method=method))).status == 401, method
    assert upstream.connections == 0


async def test_to_try_many_keys_at_once_tries_no_more_than_a_few(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request may have a thousand, and each that is hashed takes time from others."""
    hashed: list[str] = []

    def remembered(token: str) -> bytes:
        hashed.append(token)
        return b""

    monkeypatch.setattr("proxy.gate.digest_of", remembered)
    query = "&".join(f"key={token_of(str(number))}" for number in range(1000))
    assert (await call(payback.port, get(f"/v1/models?{query}"))).status == 401
    assert 0 < len(hashed) <= MOST_TOKENS


SHAPES: dict[str, dict[str, Any]] = {
    CHAT: {"error": {"type": "invalid_request_error", "param": None, "code": "missing_api_key"}},
    MESSAGES: {"type": "error", "error": {"type": "authentication_error"}},
    GENERATE: {"error": {"code": 401, "status": "UNAUTHENTICATED"}},
    "/api/chat": {"error": None},
}


async def test_the_refusal_has_the_shape_of_the_api_that_was_called(payback: Payback) -> None:
    """Its client shows the sentence then, and does not try again."""
    for path, expected in SHAPES.items():
        told = json.loads((await call(payback.port, post(path, CHAT_REQUEST))).body)
        message = told["error"].pop("message") if isinstance(told["error"], dict) else told["error"]
        assert "this call has no key of payback's" in message
        assert {**told, "error": told["error"] if isinstance(told["error"], dict) else None} == expected


async def answers_to(payback: Payback, *names: str) -> list[Answer]:
    return [await call(payback.port, post(CHAT, CHAT_REQUEST, bearer(name))) for name in names]


async def test_an_outsider_is_not_told_whether_a_key_is_unknown_revoked_or_expired(
    upstream: Upstream, payback: Payback, tmp_path: Path
) -> None:
    issue(tmp_path, "gone", revoked=LONG_AGO)
    issue(tmp_path, "old", expires=LONG_AGO)
    told = await answers_to(payback, "gone", "old", "never")
    assert {(answer.status, answer.body) for answer in told} == {(401, told[0].body)}
    assert upstream.connections == 0
    assert await refusals(payback) == {"revoked": 1, "expired": 1, "unknown": 1}


async def test_revoking_holds_for_the_next_call_on_a_connection_that_is_open(
    upstream: Upstream, payback: Payback, tmp_path: Path
) -> None:
    async with connected(payback.port) as client:
        for status in (200, 200, 401, 401):
            if status == 401:
                revoke(tmp_path, "ci")
            await client.send(post(CHAT, CHAT_REQUEST, bearer("ci")))
            assert (await client.answer()).status == status
    assert len(upstream.received) == 2


async def test_a_new_key_holds_at_once_and_so_do_those_that_were_there(
    upstream: Upstream, payback: Payback, tmp_path: Path
) -> None:
    assert [answer.status for answer in await answers_to(payback, "ci", "new")] == [200, 401]
    issue(tmp_path, "new")
    assert [answer.status for answer in await answers_to(payback, "ci", "new")] == [200, 200]


async def test_the_first_key_closes_the_door_while_payback_runs(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    async with running(tmp_path, configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}})) as payback:
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).status == 200
        issue(tmp_path, "ci")
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).status == 401
        revoke(tmp_path, "ci")
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).status == 401, "it stays closed"


async def test_keys_can_be_asked_for_before_there_is_one(upstream: Upstream, tmp_path: Path) -> None:
    async with running(tmp_path, configuration(upstream, proxy={"require_key": True})) as payback:
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST, bearer("ci")))).status == 401
    assert upstream.connections == 0


async def test_while_the_file_of_keys_is_damaged_or_gone_nobody_is_let_in(
    upstream: Upstream, payback: Payback, tmp_path: Path
) -> None:
    file = tmp_path / "payback.db.keys"
    whole = file.read_bytes()
    for damage in (b"[[key", b"", b"[[key]]\nname = 1\n", b"\xff\xfe", None):
        assert [answer.status for answer in await answers_to(payback, "ci")] == [200]
        file.unlink() if damage is None else file.write_bytes(damage)
        await asyncio.sleep(2 * LOOK_SECONDS)
        assert [answer.status for answer in await answers_to(payback, "ci", "never")] == [503, 503]
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).status == 503
        file.write_bytes(whole)
        await asyncio.sleep(2 * LOOK_SECONDS)
    assert [answer.status for answer in await answers_to(payback, "ci")] == [200]
    assert len(upstream.received) == 6
    assert await refusals(payback) == {"unreadable": 15}


async def test_a_fault_of_our_own_lets_nobody_in(
    upstream: Upstream, payback: Payback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Elsewhere an error that was swallowed made the caller nobody, and nobody was let in."""

    def fails(_: KeyRing) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(KeyRing, "keys", fails)
    assert [answer.status for answer in await answers_to(payback, "ci")] == [503]
    assert upstream.connections == 0
    assert "could not be looked at" in caplog.text
    assert token_of("ci") not in caplog.text


async def test_a_key_is_known_wherever_it_stands_beside_another(upstream: Upstream, payback: Payback) -> None:
    """Anthropic's library sends two headers where it has two keys; neither goes on."""
    headers = [("x-api-key", "placeholder"), bearer("ci")]
    assert (await call(payback.port, post(MESSAGES, CHAT_REQUEST, *headers))).status == 200
    assert b"placeholder" not in upstream.only.raw
    assert token_of("ci").encode() not in upstream.only.raw


async def test_what_a_key_is_for_goes_before_what_the_call_says(
    upstream: Upstream, payback: Payback, tmp_path: Path
) -> None:
    issue(tmp_path, "care", project="customer-care", workload="support")
    headers = [("X-Payback-Project", "others"), ("X-Payback-Workload", "others"), ("X-Payback-User", "ana")]
    await call(payback.port, post(CHAT, chat_request(user="bo"), bearer("care"), *headers))
    who = (await payback.row()).call.who
    assert (who.key, who.project, who.workload, who.user) == ("care", "customer-care", "support", "ana")


async def test_what_a_key_leaves_open_the_call_and_the_rules_say(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    issue(tmp_path, "ci", project="builds")
    rule = {"name": "nightly", "match": {"key": "ci", "project": "builds"}}
    table = configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}}, workload=[rule])
    async with running(tmp_path, table) as payback:
        await call(payback.port, post(CHAT, CHAT_REQUEST, bearer("ci"), ("X-Payback-Project", "others")))
        who = (await payback.row()).call.who
    assert (who.key, who.project, who.workload) == ("ci", "builds", "nightly")


async def test_names_of_keys_are_kept_apart_however_many_names_clients_have_made_up(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    issue(tmp_path, "a", "b", project="ours")
    table = configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}}, ledger={"max_names": 1})
    async with running(tmp_path, table) as payback:
        await answers_to(payback, "a", "b")
        rows = await payback.ended(2)
    assert [(row.call.who.key, row.call.who.project) for row in rows] == [("a", "ours"), ("b", "ours")]


async def test_without_any_key_of_ours_everything_is_as_before(upstream: Upstream, tmp_path: Path) -> None:
    own = ("Authorization", "Bearer sk-own")
    async with running(tmp_path, configuration(upstream)) as payback:
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST, own))).status == 200
        assert await refusals(payback) == {}
    assert upstream.only.head.value("Authorization") == b"Bearer sk-own"


def test_a_connection_may_not_go_on_where_nobody_can_say_that_its_key_holds() -> None:
    def fails() -> None:
        raise RuntimeError("a fault")

    counted: list[Reason] = []
    gate = Gate(fails, lambda: 0, counted.append)
    assert not gate.still_admits(None)  # type: ignore[arg-type]  # not looked at
    assert counted == []
