"""What is said of who pays on the wire is in the ledger's row, and what of it goes on to upstream."""

import json
from pathlib import Path

import pytest

from ledger.call import Attribution
from tests.proxy.bodies import CHAT, CHAT_ANSWER, CHAT_REQUEST, chat_request, compact
from tests.proxy.client import call, get, post
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

KEY = "sk-canary-0123456789"


async def answers(visit: Visit) -> None:
    await visit.answer(CHAT_ANSWER)


async def who_pays(payback: Payback, *headers: tuple[str, str]) -> Attribution:
    """Of one call, the first and only one."""
    assert (await call(payback.port, post(CHAT, CHAT_REQUEST, *headers))).status == 200
    return (await payback.row()).call.who


async def test_the_headers_of_other_gateways_fill_the_row_and_go_on_to_upstream(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = answers
    sent = [
        ("openai-project", "proj_shop"),
        ("Helicone-User-Id", "ana"),
        ("Helicone-Property-Team", "search"),
        ("x-claude-code-session-id", "s-1"),
        ("X-Title", "Support Bot"),
    ]
    told = await who_pays(payback, *sent, ("X-Payback-Session", "s-2"), ("User-Agent", "curl/8.5.0"))
    assert told == Attribution(
        workload="Support Bot",
        project="proj_shop",
        user="ana",
        session="s-2",
        tags="team=search",
        client="curl",
    )
    arrived = upstream.only.head.headers
    assert [name for name, value in sent if (name.encode(), value.encode()) not in arrived] == []
    assert "x-payback-session" not in upstream.only.head.names


async def test_the_body_and_the_key_of_the_query_fill_what_headers_leave_open(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = answers
    body = chat_request(safety_identifier="hash-of-ana", metadata={"team": "search", "n": [1]})
    await call(payback.port, post(f"{CHAT}?alt=json&key={KEY}", body))
    told = (await payback.row()).call.who
    assert told == Attribution(user="hash-of-ana", tags="team=search", key=told.key)
    assert told.key is not None
    assert upstream.only.body == body


async def test_a_key_and_a_header_of_the_configuration_name_key_and_workload(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.script = answers
    monkeypatch.setenv("CI_KEY", KEY)
    match = {"key": "ci", "header": {"x-stage": "night*"}}
    tables = {
        "key": [{"name": "ci", "secret": {"env": "CI_KEY"}}],
        "workload": [{"name": "nightly-builds", "match": match}],
    }
    async with running(tmp_path, configuration(upstream, **tables)) as payback:
        told = await who_pays(payback, ("Authorization", f"Bearer {KEY}"), ("X-Stage", "nightly"))
        assert (told.key, told.workload) == ("ci", "nightly-builds")
    files = [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
    assert files == []


async def test_more_names_than_the_configuration_allows_are_other(upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = answers
    async with running(tmp_path, configuration(upstream, ledger={"max_names": 2})) as payback:
        for user in ("ana", "ben", "eve", "ana"):
            await call(payback.port, post(CHAT, CHAT_REQUEST, ("X-Payback-User", user)))
        assert [row.call.who.user for row in await payback.ended(4)] == ["ana", "ben", "other", "ana"]


async def test_names_known_yesterday_are_known_after_a_restart_and_new_ones_are_other(
    upstream: Upstream, tmp_path: Path
) -> None:
    """A restart made room for as many made-up names again, and could take it from those in use."""
    upstream.script = answers
    table = configuration(upstream, ledger={"max_names": 2})
    told: list[str | None] = []
    for users in (("ana", "ben"), ("eve", "ana", "ben")):
        async with running(tmp_path, table) as payback:
            for user in users:
                await call(payback.port, post(CHAT, CHAT_REQUEST, ("X-Payback-User", user)))
            told = [row.call.who.user for row in payback.rows()]
    assert told == ["ana", "ben", "other", "ana", "ben"]


async def test_made_up_models_that_upstream_echoes_are_other_in_the_end_and_priced_by_their_own_name(
    upstream: Upstream, tmp_path: Path
) -> None:
    """An answer's names come from whoever asked, too; each would stay in the ledger for good."""

    async def echo(visit: Visit) -> None:
        asked = json.loads(visit.received.body)["model"]
        answer = json.loads(CHAT_ANSWER) | {"model": asked}
        await visit.answer(compact(answer), ("Content-Type", "application/json"))

    upstream.script = echo
    async with running(tmp_path, configuration(upstream, ledger={"max_names": 2})) as payback:
        for model in ("a", "b", "small-model"):
            await call(payback.port, post(CHAT, chat_request(model=model)))
        rows = await payback.ended(3)
    assert [row.call.response_model for row in rows] == ["a", "b", "other"]
    assert rows[2].list_cost == 61_000


async def test_paths_without_an_end_are_other_in_the_end(upstream: Upstream, tmp_path: Path) -> None:
    async with running(tmp_path, configuration(upstream, ledger={"max_names": 2})) as payback:
        for number in range(4):
            await call(payback.port, get(f"/v1/things/{number}"))
        requests = [row.call.http_request for row in await payback.ended(4)]
    assert requests == ["GET /v1/things/0", "GET /v1/things/1", "other", "other"]
