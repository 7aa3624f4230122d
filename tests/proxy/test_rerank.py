"""Reranking: charged by searches or by tokens, whichever upstream bills."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import Pricing
from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of
from proxy.dialects.rerank import DIALECT, read
from tests.proxy.bodies import compact
from tests.proxy.client import call, post
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream

PRICES = [
    {"provider": "lab", "model": "rerank-*", "usd_per_1k_search_units": "2.00"},
    {"provider": "lab", "model": "jina-*", "input_usd_per_mtok": "0.05"},
]


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream, price=PRICES)) as started:
        yield started


@pytest.mark.parametrize(
    "path", ["/v1/rerank", "/v2/rerank", "/rerank", "/v1/reranking", "/v1/score", "/score", "/v1/rerank/"]
)
def test_each_way_to_a_rerank_is_metered(path: str) -> None:
    assert dialect_of("POST", path)[0] is DIALECT


async def test_search_units_are_a_row_and_its_cost(upstream: Upstream, payback: Payback) -> None:
    """Cohere's answers name no model: the request does. 2 * 2.00 / 1000 = 0.004."""
    body = compact(
        {"results": [], "meta": {"billed_units": {"search_units": 2}, "tokens": {"input_tokens": 9}}}
    )
    upstream.script = lambda visit: visit.answer(body, ("Content-Type", "application/json"))
    request = compact({"model": "rerank-v3.5", "query": "q", "documents": ["a", "b"]})
    answer = await call(payback.port, post("/v2/rerank", request))
    assert answer.head.value("X-Payback-Cost-Usd") == b"0.004"
    row = await payback.row()
    assert (row.call.operation, row.call.request_model, row.call.units) == (
        "rerank",
        "rerank-v3.5",
        Units(search_units=2),
    )


async def test_tokens_are_a_row_and_its_cost(upstream: Upstream, payback: Payback) -> None:
    """815 * 0.05 = 40.75 millionths."""
    body = compact({"model": "jina-reranker-v2", "usage": {"total_tokens": 815}, "results": []})
    upstream.script = lambda visit: visit.answer(body, ("Content-Type", "application/json"))
    await call(payback.port, post("/v1/rerank", compact({"model": "jina-reranker-v2", "query": "q"})))
    row = await payback.row()
    assert (row.call.usage, row.list_cost) == (TokenUsage(input_tokens=815), 40_750)


@pytest.mark.parametrize(
    "body", [b'[{"index":0,"score":0.9}]', b'{"results":[]}', b'{"results":[],"usage":{}}']
)
async def test_a_server_that_counts_nothing_leaves_the_call_unpriced(
    body: bytes, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(body, ("Content-Type", "application/json"))
    assert (await call(payback.port, post("/rerank", b'{"query":"q","texts":["a"]}'))).body == body
    row = await payback.row()
    assert (row.pricing, row.call.usage) == (Pricing.UNPRICED, None)


WRONG: list[dict[str, Any]] = [
    {"meta": {"billed_units": {"search_units": "2"}}},
    {"meta": {"billed_units": {"search_units": -1}}},
    {"meta": {"billed_units": {"search_units": 1.5}}},
    {"meta": {"billed_units": {"search_units": 10**30}}},
    {"meta": {"billed_units": {"input_tokens": "28"}}},
    {"usage": {"total_tokens": "815"}},
    {"usage": {"total_tokens": -1}},
    {"usage": {"prompt_tokens": 1.5}},
    {"usage": {"total_tokens": 0}},
    {"usage": "none"},
]


@pytest.mark.parametrize("members", WRONG, ids=repr)
def test_a_count_that_cannot_be_is_a_problem_and_never_a_count(members: dict[str, Any]) -> None:
    reading = read(compact(members))
    assert reading is not None
    assert (reading.usage, reading.units) == (None, None)
    assert reading.problem


@pytest.mark.parametrize("number", [b"1e999999999", b"-1e999999999", b"1e-999999999", b"9" * 5000])
def test_numbers_that_no_machine_holds_raise_nothing_and_take_no_time(number: bytes) -> None:
    reading = read(b'{"meta":{"billed_units":{"search_units":%s}}}' % number)
    assert reading is None or (reading.units is None and reading.problem)


@pytest.mark.parametrize(
    ("usage", "units"), [({"search_units": 1}, 1), ({"rerank_units": 4}, 4), ({"search_units": 0}, None)]
)
def test_search_units_in_the_usage_count_too(usage: dict[str, int], units: int | None) -> None:
    reading = read(compact({"usage": usage}))
    assert reading is not None
    assert reading.units == (Units(search_units=units) if units else None)


VALUES = st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
NAMES = ["model", "usage", "meta", "billed_units", "search_units", "input_tokens", "total_tokens"]
TREES = st.recursive(VALUES, lambda inner: st.dictionaries(st.sampled_from(NAMES), inner), max_leaves=9)


@given(TREES)
def test_whatever_an_answer_holds_nothing_is_raised(tree: Any) -> None:
    read(compact(tree))
    read(compact({"meta": tree, "usage": tree}))
