"""A payback that calls another one: each ledger has what upstream reported, and neither makes it up anew."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.call import UsageBasis
from ledger.usage import TokenUsage
from tests.proxy.bodies import (
    ASKED_EVENTS,
    CHAT,
    CHAT_ANSWER,
    CHAT_REQUEST,
    PLAIN_EVENTS,
    STREAM_REQUEST,
    USAGE,
    compact,
)
from tests.proxy.client import call, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

ELEVEN_AND_FIVE = TokenUsage(input_tokens=11, output_tokens=5)


@dataclass(frozen=True, slots=True)
class _Inner:
    """As the outer one's upstream."""

    base_url: str


@dataclass(frozen=True, slots=True)
class Chain:
    outer: Payback
    inner: Payback


@pytest.fixture
async def chain(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Chain]:
    for name in ("outer", "inner"):
        (tmp_path / name).mkdir()
    async with running(tmp_path / "inner", configuration(upstream)) as inner:
        server = _Inner(f"http://127.0.0.1:{inner.port}/v1")
        async with running(tmp_path / "outer", configuration(server)) as outer:
            yield Chain(outer, inner)


async def test_usage_of_a_stream_that_nobody_asked_for_reaches_both_ledgers_as_it_was_reported(
    upstream: Upstream, chain: Chain
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(*ASKED_EVENTS)
        await visit.send(chunked())

    upstream.script = script
    answer = await call(chain.outer.port, post(CHAT, STREAM_REQUEST))
    assert answer.body == b"".join(PLAIN_EVENTS)
    for payback in (chain.outer, chain.inner):
        row = await payback.row()
        assert (row.call.usage, row.call.usage_basis) == (ELEVEN_AND_FIVE, UsageBasis.REPORTED)
        assert row.list_cost == 61_000
    assert len(upstream.received) == 1


async def test_cached_tokens_are_not_added_to_the_input_once_more_at_each_payback(
    upstream: Upstream, chain: Chain
) -> None:
    usage = {**USAGE, "prompt_tokens_details": {"cached_tokens": 10}}
    body = CHAT_ANSWER.replace(compact(USAGE), compact(usage))
    upstream.script = lambda visit: visit.answer(body, ("Content-Type", "application/json"))
    assert (await call(chain.outer.port, post(CHAT, CHAT_REQUEST))).body == body
    cached = TokenUsage(input_tokens=11, output_tokens=5, cache_read_tokens=10)
    for payback in (chain.outer, chain.inner):
        row = await payback.row()
        assert (row.call.usage, row.list_cost) == (cached, 52_000)
