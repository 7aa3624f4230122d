"""One attempt's row: opened, metered, ended; and what stands in it."""

import asyncio

from ledger.call import Entry, Outcome, State, UsageBasis
from proxy.record import INTERIM_NS, CallIds
from tests.proxy.bodies import ASKED_REQUEST, CHAT, CHAT_ANSWER, CHAT_REQUEST, MODEL, chunk
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback
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
