"""One attempt's row: opened, metered, ended; and what stands in it."""

import asyncio
from pathlib import Path

import pytest

from ledger.call import Entry, Outcome, State, UsageBasis
from proxy.call_ids import CallIds
from proxy.record import INTERIM_NS
from tests.proxy.bodies import ASKED_REQUEST, CHAT, CHAT_ANSWER, CHAT_REQUEST, MODEL, chat_request, chunk
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked, message
from tests.proxy.running import PRICE, Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit


async def test_a_row_says_what_the_call_was(upstream: Upstream, payback: Payback) -> None:
    headers = [
        ("Content-Type", "application/json"),
        ("x-request-id", "req_1"),
        ("Content-Length", str(len(CHAT_ANSWER))),
    ]
    upstream.script = lambda visit: visit.send(message("HTTP/1.1 200 OK", headers, CHAT_ANSWER))
    who = [("X-Payback-Project", "shop"), ("Authorization", "Bearer sk-1"), ("User-Agent", "curl/8.5.0")]
    await call(payback.port, post(CHAT, CHAT_REQUEST, *who))
    row = await payback.row()
    facts = row.call
    assert (facts.upstream, facts.provider, facts.operation, facts.stream) == ("lab", "lab", "chat", False)
    assert (facts.request_model, facts.response_model, facts.http_status) == (MODEL, MODEL, 200)
    assert (facts.usage_basis, facts.problem) == (UsageBasis.REPORTED, None)
    assert (facts.who.project, facts.who.client, facts.upstream_request_id) == ("shop", "curl", "req_1")
    assert facts.started_us <= (facts.first_byte_us or 0) <= (facts.ended_us or 0)
    assert row.price is not None
    assert (row.price.source, row.price.model) == ("configuration", MODEL)


@pytest.mark.parametrize(
    ("asked", "told", "tier", "cost_nusd"),
    [
        ("flex", "default", "default", 61_000),
        ("default", "flex", "flex", 30_500),
        ("fast", "priority", "priority", None),
        ("flex", None, "flex", 30_500),
        (None, "flex", "flex", 30_500),
        (None, None, None, 61_000),
    ],
)
async def test_the_tier_that_served_is_charged_and_the_one_asked_for_only_where_none_is_told(
    asked: str | None,
    told: str | None,
    tier: str | None,
    cost_nusd: int | None,
    upstream: Upstream,
    tmp_path: Path,
) -> None:
    """At flex 11 * 0.50 + 5 * 5.00 = 30.5 millionths; a tier without a price is unpriced, not standard."""
    flex = {**PRICE, "service_tier": "flex", "input_usd_per_mtok": "0.50", "output_usd_per_mtok": "5.00"}
    member = b"" if told is None else b'"service_tier":"%s",' % told.encode()
    body = CHAT_ANSWER.replace(b"{", b"{" + member, 1)
    upstream.script = lambda visit: visit.answer(body, ("Content-Type", "application/json"))
    async with running(tmp_path, configuration(upstream, price=[PRICE, flex])) as payback:
        request = chat_request() if asked is None else chat_request(service_tier=asked)
        await call(payback.port, post(CHAT, request))
        row = await payback.row()
    assert (row.call.service_tier, row.list_cost) == (tier, cost_nusd)


async def test_answers_under_one_id_are_calls_of_their_own(upstream: Upstream, payback: Payback) -> None:
    """Ollama's ids are chatcmpl- and up to three digits: sooner or later they come again."""
    headers = [("Content-Type", "application/json"), ("x-request-id", "req_1")]
    body = CHAT_ANSWER.replace(b"chatcmpl-1", b"chatcmpl-424")
    upstream.script = lambda visit: visit.answer(body, *headers)
    for _ in range(3):
        await call(payback.port, post(CHAT, CHAT_REQUEST))
    rows = await payback.ended(3)
    assert [row.list_cost for row in rows] == [61_000] * 3
    assert len({row.call.logical_call_id for row in rows}) == 3


def said(row: Entry) -> int | None:
    return row.call.usage.output_tokens if row.call.usage else None


async def test_usage_that_comes_with_every_event_is_committed_at_first_and_at_the_end(
    upstream: Upstream, payback: Payback
) -> None:
    """vLLM can send it so; a commit for each event would be hundreds a second."""
    goes_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.stream()
        for number in (1, 2, 3):
            usage = {"prompt_tokens": 11, "completion_tokens": number}
            await visit.send(chunked(chunk(f"n{number}", usage=usage), end=False))
            await goes_on.wait()
            goes_on.clear()
        await visit.left()

    upstream.script = script
    seen = []
    async with connected(payback.port) as client:
        await client.send(post(CHAT, ASKED_REQUEST))
        pieces = client.pieces(await client.head())
        started_us = payback.rows()[0].call.started_us
        for number in (1, 2, 3):
            await client.until(f'"completion_tokens":{number}'.encode(), pieces)
            seen += [(row.state, said(row)) for row in payback.rows()]
            goes_on.set()
    row = await payback.row()
    assert (row.call.outcome, said(row)) == (Outcome.CLIENT_LEFT, 3)
    assert ((row.call.ended_us or 0) - started_us) * 1000 < INTERIM_NS, "too slow a machine to tell"
    assert seen == [(State.METERED, 1)] * 3


def test_ids_of_one_microsecond_differ_and_later_ones_sort_later() -> None:
    ids = CallIds()
    same = [ids.at(1_790_000_000_000_000) for _ in range(1000)]
    later = ids.at(1_790_000_000_001_000)
    assert len(set(same)) == 1000
    assert all(one < later for one in same)
