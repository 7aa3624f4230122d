"""Anthropic's messages: where they are spoken, what a stream's events make together, the rows they become."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import Outcome, Pricing, UsageBasis
from ledger.usage import TokenUsage
from proxy.dialects import anthropic_messages, dialect_of
from proxy.dialects.anthropic_messages import MessageReader
from proxy.dialects.reading import Reading
from proxy.tap import MAX_DOCUMENT_BYTES, DocumentTap
from tests.proxy.bodies import MODEL, compact
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked
from tests.proxy.recorded import FOLDER
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

PATH = "/v1/messages"
LAB = f"/lab{PATH}"
"""Without the name of an upstream, Anthropic itself would be called."""
REQUEST = compact({"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]})
STREAM_REQUEST = compact(
    {"model": MODEL, "max_tokens": 16, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
)
ADVISOR_PRICE = {
    "provider": "lab",
    "model": "wise",
    "input_usd_per_mtok": "5.00",
    "output_usd_per_mtok": "50.00",
}


def test_messages_are_spoken_at_their_path_and_not_where_a_thread_takes_one() -> None:
    for path in (PATH, "/anthropic/v1/messages", "/messages", "/v1/messages/"):
        assert dialect_of("POST", path) == (anthropic_messages.DIALECT, None)
    for path in ("/v1/threads/thread_1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"):
        assert dialect_of("POST", path) == (None, None)
    assert dialect_of("GET", PATH) == (None, None)


def read(*events: dict[str, Any]) -> list[Reading]:
    reader = MessageReader()
    return [reading for event in events if (reading := reader(compact(event))) is not None]


def start(**usage: Any) -> dict[str, Any]:
    return {"type": "message_start", "message": {"model": MODEL, "content": [], "usage": usage}}


def delta(stop_reason: str | None = None, **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": usage}


STOP = {"type": "message_stop"}


def test_the_output_is_not_final_until_the_stream_says_why_it_stopped() -> None:
    readings = read(
        start(input_tokens=25, output_tokens=1), delta(output_tokens=9), delta("end_turn", output_tokens=15)
    )
    assert [(reading.usage and reading.usage.output_tokens, reading.is_partial) for reading in readings] == [
        (1, True),
        (9, True),
        (15, False),
    ]


def test_the_end_of_a_stream_makes_final_what_was_told_and_not_a_placeholder() -> None:
    told = read(start(input_tokens=25, output_tokens=1), delta(output_tokens=15), STOP)[-1]
    not_told = read(start(input_tokens=25, output_tokens=1), STOP)[-1]
    assert (told.is_last, told.is_partial) == (True, False)
    assert (not_told.is_last, not_told.is_partial) == (True, True)


def test_a_null_and_a_field_that_is_left_out_take_nothing_away() -> None:
    last = read(
        start(input_tokens=4, output_tokens=1, cache_read_input_tokens=20, service_tier="priority"),
        delta(output_tokens=5, cache_read_input_tokens=None, service_tier=None),
        delta("end_turn", output_tokens=7),
    )[-1]
    assert last.usage == TokenUsage(input_tokens=24, output_tokens=7, cache_read_tokens=20)
    assert last.service_tier == "priority"


def test_a_zero_takes_nothing_away_that_was_counted_before_but_for_the_placeholder() -> None:
    """SGLang and some gateways end a stream with input_tokens 0: counts from the start do not get smaller."""
    written = {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}
    last = read(
        start(input_tokens=4, output_tokens=1, cache_creation_input_tokens=30, cache_creation=written),
        delta(
            cache_read_input_tokens=0, cache_creation_input_tokens=0, cache_creation=dict.fromkeys(written, 0)
        ),
        delta("end_turn", input_tokens=0, output_tokens=0),
    )[-1]
    assert last.usage == TokenUsage(
        input_tokens=34, cache_read_tokens=0, cache_write_tokens=30, cache_write_1h_tokens=20
    )


def test_a_start_that_leaves_the_placeholder_out_still_tells_the_input() -> None:
    assert read(start(input_tokens=25))[0].usage == TokenUsage(input_tokens=25, output_tokens=0)


def test_a_start_without_usage_is_no_problem_once_the_end_has_it() -> None:
    readings = read(
        {"type": "message_start", "message": {"model": MODEL}},
        delta("end_turn", input_tokens=4, output_tokens=5),
    )
    assert (readings[0].usage, readings[0].problem) == (None, None)
    assert readings[1].usage == TokenUsage(input_tokens=4, output_tokens=5)


def test_usage_that_is_no_object_is_a_problem() -> None:
    assert read({"type": "message", "usage": "none"})[0].problem == "usage in the answer is not an object"


def test_usage_that_grows_with_every_event_is_not_followed_without_end() -> None:
    """A stream may have any number of events, and each is merged with what came before."""
    junk = [delta(None, **{f"{event}_{name}": 1 for name in range(100)}) for event in range(20)]
    readings = read(start(input_tokens=25, output_tokens=1), *junk, delta("end_turn", output_tokens=7), STOP)
    assert isinstance(readings[-1].reported, dict)
    assert len(readings[-1].reported) <= 256
    assert readings[-1].usage == TokenUsage(input_tokens=25, output_tokens=7)
    assert read(delta(None, **{str(name): 1 for name in range(300)}))[0].problem is not None


def test_events_that_tell_nothing_are_none_of_these() -> None:
    assert read({"type": "ping"}, {"type": "content_block_delta", "delta": {"text": "x"}}) == []


def test_a_message_too_long_to_keep_is_read_at_its_start_and_end() -> None:
    text = [{"type": "text", "text": "x" * (MAX_DOCUMENT_BYTES + 1)}]
    usage = {"input_tokens": 25, "output_tokens": 15}
    tap = DocumentTap(anthropic_messages.DIALECT)
    tap.feed(
        compact(
            {"type": "message", "model": MODEL, "content": text, "stop_reason": "end_turn", "usage": usage}
        )
    )
    tap.finish()
    assert (tap.learned.model, tap.learned.is_partial) == (MODEL, False)
    assert tap.learned.usage == TokenUsage(input_tokens=25, output_tokens=15)


NAMES = st.sampled_from(
    [
        "type",
        "message",
        "usage",
        "delta",
        "model",
        "iterations",
        "input_tokens",
        "output_tokens",
        "stop_reason",
    ]
)
VALUES = st.sampled_from(
    ["message", "message_start", "message_delta", "message_stop", "refusal", "advisor_message"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
)


@given(st.lists(st.dictionaries(NAMES, JSON, max_size=6), max_size=4))
def test_nothing_that_comes_raises(events: list[dict[str, Any]]) -> None:
    reader = MessageReader()
    for event in events:
        reader(compact(event))


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"null", b"{", b'{"usage":{"input_tokens":1e999999}}', b"\xff"]
)
def test_what_is_no_json_object_raises_nothing(document: bytes) -> None:
    reading = MessageReader()(document)
    assert reading is None or reading.usage is None


def body(name: str) -> bytes:
    """A recorded answer, of the model that payback has a price for here."""
    return (
        (FOLDER / "anthropic_messages" / name)
        .read_bytes()
        .replace(b"claude-sonnet-4-5-20250929", MODEL.encode())
    )


async def test_a_message_is_a_row_with_its_tokens_and_its_cost(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(body("plain.json"), ("Content-Type", "application/json"))
    answer = await call(payback.port, post(f"{LAB}?beta=true", REQUEST))
    assert answer.body == body("plain.json")
    assert answer.head.value("X-Payback-Cost-Usd") == b"0.007125"
    row = await payback.row()
    assert (row.call.operation, row.call.request_model, row.call.response_model) == ("chat", MODEL, MODEL)
    assert (row.call.usage_basis, row.pricing, row.list_cost) == (
        UsageBasis.REPORTED,
        Pricing.PRICED,
        7_125_000,
    )
    # 2095 * 1.00 + 503 * 10.00 = 2095 + 5030 = 7125 millionths


def streamed(*pieces: bytes, end: bool = True) -> Any:
    async def script(visit: Visit) -> None:
        await visit.stream()
        await visit.send(chunked(*pieces, end=end))
        if not end:
            visit.close()

    return script


async def test_a_stream_is_a_row_with_the_last_count_of_its_output(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = streamed(body("streamed.sse"))
    answer = await call(payback.port, post(LAB, STREAM_REQUEST))
    assert answer.body == body("streamed.sse")
    row = await payback.row()
    assert (row.call.stream, row.call.usage_basis, row.call.problem) == (True, UsageBasis.REPORTED, None)
    assert row.call.usage == TokenUsage(input_tokens=25, output_tokens=15)


async def test_a_stream_that_breaks_keeps_its_input_and_says_that_the_output_is_not_final(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = streamed(body("streamed_cut.sse"), end=False)
    answer = await call(payback.port, post(LAB, STREAM_REQUEST))
    assert not answer.whole
    row = await payback.row()
    assert (row.call.outcome, row.call.usage_basis) == (Outcome.UPSTREAM_BROKE, UsageBasis.PARTIAL)
    assert row.call.usage is not None
    assert row.call.usage.input_tokens == 25


async def test_an_advisor_is_a_row_of_its_own_at_its_own_price(upstream: Upstream, tmp_path: Path) -> None:
    """At the price of the model that asked it, this one would be five times too cheap."""
    advised = {"type": "advisor_message", "model": "wise", "input_tokens": 100, "output_tokens": 10}
    usage = {"input_tokens": 11, "output_tokens": 5, "iterations": [advised]}
    answer = compact({"type": "message", "model": MODEL, "content": [{}], "usage": usage})
    upstream.script = lambda visit: visit.answer(answer, ("Content-Type", "application/json"))
    table = configuration(upstream)
    async with running(tmp_path, {**table, "price": [*table["price"], ADVISOR_PRICE]}) as payback:
        await call(payback.port, post(LAB, REQUEST))
        rows = {row.call.response_model: row for row in await payback.ended(2)}
    assert rows[MODEL].list_cost == 61_000  # 11 * 1.00 + 5 * 10.00
    assert rows["wise"].list_cost == 1_000_000  # 100 * 5.00 + 10 * 50.00
    assert rows["wise"].call.logical_call_id == rows[MODEL].call.call_id
    assert rows["wise"].call.request_model == "wise"


async def test_an_advisor_is_a_row_though_the_client_left_before_it_was_told(
    upstream: Upstream, tmp_path: Path
) -> None:
    has_left = asyncio.Event()
    first, last = body("streamed_advisor.sse").split(b"event: message_delta", 1)

    async def script(visit: Visit) -> None:
        await visit.stream(first)
        await has_left.wait()
        await visit.send(chunked(b"event: message_delta" + last))

    upstream.script = script
    table = configuration(upstream, server={"when_client_leaves": "drain"})
    async with running(tmp_path, table) as payback:
        async with connected(payback.port) as client:
            await client.send(post(LAB, STREAM_REQUEST))
            await client.until(b"Let me ask", client.pieces(await client.head()))
            client.leave()
        has_left.set()
        rows = await payback.ended(2)
    assert {row.call.response_model: row.call.outcome for row in rows} == {
        "claude-sonnet-4-6": Outcome.CLIENT_LEFT,
        "claude-fable-5": Outcome.OK,
    }


async def test_an_advisor_is_a_row_though_the_client_leaves_while_the_ledger_is_awaited(
    upstream: Upstream, payback: Payback
) -> None:
    first, last = body("streamed_advisor.sse").split(b"event: message_delta", 1)
    may_go_on = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.stream(first)
        await may_go_on.wait()
        await visit.send(chunked(b"event: message_delta" + last, end=False))
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(LAB, STREAM_REQUEST))
        await client.until(b"Let me ask", client.pieces(await client.head()))
        with payback.locked():
            may_go_on.set()
            await asyncio.sleep(0.1)
            client.leave()
            await asyncio.sleep(0.1)
    rows = await payback.ended(2)
    assert {row.call.response_model for row in rows} == {"claude-sonnet-4-6", "claude-fable-5"}


async def test_a_refusal_before_any_output_costs_nothing(upstream: Upstream, payback: Payback) -> None:
    """Its tokens are told in the stream's first event, and priced until the refusal comes."""
    upstream.script = streamed(*body("streamed_refusal_before_any_output.sse").splitlines(keepends=True))
    await call(payback.port, post(LAB, STREAM_REQUEST))
    row = await payback.row()
    assert (row.pricing, row.list_cost, row.call.usage) == (Pricing.NOT_BILLED, None, None)
    assert row.call.problem == "refused before any output, which is not billed"
    assert row.call.usage_basis is UsageBasis.NONE


async def test_a_region_that_costs_more_is_unpriced_and_not_priced_too_low(
    upstream: Upstream, payback: Payback
) -> None:
    usage = {"input_tokens": 25, "output_tokens": 15, "inference_geo": "us"}
    answer = compact({"type": "message", "model": MODEL, "content": [{}], "usage": usage})
    upstream.script = lambda visit: visit.answer(answer, ("Content-Type", "application/json"))
    await call(payback.port, post(LAB, REQUEST))
    row = await payback.row()
    assert (row.pricing, row.list_cost, row.call.service_tier) == (Pricing.UNPRICED, None, "us")
    assert row.call.usage == TokenUsage(input_tokens=25, output_tokens=15)
