"""What the key of a call allows: to which upstream it goes, and which models it may ask for."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proxy.bodies import CHAT, CHAT_REQUEST, chat_answer, chat_request
from tests.proxy.client import Answer, call, get, post
from tests.proxy.forms import FORM, fields, file_part, form, part
from tests.proxy.issued import KEPT_BY_PAYBACK, bearer, issue, token_of
from tests.proxy.message import message
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

AZURE = "/openai/deployments/{}/chat/completions?api-version=1"
GEMINI = "/lab/v1beta/models/{}:generateContent"
TRANSCRIBE = "/v1/audio/transcriptions"
OTHERS_KEY = "sk-of-another-account"


@pytest.fixture
async def other() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


@pytest.fixture
async def payback(
    upstream: Upstream, other: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Payback]:
    """lab and team-b have a key each; own is self-hosted and has none, open is neither."""
    monkeypatch.setenv("LAB_KEY", KEPT_BY_PAYBACK)
    monkeypatch.setenv("OTHERS_KEY", OTHERS_KEY)
    others = [
        {"name": "team-b", "base_url": other.base_url, "api_key": {"env": "OTHERS_KEY"}},
        {"name": "own", "base_url": other.base_url, "self_hosted": True, "models": ["own-*"]},
        {"name": "open", "base_url": other.base_url},
    ]
    issue(tmp_path, "ci")
    issue(tmp_path, "b", upstream="team-b")
    issue(tmp_path, "small", models=["small-*", "tiny"])
    table = configuration(upstream, lab={"api_key": {"env": "LAB_KEY"}}, others=others)
    async with running(tmp_path, {**table, "server": {"read_body_mib": 1}}) as started:
        yield started


def told(answer: Answer) -> tuple[int, str, str]:
    error = json.loads(answer.body)["error"]
    return answer.status, error["code"], error["message"]


async def test_two_keys_lead_to_two_accounts_of_one_provider_under_the_same_address(
    upstream: Upstream, other: Upstream, payback: Payback
) -> None:
    for name in ("ci", "b"):
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST, bearer(name)))).status == 200
    assert upstream.only.head.value("Authorization") == f"Bearer {KEPT_BY_PAYBACK}".encode()
    assert other.only.head.value("Authorization") == f"Bearer {OTHERS_KEY}".encode()
    assert [row.call.upstream for row in await payback.ended(2)] == ["lab", "team-b"]


async def test_a_key_for_one_upstream_opens_no_other(
    upstream: Upstream, other: Upstream, payback: Payback
) -> None:
    """Neither by its path nor by a model that goes elsewhere."""
    answer = await call(payback.port, post(f"/lab{CHAT}", CHAT_REQUEST, bearer("b")))
    assert told(answer)[:2] == (403, "upstream_not_allowed")
    assert "this key is for the upstream team-b only" in told(answer)[2]
    assert (await call(payback.port, post(f"/team-b{CHAT}", CHAT_REQUEST, bearer("b")))).status == 200
    await call(payback.port, post(CHAT, chat_request(model="own-model"), bearer("b")))
    assert [row.call.upstream for row in await payback.ended(2)] == ["team-b", "team-b"]
    assert upstream.connections == 0


async def test_where_payback_has_no_key_a_clients_opens_nothing_and_does_not_go_there(
    other: Upstream, payback: Payback
) -> None:
    answer = await call(payback.port, post(f"/open{CHAT}", CHAT_REQUEST, bearer("ci")))
    assert told(answer)[:2] == (403, "no_upstream_key")
    assert "the upstream open has no key here" in told(answer)[2]
    assert other.connections == 0
    assert payback.rows() == []


async def test_an_upstream_of_ones_own_needs_no_key_and_sees_none(other: Upstream, payback: Payback) -> None:
    """Nor where it is asked to count the tokens that it did not report."""
    other.script = without_usage
    path = f"/own{CHAT}?key={token_of('ci')}&a=1"
    headers = [bearer("ci"), ("x-api-key", "something")]
    assert (await call(payback.port, post(path, CHAT_REQUEST, *headers))).status == 200
    await payback.ended()
    await eventually(lambda: len(other.received) > 1)
    assert other.received[0].target == f"{CHAT}?a=1"
    for request in other.received:
        assert token_of("ci").encode() not in request.raw
        assert b"something" not in request.raw
        assert request.head.value("Authorization") is None
        assert b"\r\n: " not in request.raw


async def without_usage(visit: Visit) -> None:
    await visit.answer(chat_answer(None), ("Content-Type", "application/json"))


async def test_a_key_whose_upstream_has_gone_opens_nothing(payback: Payback, tmp_path: Path) -> None:
    issue(tmp_path, "lost", upstream="of-last-year")
    answer = await call(payback.port, post(CHAT, CHAT_REQUEST, bearer("lost")))
    assert told(answer)[:2] == (403, "no_upstream")


DUMP = chat_request(model="large-model")
PAST_THE_LIST: list[tuple[str, bytes, list[tuple[str, str]]]] = [
    (CHAT, DUMP, []),
    (CHAT, b'{"model":"small-model","model":"large-model"}', []),
    (CHAT, b'{"model":"large-model","model":"small-model"}', []),
    (CHAT, b'{"Model":"large-model","model":"small-model"}', []),
    (CHAT, b'{"mod\\u0065l":"large-model","model":"small-model"}', []),
    (CHAT, b'{"model":"small-model","models":["small-model","large-model"]}', []),
    (AZURE.format("large-model"), CHAT_REQUEST, []),
    (AZURE.format("small-model"), DUMP, []),
    (AZURE.format("large%2Dmodel"), CHAT_REQUEST, []),
    (GEMINI.format("large-model"), b"{}", []),
    (TRANSCRIBE, fields(model="large-model"), [FORM]),
    (TRANSCRIBE, form(part("model", b"large-model"), part("model", b"small-model")), [FORM]),
]
UNREAD: list[tuple[str, bytes, list[tuple[str, str]]]] = [
    (CHAT, b"", []),
    (CHAT, b"{}", []),
    (CHAT, b"not JSON", []),
    (CHAT, b'["small-model"]', []),
    (CHAT, b'{"model":["small-model"]}', []),
    (CHAT, b'{"model":"small-model","models":{"a":1}}', []),
    (CHAT, b'{"model":"small-model","model":null}', []),
    (CHAT, chat_request(user="x" * (3 << 20)), []),
    (CHAT, CHAT_REQUEST, [("Content-Encoding", "gzip")]),
    (CHAT, CHAT_REQUEST, [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")]),
    (GEMINI.format("small-model"), b"not JSON", []),
    (TRANSCRIBE, form(file_part(b"sound")), [FORM]),
    (TRANSCRIBE, form(part("model", b"small-1"), part("model", b"x" * 2000)), [FORM]),
    ("/v1/fine_tuning/jobs", CHAT_REQUEST, []),
    ("/v1/threads/t/runs", CHAT_REQUEST, []),
    ("/api/pull", CHAT_REQUEST, []),
    ("/v1/realtime?model=small-model", b"{}", []),
]
WITHIN: list[tuple[str, bytes, list[tuple[str, str]]]] = [
    (CHAT, CHAT_REQUEST, []),
    (CHAT, b'{"model":"tiny","tools":[{"model":"large-model"}]}', []),
    (CHAT, b'{"model":"tiny","models":["small-model"]}', []),
    (AZURE.format("small-model"), b'{"messages":[]}', []),
    (GEMINI.format("small-model"), b'{"model":"models/small-model"}', []),
    (TRANSCRIBE, form(part("model", b"small-1"), file_part(b"sound", file_name="model.mp3")), [FORM]),
]


async def test_no_way_leads_past_the_list_of_models(upstream: Upstream, payback: Payback) -> None:
    """Whichever of two names an upstream takes."""
    for path, body, headers in PAST_THE_LIST:
        answer = await call(payback.port, post(path, body, bearer("small"), *headers))
        assert answer.status == 403, (path, body)
        assert b"this key may not ask for the model large-model" in answer.body, (path, body, answer.body)
    assert upstream.connections == 0


async def test_where_the_model_cannot_be_read_the_call_is_refused(
    upstream: Upstream, payback: Payback
) -> None:
    for path, body, headers in UNREAD:
        answer = await call(payback.port, post(path, body, bearer("small"), *headers))
        assert answer.status == 403, (path, body[:80])
        assert b"which one the call asks for cannot be read" in answer.body, (path, body[:80])
    assert upstream.connections == 0


async def test_what_is_on_the_list_passes_and_so_do_reads(upstream: Upstream, payback: Payback) -> None:
    for path, body, headers in WITHIN:
        answer = await call(payback.port, post(path, body, bearer("small"), *headers))
        assert answer.status == 200, (path, body, answer.body)
        assert upstream.received.pop().body == body
    assert (await call(payback.port, get("/v1/models", bearer("small")))).status == 200
    deleting = await call(payback.port, get("/v1/files/1", bearer("small"), method="DELETE"))
    assert deleting.status == 403


async def test_a_body_in_pieces_is_read_for_its_model_too(upstream: Upstream, payback: Payback) -> None:
    start = [("Host", "a"), bearer("small"), ("Transfer-Encoding", "chunked")]
    for body, status in ((CHAT_REQUEST, 200), (DUMP, 403)):
        pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        assert (await call(payback.port, message(f"POST {CHAT} HTTP/1.1", start, pieces))).status == status
    assert len(upstream.received) == 1


async def test_a_key_without_a_list_may_ask_for_anything(upstream: Upstream, payback: Payback) -> None:
    for path, body, headers in [*PAST_THE_LIST, *UNREAD]:
        if path != "/api/pull":
            sent = post(path, body, bearer("ci"), *headers)
            assert (await call(payback.port, sent)).status == 200, (path, body[:80])
    assert len(upstream.received) == len(PAST_THE_LIST) + len(UNREAD) - 1
