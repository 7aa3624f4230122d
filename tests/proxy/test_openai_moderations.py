"""Moderations: free where nothing is counted, and priced where something is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.call import Pricing
from tests.proxy.bodies import compact
from tests.proxy.client import call, post
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream

JSON = ("Content-Type", "application/json")
PRICE = {"provider": "lab", "model": "mistral-moderation-*", "input_usd_per_mtok": "0.10"}


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream, price=[PRICE])) as started:
        yield started


async def test_a_moderation_that_counts_nothing_is_not_billed_and_no_problem(
    upstream: Upstream, payback: Payback
) -> None:
    body = compact({"id": "modr-1", "model": "omni-moderation-latest", "results": []})
    upstream.script = lambda visit: visit.answer(body, JSON)
    request = compact({"model": "omni-moderation-latest", "input": "hi"})
    assert (await call(payback.port, post("/v1/moderations", request))).body == body
    row = await payback.row()
    assert (row.call.operation, row.call.response_model) == ("moderation", "omni-moderation-latest")
    assert (row.pricing, row.call.usage, row.call.problem) == (Pricing.NOT_BILLED, None, None)


@pytest.mark.parametrize("path", ["/v1/moderations", "/v1/chat/moderations"])
async def test_a_moderation_that_counts_its_tokens_is_priced(
    path: str, upstream: Upstream, payback: Payback
) -> None:
    """54 * 0.10 = 5.4 millionths."""
    usage = {"prompt_tokens": 54, "total_tokens": 54, "completion_tokens": 0}
    body = compact({"id": "1", "model": "mistral-moderation-2411", "usage": usage, "results": []})
    upstream.script = lambda visit: visit.answer(body, JSON)
    await call(payback.port, post(path, compact({"model": "mistral-moderation-latest", "input": ["hi"]})))
    row = await payback.row()
    assert (row.pricing, row.list_cost) == (Pricing.PRICED, 5_400)
