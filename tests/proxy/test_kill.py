"""kill -9 at the worst instant: what was answered is in the ledger once, what was not is so marked."""

from pathlib import Path

import pytest

from ledger.call import Entry, Outcome, State
from ledger.sqlite.reader import open_sqlite_reader
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    DONE,
    STREAM_REQUEST,
    chunk,
)
from tests.proxy.client import connected, get, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, Process, eventually, process, toml_of
from tests.proxy.upstream import Upstream, Visit

KILLS = 10
ANSWERED = (
    post(CHAT, CHAT_REQUEST),
    post(CHAT, STREAM_REQUEST),
    post(CHAT, ASKED_REQUEST),
    get("/v1/models"),
)


async def script(visit: Visit) -> None:
    """Answers everything but /v1/stalled, of which it sends the start."""
    if visit.received.target == "/v1/stalled/chat/completions":
        await visit.stream(chunk("Hi"))
        await visit.left()
    elif b'"stream":true' in visit.received.body:
        await visit.stream(*ASKED_EVENTS)
        await visit.send(chunked())
    else:
        await visit.answer(CHAT_ANSWER, ("Content-Type", "application/json"))


async def killed_at_the_answer(running: Process, request: bytes) -> tuple[str, str]:
    """Ids of the call that was answered in full, and of one that was under way."""
    async with connected(running.payback.port) as stalled, connected(running.payback.port) as client:
        await stalled.send(post("/v1/stalled/chat/completions", ASKED_REQUEST))
        under_way = await stalled.head()
        await client.send(request)
        head = await client.head()
        pieces = client.pieces(head)
        if head.is_chunked:
            await client.until(DONE, pieces)
        else:
            assert b"".join([piece async for piece in pieces]) == CHAT_ANSWER
        await running.kill()
    ids = (head.value("X-Payback-Call-Id"), under_way.value("X-Payback-Call-Id"))
    return tuple((value or b"").decode().replace("-", "") for value in ids)  # type: ignore[return-value]


def outcome_by_id(entries: list[Entry]) -> dict[str, tuple[Outcome | None, State, bool]]:
    return {
        entry.call.call_id.hex(): (entry.call.outcome, entry.state, entry.call.usage is not None)
        for entry in entries
    }


async def test_no_call_that_was_answered_is_lost_or_doubled_by_a_kill(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = script
    answered: dict[str, bytes] = {}
    under_way: set[str] = set()
    for number in range(KILLS):
        request = ANSWERED[number % len(ANSWERED)]
        async with process(tmp_path, toml_of(upstream)) as running:
            done, cut = await killed_at_the_answer(running, request)
            answered[done], under_way = request, under_way | {cut}
    ledger = tmp_path / "payback.db"
    before_restart = outcome_by_id(Payback(0, ledger).rows())
    async with process(tmp_path, toml_of(upstream)) as running:
        rows = running.payback.rows()
    after = outcome_by_id(rows)
    assert after == before_restart, "a report before the restart said something else"
    assert len(rows) == 2 * KILLS == len(after)
    for call_id, request in answered.items():
        assert after[call_id] == (Outcome.OK, State.ENDED, b"POST" in request)
    for call_id in under_way:
        assert after[call_id] == (Outcome.INTERRUPTED, State.ENDED, False)
    reader = open_sqlite_reader(ledger)
    assert reader.disagreements() == []
    reader.close()


async def test_a_call_that_a_kill_cuts_after_its_tokens_were_told_keeps_them(
    upstream: Upstream, tmp_path: Path
) -> None:
    async def tells_and_stalls(visit: Visit) -> None:
        await visit.stream(*ASKED_EVENTS[:-1])
        await visit.left()

    upstream.script = tells_and_stalls
    async with process(tmp_path, toml_of(upstream)) as running, connected(running.payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.until(ASKED_EVENTS[-2], client.pieces(await client.head()))
        await running.kill()
    (row,) = Payback(0, tmp_path / "payback.db").rows()
    assert (row.call.outcome, row.state) == (Outcome.INTERRUPTED, State.ENDED)
    assert row.call.usage is not None


@pytest.mark.parametrize("patient", [True, False], ids=["drained", "cut"])
async def test_sigterm_lets_calls_end_and_says_of_those_it_cuts_that_it_did(
    patient: bool, upstream: Upstream, tmp_path: Path
) -> None:
    async def slow(visit: Visit) -> None:
        await visit.stream(chunk("Hi"))
        if patient:
            await eventually(lambda: is_ending)
            await visit.send(chunked(*ASKED_EVENTS[1:]))
        else:
            await visit.left()

    is_ending = False
    upstream.script = slow
    toml = toml_of(upstream) + f"\n[server]\ndrain_s = {5 if patient else 0.2}\n"
    async with process(tmp_path, toml) as running, connected(running.payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        pieces = client.pieces(await client.head())
        await client.until(chunk("Hi"), pieces)
        running.process.terminate()
        is_ending = True
        if patient:
            await client.until(DONE, pieces)
        assert await running.process.wait() == 0
    (row,) = Payback(0, tmp_path / "payback.db").rows()
    assert row.call.outcome is (Outcome.OK if patient else Outcome.INTERRUPTED)
