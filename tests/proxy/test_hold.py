"""What budgets keep for a call comes back whatever becomes of it, and what it has cost is counted once."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType
from msgspec import structs

from ledger.call import ITEM_KEY_BYTES
from proxy import spending
from proxy.budget import Budgets, Purses
from proxy.hold import Hold
from tests.proxy.bodies import (
    ASKED_EVENTS,
    ASKED_REQUEST,
    CHAT,
    CHAT_ANSWER,
    USAGE_EVENT,
    chat_request,
    chunk,
)
from tests.proxy.budgets import (
    CAREFUL,
    COST,
    budget,
    chat,
    fails,
    nothing_is_kept,
    told,
    with_budgets,
)
from tests.proxy.client import call, connected, get, post
from tests.proxy.running import configuration, eventually, running
from tests.proxy.test_anthropic_batch import BATCH_PRICE
from tests.proxy.test_budget import ALL, LATE, call_at, judged
from tests.proxy.test_budget import budget as made_budget
from tests.proxy.test_openai_batch import PATH, answering, line
from tests.proxy.test_realtime import PRICES, REALTIME, TWO_TURNS, sends
from tests.proxy.upstream import Upstream, Visit
from tests.proxy.websockets import UPGRADE, received, socket_upstream, websocket


async def resets(visit: Visit) -> None:
    visit.reset()


async def breaks_off(visit: Visit) -> None:
    await visit.stream(chunk("Hi"))
    visit.reset()


async def answers_an_error(visit: Visit) -> None:
    await visit.answer(b"{}", status="500 Oh")


async def is_silent(visit: Visit) -> None:
    await visit.left()


async def is_silent_within(visit: Visit) -> None:
    await visit.stream(chunk("Hi"))
    await visit.left()


TROUBLES: dict[str, tuple[Callable[[Visit], Any], bytes]] = {
    "a reset before the head": (resets, CAREFUL),
    "a reset within the answer": (breaks_off, chat_request(max_tokens=100, stream=True)),
    "an error": (answers_an_error, CAREFUL),
    "silence before the head": (is_silent, CAREFUL),
    "silence within the answer": (is_silent_within, chat_request(max_tokens=100, stream=True)),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_what_was_kept_is_back_after_trouble_upstream(
    trouble: str, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script, body = TROUBLES[trouble]
    table = with_budgets(upstream, budget("1"), server={"idle_timeout_s": 0.2})
    async with running(tmp_path, table) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, body))
            await client.head()
        await payback.row()
        await nothing_is_kept(payback)


@pytest.mark.parametrize(
    "script", [is_silent, is_silent_within], ids=["before the head", "within the answer"]
)
@pytest.mark.parametrize("manner", ["cancel", "drain"])
async def test_what_was_kept_is_back_when_the_client_has_left(
    manner: str, script: Callable[[Visit], Any], upstream: Upstream, tmp_path: Path
) -> None:
    """Where the answer is heard out, when that is over: it is kept until then."""
    upstream.script = script
    server = {"when_client_leaves": manner, "drain_limit_s": 0.3}
    async with running(tmp_path, with_budgets(upstream, budget("1"), server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, chat_request(max_tokens=100, stream=True)))
            await eventually(lambda: upstream.received != [])
            if script is is_silent_within:
                await client.head()
            assert (await told(payback))["reserved"] > 0
            client.leave()
        if manner == "drain":
            assert (await told(payback))["reserved"] > 0
        await payback.row()
        await nothing_is_kept(payback)


async def test_what_an_answer_costs_that_is_heard_out_is_counted(upstream: Upstream, tmp_path: Path) -> None:
    goes_on = asyncio.Event()

    async def waits(visit: Visit) -> None:
        await visit.stream(ASKED_EVENTS[0])
        await goes_on.wait()
        rest = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in ASKED_EVENTS[1:])
        await visit.send(rest + b"0\r\n\r\n")

    upstream.script = waits
    server = {"when_client_leaves": "drain"}
    async with running(tmp_path, with_budgets(upstream, budget("1"), server=server)) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, ASKED_REQUEST))
            await client.head()
        goes_on.set()
        await payback.row()
        assert (await told(payback))["spent"] == COST


async def test_what_was_kept_is_back_when_the_ledger_refuses_the_call(
    upstream: Upstream, tmp_path: Path
) -> None:
    ledger = {"spool": str(tmp_path / "not-there" / "spool")}
    async with running(tmp_path, with_budgets(upstream, budget("1"), ledger=ledger)) as payback:
        with payback.locked():
            assert (await chat(payback, CAREFUL)).status == 503
        await nothing_is_kept(payback)


FAULTS = {
    "before the head": "proxy.sending._headers",
    "between head and answer": "proxy.forward.relay",
    "in judging the end": "proxy.record._usage_of",
}


@pytest.mark.parametrize("place", FAULTS)
async def test_what_was_kept_is_back_after_a_fault_of_our_own(
    place: str, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FAULTS[place], fails)
    async with (
        running(tmp_path, with_budgets(upstream, budget("1"))) as payback,
        connected(payback.port) as client,
    ):
        await client.send(post(CHAT, CAREFUL))
        await eventually(lambda: payback.rows() != [])
        await nothing_is_kept(payback)


async def test_a_fault_in_looking_for_room_lets_a_call_pass_and_is_logged(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spending, "expected_cost", fails)
    async with running(tmp_path, with_budgets(upstream, budget("1"))) as payback:
        assert (await chat(payback)).status == 200
        assert (await told(payback))["spent"] == COST, "it is counted all the same"
    assert "the budgets could not be looked at, and a call passes" in caplog.messages


async def test_a_fault_in_counting_changes_nothing_for_the_client_and_gives_back_what_was_kept(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, with_budgets(upstream, budget("1"))) as payback:
        monkeypatch.setattr(Purses, "of", fails)
        assert (await chat(payback, CAREFUL)).body == CHAT_ANSWER
        await payback.row()
        assert (await told(payback))["reserved"] == 0
    assert "what a call has cost is not counted in a budget" in caplog.messages


async def test_of_a_call_that_goes_on_elsewhere_nothing_stays_kept_for_the_first_attempt(
    upstream: Upstream, tmp_path: Path
) -> None:
    """And the second is one of the budget of its own upstream."""
    other = {"name": "other", "base_url": upstream.base_url, "provider": "lab", "self_hosted": True}
    closed = {"base_url": "http://127.0.0.1:1/v1", "failover": "other"}
    async with running(tmp_path, with_budgets(upstream, budget("1"), lab=closed, others=[other])) as payback:
        assert (await chat(payback, CAREFUL)).status == 200
        assert len(await payback.ended(2)) == 2
        assert (await told(payback))["reserved"] == 0


async def test_usage_that_comes_on_the_way_is_spent_at_once_and_once(
    upstream: Upstream, tmp_path: Path
) -> None:
    """What it comes to is taken from what is kept."""
    goes_on = asyncio.Event()

    async def waits(visit: Visit) -> None:
        await visit.stream(USAGE_EVENT)
        await goes_on.wait()
        await visit.send(b"0\r\n\r\n")

    upstream.script = waits
    body = chat_request(stream=True, stream_options={"include_usage": True}, max_tokens=100)
    async with running(tmp_path, with_budgets(upstream, budget("1"))) as payback:
        async with connected(payback.port) as client:
            await client.send(post(CHAT, body))
            await client.until(USAGE_EVENT, client.pieces(await client.head()))
            found = await told(payback)
            assert found["spent"] == COST
            assert 0 < found["reserved"] < 0.0011 - COST
            goes_on.set()
            await payback.row()
        await nothing_is_kept(payback)
        assert (await told(payback))["spent"] == COST


async def test_what_is_said_in_a_session_is_spent_response_by_response(tmp_path: Path) -> None:
    """And nothing stays kept when it is over. See test_realtime for what the two turns cost."""
    async with socket_upstream() as sockets:
        sockets.script = sends(*TWO_TURNS)
        table = configuration(sockets, price=PRICES, budget=[budget("0.01")])
        async with running(tmp_path, table) as payback:
            async with websocket(payback.port, REALTIME) as client:
                while (await received(client)).type is WSMsgType.TEXT:
                    pass
            found = await told(payback)
            assert found["spent"] == pytest.approx(0.0069656 + 0.0035188)
            assert found["reserved"] == 0
            assert (await call(payback.port, get(REALTIME, *UPGRADE))).status == 429, (
                "0.0105 of 0.01 are spent"
            )


def test_results_fetched_before_there_was_a_budget_are_not_spent_when_fetched_again() -> None:
    """What they cost is what the ledger says when the budget is begun."""
    purses = Purses()
    item = structs.replace(judged(call_at(), 30), item_key=bytes(ITEM_KEY_BYTES))
    Hold(Budgets([], purses)).reported(item)
    purses.use([ALL])
    purses.at(ALL, LATE).recall(30, 0)
    held = Budgets([made_budget(100)], purses)
    Hold(held).reported(item)
    assert [purse.spent for _, purse in held.now(LATE)] == [30]


async def test_results_of_a_batch_that_are_fetched_again_are_spent_once(
    upstream: Upstream, tmp_path: Path
) -> None:
    """As the ledger has it. To fetch them is free, though nothing is left."""
    answering(upstream, line("a"), line("b"))
    table = with_budgets(upstream, budget("0.00005"))
    async with running(tmp_path, {**table, "price": [*table["price"], BATCH_PRICE]}) as payback:
        for number in (3, 4):
            assert (await call(payback.port, get(PATH.format("file-1")))).status == 200
            await payback.ended(number)
            assert (await told(payback))["spent"] == pytest.approx(2 * 0.0000305)
