"""Results of message batches: a row for each, once, however often they are fetched."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Entry, Outcome, Pricing
from ledger.usage import TokenUsage
from proxy.dialects import anthropic_batch, dialect_of
from proxy.dialects.anthropic_batch import read
from proxy.dialects.dialect import Framing
from proxy.sse import MAX_EVENT_BYTES
from proxy.tap import StreamTap
from tests.proxy.bodies import MODEL, compact
from tests.proxy.client import call, get
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream

PATH = "/v1/messages/batches/{}/results"
BATCH_PRICE = {
    "provider": "lab",
    "model": MODEL,
    "service_tier": "batch",
    "input_usd_per_mtok": "0.50",
    "output_usd_per_mtok": "5.00",
}


def result(custom_id: str, text: str = "Hi", **usage: Any) -> bytes:
    counts = usage or {"input_tokens": 11, "output_tokens": 5}
    message = {"type": "message", "model": MODEL, "content": [{"text": text}], "usage": counts}
    return compact({"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}) + b"\n"


def errored(custom_id: str) -> bytes:
    return compact({"custom_id": custom_id, "result": {"type": "errored", "error": {}}}) + b"\n"


def answering(upstream: Upstream, *lines: bytes, content_type: str = "application/x-jsonl") -> None:
    upstream.script = lambda visit: visit.answer(b"".join(lines), ("Content-Type", content_type))


def results_of(rows: Sequence[Entry]) -> list[Entry]:
    return [row for row in rows if row.call.operation == "chat"]


def test_results_are_spoken_at_their_path_and_the_path_names_the_batch() -> None:
    path = PATH.format("msgbatch_1")
    assert dialect_of("GET", path) == (anthropic_batch.DIALECT, None)
    assert anthropic_batch.DIALECT.scope_of(path) == "msgbatch_1"
    assert dialect_of("POST", path) == dialect_of("HEAD", path) == (None, None)
    assert dialect_of("GET", "/v1/messages/batches/msgbatch_1") == (None, None)


def test_a_result_is_priced_as_batches_are_whatever_it_says_of_its_tier() -> None:
    told = read(result("a", input_tokens=11, output_tokens=5, service_tier="standard"))
    in_the_us = read(result("a", input_tokens=11, output_tokens=5, service_tier="batch", inference_geo="us"))
    assert told is not None
    assert in_the_us is not None
    assert [item.reading.service_tier for item in (*told.items, *in_the_us.items)] == ["batch", "batch-us"]


@pytest.mark.parametrize("message", [None, [], 7, "x", {}, {"usage": None}, {"usage": "x"}])
def test_a_message_without_usage_is_a_call_with_a_problem(message: Any) -> None:
    told = read(compact({"custom_id": "a", "result": {"type": "succeeded", "message": message}}))
    assert told is not None
    (item,) = told.items
    assert (item.key, item.reading.usage, item.is_failed) == ("a", None, False)
    assert item.reading.problem is not None


async def test_a_result_is_a_row_at_batch_prices_and_a_failed_one_costs_nothing(
    upstream: Upstream, tmp_path: Path
) -> None:
    answering(upstream, result("a"), errored("b"))
    table = configuration(upstream)
    async with running(tmp_path, {**table, "price": [*table["price"], BATCH_PRICE]}) as payback:
        answer = await call(payback.port, get(f"/lab{PATH.format('msgbatch_1')}"))
        rows = await payback.ended(3)
    assert answer.body == result("a") + errored("b")
    fetch = next(row for row in rows if row.call.operation == "other")
    assert (fetch.pricing, fetch.call.problem, fetch.call.usage) == (Pricing.NOT_BILLED, None, None)
    done = next(row for row in results_of(rows) if row.call.outcome is Outcome.OK)
    failed = next(row for row in results_of(rows) if row.call.outcome is Outcome.UPSTREAM_ERROR)
    assert (done.call.usage, done.list_cost) == (TokenUsage(input_tokens=11, output_tokens=5), 30_500)
    # 11 * 0.50 + 5 * 5.00 = 30.5 millionths
    assert (done.call.service_tier, done.call.logical_call_id) == ("batch", fetch.call.call_id)
    assert (failed.pricing, failed.list_cost) == (Pricing.NOT_BILLED, None)


@pytest.mark.parametrize(
    "content_type", ["application/x-jsonl", "application/binary", "application/json", "text/plain"]
)
async def test_results_are_read_under_any_content_type(
    content_type: str, upstream: Upstream, payback: Payback
) -> None:
    answering(upstream, result("a"), result("b"), content_type=content_type)
    await call(payback.port, get(f"/lab{PATH.format('msgbatch_1')}"))
    assert len(results_of(await payback.ended(3))) == 2


async def test_results_that_are_fetched_again_are_the_same_rows(upstream: Upstream, payback: Payback) -> None:
    """SDKs fetch them whenever they are looked at; counted each time, a batch would cost twice its price."""
    answering(upstream, result("a"), result("b"))
    for _ in range(3):
        await call(payback.port, get(f"/lab{PATH.format('msgbatch_1')}"))
    rows = await payback.ended(5)
    assert len(results_of(rows)) == 2


async def test_the_same_name_in_another_batch_is_another_call(upstream: Upstream, payback: Payback) -> None:
    """Names such as request-1 are in every batch."""
    answering(upstream, result("request-1"))
    for batch in ("msgbatch_1", "msgbatch_2"):
        await call(payback.port, get(f"/lab{PATH.format(batch)}"))
    assert len(results_of(await payback.ended(4))) == 2


def tapped(body: bytes) -> StreamTap:
    tap = StreamTap(anthropic_batch.DIALECT, Framing.LINES, hide=False)
    for start in range(0, len(body), 65_536):
        tap.feed(body[start : start + 65_536])
    assert tap.finish() == b""
    return tap


@pytest.mark.parametrize("text", ["x", '"usage":{"input_tokens":1},', "\n\\"], ids=["x", "usage", "escapes"])
def test_a_result_too_long_to_hold_is_read_like_the_others(text: str) -> None:
    """A message of 256 KiB is what some 64,000 tokens of output are; nothing else tells what it cost."""
    long = text * (MAX_EVENT_BYTES // len(text) + 1)
    tap = tapped(result("a") + result("long", long) + result("b") + result("last", long)[:-1])
    items = tap.take_items()
    assert [item.key for item in items] == ["a", "long", "b", "last"]
    for item in items:
        assert (item.reading.usage, item.reading.model) == (
            TokenUsage(input_tokens=11, output_tokens=5),
            MODEL,
        )
        assert item.reading.service_tier == "batch"
    assert tap.learned.problem is None


def test_a_refusal_after_so_much_output_is_charged_for() -> None:
    """One before any output is not; that there was some is all that is known of it."""
    refused = result("a", "x" * MAX_EVENT_BYTES).replace(b'"content"', b'"stop_reason":"refusal","content"')
    (item,) = tapped(refused).take_items()
    assert (item.reading.is_unbilled, item.reading.usage) == (
        False,
        TokenUsage(input_tokens=11, output_tokens=5),
    )


def test_a_long_error_is_a_failed_call() -> None:
    error = {"type": "errored", "error": {"message": "x" * (MAX_EVENT_BYTES + 100_000)}}
    tap = tapped(compact({"custom_id": "a", "result": error}) + b"\n")
    (item,) = tap.take_items()
    assert (item.key, item.is_failed) == ("a", True)


def test_a_line_too_long_to_read_is_said_to_be_there_and_the_others_are_read() -> None:
    """Its usage is far from both ends: a sum without it must not look whole."""
    long = result("long", "x" * MAX_EVENT_BYTES)[:-3] + b',"later":"%s"}}\n' % (b"x" * MAX_EVENT_BYTES)
    assert MODEL.encode() in long
    tap = tapped(result("a") + long.replace(b'"custom_id"', b'"custom_id":7,"a"', 1) + result("b"))
    assert [item.key for item in tap.take_items()] == ["a", "b"]
    assert tap.learned.problem == "a line was too long to be read"
    within = tapped(long).take_items()
    assert [(item.key, item.reading.problem) for item in within] == [
        ("long", "a result in the batch reports no usage")
    ]
