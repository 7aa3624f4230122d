"""A second upstream is asked where the first cannot be, or says so, and the client has heard nothing yet."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Entry, Outcome
from ledger.ids import render_call_id
from tests.proxy.bodies import (
    ASKED_EVENTS,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    PLAIN_EVENTS,
    STREAM_REQUEST,
    chat_answer,
    chat_request,
    chunk,
)
from tests.proxy.client import Answer, call, get, post
from tests.proxy.issued import bearer, issue
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.test_upstream_client import DATA, JSON, refused_port, sends
from tests.proxy.upstream import Upstream, Visit, scripted_upstream
from tests.proxy.websockets import UPGRADE, socket_upstream, websocket

SPARE_ANSWER = chat_answer(content="From the spare.")
SPARE_KEY = "sk-of-the-spare"
CLIENTS_KEY = "sk-of-the-client"
REALTIME = "/v1/realtime?model=gpt-realtime"
UNAVAILABLE = ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout", "529 Overloaded"]


@pytest.fixture
async def spare(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    monkeypatch.setenv("SPARE_KEY", SPARE_KEY)
    async with scripted_upstream() as started:
        started.script = lambda visit: visit.answer(SPARE_ANSWER, JSON)
        yield started


def paired(
    folder: Path, upstream: Upstream, spare: Any, more: dict[str, Any] | None = None, **lab: Any
) -> AbstractAsyncContextManager[Payback]:
    """lab, and the spare that is asked in its place. *more* is said of the spare."""
    said = {"api_key": {"env": "SPARE_KEY"}} if more is None else more
    others = [{"name": "spare", "base_url": spare.base_url, "provider": "lab", **said}]
    table = configuration(upstream, lab={"failover": "spare", **lab}, others=others)
    return running(folder, {**table, "server": {"read_body_mib": 1, "idle_timeout_s": 0.3}})


def facts(row: Entry) -> tuple[str, Outcome | None, int, str | None]:
    return row.call.upstream, row.call.outcome, row.call.retry_number, row.call.problem


def answers(upstream: Upstream, status: str) -> None:
    upstream.script = lambda visit: visit.answer(b'{"error":"from lab"}', JSON, status=status)


async def test_where_an_upstream_is_not_there_the_other_answers_and_each_attempt_is_a_row(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    upstream.port = await refused_port()
    async with paired(tmp_path, upstream, spare) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
        first, second = await payback.ended(2)
    assert (answer.status, answer.body, spare.only.body) == (200, SPARE_ANSWER, CHAT_REQUEST)
    problem = "upstream lab cannot be reached: connection refused; went on to spare"
    assert facts(first) == ("lab", Outcome.UPSTREAM_ERROR, 0, problem)
    assert facts(second) == ("spare", Outcome.OK, 1, None)
    assert first.call.logical_call_id == second.call.logical_call_id == first.call.call_id
    assert second.call.usage is not None
    assert answer.head.values("X-Payback-Call-Id") == [render_call_id(second.call.call_id).encode()]


async def test_an_upstream_whose_certificate_nobody_vouches_for_counts_as_not_there(
    spare: Upstream, tmp_path: Path
) -> None:
    async with scripted_upstream(certificate=DATA / "tls" / "nobody_vouches_for.pem") as upstream:
        base_url = f"https://127.0.0.1:{upstream.port}/v1"
        async with paired(tmp_path, upstream, spare, base_url=base_url) as payback:
            assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).body == SPARE_ANSWER


@pytest.mark.parametrize("status", UNAVAILABLE)
async def test_an_upstream_that_says_it_is_not_available_is_left_and_nothing_of_its_answer_is_seen(
    status: str, upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, status)
    async with paired(tmp_path, upstream, spare) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
        first, second = await payback.ended(2)
    assert (answer.status, answer.body) == (200, SPARE_ANSWER)
    number = int(status[:3])
    problem = f"upstream lab answered {number}; went on to spare"
    assert facts(first) == ("lab", Outcome.UPSTREAM_ERROR, 0, problem)
    assert (first.call.http_status, second.call.http_status) == (number, 200)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Internal Server Error", "400 Bad Request"])
async def test_any_other_answer_is_the_clients(
    status: str, upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, status)
    async with paired(tmp_path, upstream, spare) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert (answer.status, answer.body) == (int(status[:3]), b'{"error":"from lab"}')
    assert spare.heads == []


async def silent(visit: Visit) -> None:
    await visit.left()


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (sends(b"", "close"), 502),
        (sends(b"", "reset"), 502),
        (sends(b"HTTP/1.1 503 Serv", "close"), 502),
        (sends(b"SSH-2.0-OpenSSH\r\n\r\n", "close"), 502),
        (silent, 504),
    ],
    ids=["closed", "reset", "cut within the head", "no HTTP", "silent"],
)
async def test_a_call_that_was_sent_and_had_no_answer_may_have_been_charged_and_goes_nowhere_else(
    script: Any, status: int, upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    upstream.script = script
    async with paired(tmp_path, upstream, spare) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
        await payback.row()
    assert (answer.status, len(upstream.received), spare.heads) == (status, 1, [])


async def test_an_answer_that_has_begun_is_cut_and_not_begun_anew(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    async def breaks(visit: Visit) -> None:
        await visit.stream(chunk("Hel"))
        visit.close()

    upstream.script = breaks
    async with paired(tmp_path, upstream, spare) as payback:
        answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert (answer.body, answer.whole, spare.heads) == (chunk("Hel"), False, [])


async def test_without_being_told_so_payback_asks_no_other_upstream(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, "503 Service Unavailable")
    async with paired(tmp_path, upstream, spare, failover=None) as payback:
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).status == 503
    assert spare.heads == []


@pytest.mark.parametrize("more", [None, {"self_hosted": True}], ids=["key of its own", "no key"])
@pytest.mark.parametrize("is_there", [True, False], ids=["unavailable", "unreached"])
async def test_what_the_client_shows_the_first_upstream_the_second_never_sees(
    more: dict[str, Any] | None, is_there: bool, upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, "503 Service Unavailable")
    port = upstream.port if is_there else await refused_port()
    shown = [(name, CLIENTS_KEY) for name in ("Authorization", "x-api-key", "api-key", "x-goog-api-key")]
    request = post(f"{CHAT}?key={CLIENTS_KEY}&v=1", CHAT_REQUEST, *shown, ("Cookie", f"s={CLIENTS_KEY}"))
    base_url = f"http://127.0.0.1:{port}/v1"
    async with paired(tmp_path, upstream, spare, more, base_url=base_url) as payback:
        assert (await call(payback.port, request)).body == SPARE_ANSWER
    assert CLIENTS_KEY.encode() not in spare.only.raw
    assert spare.only.target == f"{CHAT}?v=1"
    key = f"Bearer {SPARE_KEY}".encode() if more is None else None
    assert spare.only.head.value("Authorization") == key
    assert all(received.raw.count(CLIENTS_KEY.encode()) == 6 for received in upstream.received)


async def test_a_key_of_one_upstream_leads_to_no_other_and_one_of_all_does(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, "503 Service Unavailable")
    issue(tmp_path, "ci", models=["small-*"])
    issue(tmp_path, "bound", upstream="lab")
    async with paired(tmp_path, upstream, spare, api_key={"env": "SPARE_KEY"}) as payback:
        bound = await call(payback.port, post(CHAT, CHAT_REQUEST, bearer("bound")))
        assert (bound.status, spare.heads) == (503, [])
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST, bearer("ci")))).body == SPARE_ANSWER
        other = post(CHAT, chat_request(model="large-model"), bearer("ci"))
        assert (await call(payback.port, other)).status == 403
    assert len(spare.received) == 1


async def test_a_page_of_another_site_is_not_let_to_the_key_of_the_second_upstream(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, "503 Service Unavailable")
    async with paired(tmp_path, upstream, spare) as payback:
        page = post(CHAT, CHAT_REQUEST, ("Origin", "https://elsewhere.example"))
        assert (await call(payback.port, page)).status == 503
    assert spare.heads == []


@pytest.mark.parametrize(
    "request_",
    [
        get("/v1/models"),
        get("/v1/files/file-1"),
        post("/v1/files", b"{}"),
        post("/v1/batches", b"{}"),
        post(CHAT, b" " * (3 << 20) + CHAT_REQUEST),
    ],
    ids=["models", "file", "upload", "batch", "too long to be held"],
)
async def test_what_each_upstream_has_of_its_own_or_cannot_be_sent_again_stays_with_the_first(
    request_: bytes, upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, "503 Service Unavailable")
    async with paired(tmp_path, upstream, spare) as payback:
        assert (await call(payback.port, request_)).status == 503
    assert spare.heads == []


async def test_where_neither_is_there_the_client_is_told_of_both(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    upstream.port = await refused_port()
    spare.port = await refused_port()
    async with paired(tmp_path, upstream, spare) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
        rows = await payback.ended(2)
    assert answer.status == 502
    assert json.loads(answer.body)["error"]["message"] == (
        "payback: upstream lab cannot be reached: connection refused; upstream spare cannot be reached:"
        " connection refused; check that it runs and that its base_url is right"
    )
    assert answer.head.values("X-Payback-Call-Id") == [render_call_id(rows[1].call.call_id).encode()]


async def test_an_error_of_the_second_is_the_clients_and_no_third_is_asked(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, "503 Service Unavailable")
    spare.script = lambda visit: visit.answer(b"overloaded too", status="529 Overloaded")
    async with paired(tmp_path, upstream, spare) as payback:
        answer: Answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
        rows = await payback.ended(2)
    assert (answer.status, answer.body) == (529, b"overloaded too")
    assert [row.call.outcome for row in rows] == [Outcome.UPSTREAM_ERROR] * 2


@pytest.mark.parametrize("is_there", [True, False], ids=["unavailable", "unreached"])
async def test_of_two_that_stand_in_for_each_other_none_is_asked_twice(
    is_there: bool, upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    answers(upstream, "503 Service Unavailable")
    answers(spare, "503 Service Unavailable")
    if not is_there:
        upstream.port, spare.port = await refused_port(), await refused_port()
    key = {"api_key": {"env": "SPARE_KEY"}}
    async with paired(tmp_path, upstream, spare, {**key, "failover": "lab"}, **key) as payback:
        for path, order in [(CHAT, ["lab", "spare"]), (f"/spare{CHAT}", ["spare", "lab"])]:
            before = len(payback.rows())
            assert (await call(payback.port, post(path, CHAT_REQUEST))).status == (503 if is_there else 502)
            assert [row.call.upstream for row in (await payback.ended(before + 2))[before:]] == order


async def test_whether_usage_is_asked_for_is_decided_anew_for_the_second(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    async def streams(visit: Visit) -> None:
        assert b"include_usage" in visit.received.body
        await visit.stream(*ASKED_EVENTS)
        await visit.send(chunked())

    answers(upstream, "503 Service Unavailable")
    spare.script = streams
    async with paired(tmp_path, upstream, spare, include_usage=False) as payback:
        answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
        _, second = await payback.ended(2)
    assert (answer.body, answer.whole) == (b"".join(PLAIN_EVENTS), True)
    assert upstream.only.body == STREAM_REQUEST
    assert second.call.usage is not None


async def test_a_handshake_goes_on_where_nobody_was_there_and_stays_where_it_was_refused(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    async with socket_upstream() as sockets:
        base_url = f"http://127.0.0.1:{await refused_port()}/v1"
        async with paired(tmp_path, upstream, sockets, base_url=base_url) as payback:
            async with websocket(payback.port, REALTIME) as client:
                await client.close()
            assert [row.call.upstream for row in await payback.ended(2)] == ["lab", "spare"]
        assert sockets.only.headers["Authorization"] == f"Bearer {SPARE_KEY}"
    answers(upstream, "503 Service Unavailable")
    (tmp_path / "refused").mkdir()
    async with paired(tmp_path / "refused", upstream, spare) as payback:
        assert (await call(payback.port, get(REALTIME, *UPGRADE))).body == b'{"error":"from lab"}'
    assert spare.heads == []


async def test_an_answer_from_the_first_is_as_ever(
    upstream: Upstream, spare: Upstream, tmp_path: Path
) -> None:
    async with paired(tmp_path, upstream, spare) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST, ("Cookie", "a=b")))
        await payback.row()
    assert (answer.body, spare.heads) == (CHAT_ANSWER, [])
    assert upstream.only.head.value("Cookie") == b"a=b"
