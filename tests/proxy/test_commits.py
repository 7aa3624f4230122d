"""What a client has seen the end of is in the ledger, and no call goes upstream before its row is there."""

import asyncio
from pathlib import Path

import pytest

from ledger.call import Entry, Outcome, Pricing, State
from ledger.money import NOTHING, render_usd
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    COST_USD,
    DONE,
    EMBEDDINGS,
    MODEL,
    STREAM_REQUEST,
    USAGE,
    USAGE_EVENT,
    chunk,
)
from tests.proxy.client import call, connected, get, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, configuration, eventually, running
from tests.proxy.upstream import Upstream, Visit

HELD_S = 0.2
"""Less than the half second after which the writer goes to its spool."""
JSON = ("Content-Type", "application/json")


def tokens(entry: Entry) -> tuple[int, int] | None:
    usage = entry.call.usage
    return (usage.input_tokens, usage.output_tokens) if usage else None


async def test_the_row_is_there_when_upstream_sees_the_connection(
    upstream: Upstream, payback: Payback
) -> None:
    seen: list[Entry] = []
    upstream.on_connection = lambda: seen.extend(payback.rows())
    await call(payback.port, post(CHAT, CHAT_REQUEST))
    assert [(row.state, row.call.request_model) for row in seen] == [(State.OPEN, MODEL)]


async def test_upstream_is_not_called_while_the_row_cannot_be_written(
    upstream: Upstream, payback: Payback
) -> None:
    async with connected(payback.port) as client:
        with payback.locked():
            await client.send(post(CHAT, CHAT_REQUEST))
            await asyncio.sleep(HELD_S)
            assert upstream.connections == 0
        assert (await client.answer()).status == 200


async def test_tokens_are_in_the_ledger_when_the_client_has_the_event_that_carries_them(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(chunk("Hi"), USAGE_EVENT)
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        await client.until(USAGE_EVENT, client.pieces(await client.head()))
        (row,) = payback.rows()
    assert (row.state, tokens(row)) == (State.METERED, (11, 5))
    assert (row.pricing, render_usd(row.list_cost or NOTHING)) == (Pricing.PRICED, COST_USD)


async def test_the_event_that_carries_the_tokens_waits_for_the_ledger_and_those_before_it_do_not(
    upstream: Upstream, payback: Payback
) -> None:
    goes_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.stream(chunk("Hi"))
        await goes_on.wait()
        await visit.send(chunked(chunk("!"), end=False))
        await asyncio.sleep(0.02)
        await visit.send(chunked(USAGE_EVENT, DONE))

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        pieces = client.pieces(await client.head())
        assert await client.until(chunk("Hi"), pieces) == chunk("Hi")
        with payback.locked():
            goes_on.set()
            assert await client.until(chunk("!"), pieces) == chunk("!")
            rest = asyncio.ensure_future(client.until(DONE, pieces))
            await asyncio.sleep(HELD_S)
            assert not rest.done()
        assert await rest == USAGE_EVENT + DONE
    assert tokens(await payback.row()) == (11, 5)


@pytest.mark.parametrize("body", [ASKED_REQUEST, STREAM_REQUEST], ids=["asked", "hidden"])
async def test_the_call_has_ended_in_the_ledger_when_the_client_has_the_done_event(
    body: bytes, upstream: Upstream, payback: Payback
) -> None:
    """openai-python closes its connection there, and a kill may follow."""

    async def script(visit: Visit) -> None:
        await visit.stream(*ASKED_EVENTS)
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, body))
        await client.until(DONE, client.pieces(await client.head()))
        (row,) = payback.rows()
    assert (row.state, row.call.outcome, tokens(row)) == (State.ENDED, Outcome.OK, (11, 5))
    assert await payback.ended() == [row]


@pytest.mark.parametrize("pieces", [1, 3], ids=["at once", "slowly"])
async def test_the_last_byte_of_a_document_waits_for_the_ledger(
    pieces: int, upstream: Upstream, payback: Payback
) -> None:
    goes_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        head = message("HTTP/1.1 200 OK", [JSON, ("Content-Length", str(len(CHAT_ANSWER)))])
        if pieces == 1:
            await goes_on.wait()
            await visit.send(head + CHAT_ANSWER)
        else:
            await visit.send(head, CHAT_ANSWER[:40])
            await goes_on.wait()
            await visit.send(CHAT_ANSWER[40:])

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(CHAT, CHAT_REQUEST))
        await eventually(lambda: upstream.received != [])
        answer = asyncio.ensure_future(client.answer())
        await asyncio.sleep(0 if pieces == 1 else 0.15)
        with payback.locked():
            goes_on.set()
            await asyncio.sleep(HELD_S)
            assert not answer.done()
        assert (await answer).body == CHAT_ANSWER
        (row,) = payback.rows()
    assert (row.state, row.call.outcome, tokens(row)) == (State.ENDED, Outcome.OK, (11, 5))


@pytest.mark.parametrize(
    "request_", [get("/v1/models"), post("/v1/videos", b"{}"), get("/v1/models", method="HEAD")]
)
async def test_an_unmetered_call_has_ended_in_the_ledger_when_the_client_has_its_last_byte(
    request_: bytes, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(b"" if b"HEAD" in visit.received.raw else b"{}")
    assert (await call(payback.port, request_)).status == 200
    (row,) = payback.rows()
    assert (row.state, row.call.outcome, row.call.operation) == (State.ENDED, Outcome.OK, "other")
    assert row.pricing is (Pricing.UNPRICED if b"POST" in request_ else Pricing.NOT_BILLED)


async def test_calls_of_one_model_at_once_are_all_there(upstream: Upstream, payback: Payback) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*ASKED_EVENTS)
        await visit.send(chunked())

    upstream.script = script
    await asyncio.gather(*[call(payback.port, post(CHAT, STREAM_REQUEST)) for _ in range(50)])
    rows = await payback.ended(50)
    assert sum((tokens(row) or (0, 0))[0] for row in rows) == 50 * USAGE["prompt_tokens"]
    assert len({row.call.call_id for row in rows}) == 50


async def test_records_wait_in_the_spool_while_the_ledger_is_locked_and_are_in_it_after(
    upstream: Upstream, payback: Payback
) -> None:
    with payback.locked():
        assert (await call(payback.port, post(CHAT, CHAT_REQUEST))).body == CHAT_ANSWER
        assert payback.rows() == []
        assert payback.ledger.with_name("payback.db.spool").stat().st_size > 0
    assert tokens(await payback.row()) == (11, 5)


async def refused(payback: Payback, path: str = CHAT) -> tuple[int, bytes | None, bytes]:
    answer = await call(payback.port, post(path, CHAT_REQUEST))
    return answer.status, answer.head.value("Retry-After"), answer.body


async def test_a_call_that_can_be_written_down_nowhere_is_refused_and_never_made(
    upstream: Upstream, tmp_path: Path
) -> None:
    table = configuration(upstream, ledger={"spool": str(tmp_path / "not-there" / "spool")})
    async with running(tmp_path, table) as payback:
        with payback.locked():
            status, retry_after, body = await refused(payback)
            assert (status, retry_after) == (503, b"1")
            assert b'"code":"ledger_unavailable"' in body
            assert upstream.connections == 0
        await asyncio.sleep(1.1)
        assert (await refused(payback))[0] == 200, "not well again within 3 s"
        assert tokens(await payback.row()) == (11, 5)


async def test_a_call_that_can_be_written_down_nowhere_passes_where_the_settings_say_so(
    upstream: Upstream, tmp_path: Path
) -> None:
    ledger = {"spool": str(tmp_path / "not-there" / "spool"), "when_unrecordable": "pass"}
    async with running(tmp_path, configuration(upstream, ledger=ledger)) as payback:
        with payback.locked():
            assert (await refused(payback))[2] == CHAT_ANSWER
        assert payback.rows() == []


@pytest.mark.parametrize("body", [CHAT_REQUEST, ASKED_REQUEST], ids=["document", "stream"])
async def test_an_answer_whose_tokens_can_be_written_down_nowhere_is_cut(
    body: bytes, upstream: Upstream, tmp_path: Path
) -> None:
    goes_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        if body is CHAT_REQUEST:
            await goes_on.wait()
            await visit.answer(CHAT_ANSWER, JSON)
        else:
            await visit.stream(chunk("Hi"))
            await goes_on.wait()
            await visit.send(chunked(USAGE_EVENT, DONE))

    upstream.script = script
    table = configuration(upstream, ledger={"spool": str(tmp_path / "not-there" / "spool")})
    async with running(tmp_path, table) as payback, connected(payback.port) as client:
        await client.send(post(CHAT, body))
        await eventually(lambda: upstream.received != [])
        with payback.locked():
            goes_on.set()
            if body is CHAT_REQUEST:
                assert await client.is_cut()
            else:
                answer = await client.answer()
                assert (answer.body, answer.whole) == (chunk("Hi"), False)


async def test_embeddings_are_metered_and_priced_by_their_input(upstream: Upstream, payback: Payback) -> None:
    body = b'{"model":"small-model","data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}'
    upstream.script = lambda visit: visit.answer(body, JSON)
    await call(payback.port, post(EMBEDDINGS, CHAT_REQUEST))
    row = await payback.row()
    assert (row.call.operation, tokens(row)) == ("embeddings", (8, 0))
    assert render_usd(row.list_cost or NOTHING) == "0.000008"


@pytest.mark.parametrize("how", [{"self_hosted": True}, {"provider": "nobody-we-know"}])
async def test_a_call_without_a_price_says_which_kind_it_is(
    how: dict[str, object], upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, configuration(upstream, lab=how)) as payback:
        answer = await call(payback.port, post(CHAT, CHAT_REQUEST))
        row = await payback.row()
    assert answer.head.value("X-Payback-Cost-Usd") is None
    assert (row.list_cost, tokens(row)) == (None, (11, 5))
    assert row.pricing is (Pricing.SELF_HOSTED if "self_hosted" in how else Pricing.UNPRICED)
