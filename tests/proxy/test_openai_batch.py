"""Files that are fetched: the output of a batch becomes rows, any other file passes untouched."""

from pathlib import Path
from typing import Any

import pytest

from ledger.call import Entry, Outcome, Pricing
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of, openai_batch
from proxy.dialects.dialect import Framing
from proxy.dialects.openai_batch import read
from proxy.sse import MAX_EVENT_BYTES
from proxy.tap import StreamTap
from tests.proxy.bodies import CHAT_ANSWER, MODEL, USAGE, chat_answer, compact
from tests.proxy.client import call, get
from tests.proxy.running import Payback, configuration, running
from tests.proxy.test_anthropic_batch import BATCH_PRICE
from tests.proxy.upstream import Upstream

PATH = "/v1/files/{}/content"
BINARY = ("Content-Type", "application/octet-stream")


def line(custom_id: str, body: bytes = CHAT_ANSWER, status: int = 200, error: Any = None) -> bytes:
    start = compact({"id": "batch_req_1", "custom_id": custom_id, "error": error})[:-1]
    return b'%s,"response":{"status_code":%d,"request_id":"req_1","body":%s}}\n' % (start, status, body)


def answering(upstream: Upstream, *lines: bytes) -> None:
    upstream.script = lambda visit: visit.answer(b"".join(lines), BINARY)


def calls_in(rows: list[Entry]) -> list[Entry]:
    """All rows but those of the fetching itself."""
    return [row for row in rows if row.call.http_request is None]


def test_files_are_fetched_at_their_path_which_names_the_file() -> None:
    for path in (
        "/v1/files/file-1/content",
        "/openai/files/file-1/content",
        "/openai/v1/files/file-1/content",
    ):
        assert dialect_of("GET", path) == (openai_batch.DIALECT, None)
        assert openai_batch.DIALECT.scope_of(path) == "file-1"
    for path in ("/v1/files/file-1", "/v1/files", "/v1/batches/batch_1", "/v1/files/a/b/content"):
        assert dialect_of("GET", path) == (None, None)


async def test_a_line_is_a_row_at_batch_prices(upstream: Upstream, tmp_path: Path) -> None:
    answering(upstream, line("a"))
    table = configuration(upstream)
    async with running(tmp_path, {**table, "price": [*table["price"], BATCH_PRICE]}) as payback:
        answer = await call(payback.port, get(PATH.format("file-1")))
        rows = await payback.ended(2)
    assert answer.body == line("a")
    (row,) = calls_in(rows)
    assert (row.call.operation, row.call.response_model, row.call.service_tier) == ("chat", MODEL, "batch")
    assert (row.call.usage, row.list_cost) == (TokenUsage(input_tokens=11, output_tokens=5), 30_500)
    # 11 * 0.50 + 5 * 5.00 = 30.5 millionths


async def test_a_file_that_is_fetched_again_is_the_same_rows(upstream: Upstream, payback: Payback) -> None:
    answering(upstream, line("a"), line("b"))
    await call(payback.port, get(PATH.format("file-1")))
    await call(payback.port, get(PATH.format("file-1")))
    assert len(calls_in(await payback.ended(4))) == 2


async def test_the_same_name_in_another_file_is_another_call(upstream: Upstream, payback: Payback) -> None:
    answering(upstream, line("a"))
    await call(payback.port, get(PATH.format("file-1")))
    await call(payback.port, get(PATH.format("file-2")))
    assert len(calls_in(await payback.ended(4))) == 2


async def test_a_line_of_a_request_that_failed_costs_nothing(upstream: Upstream, payback: Payback) -> None:
    answering(upstream, line("a", b'{"error":{"message":"no"}}', 429), line("b", error={"code": "x"}))
    await call(payback.port, get(PATH.format("file-1")))
    failed = calls_in(await payback.ended(3))
    assert [(row.call.outcome, row.pricing) for row in failed] == [
        (Outcome.UPSTREAM_ERROR, Pricing.NOT_BILLED)
    ] * 2


async def test_a_file_of_bytes_passes_untouched_and_is_no_problem(
    upstream: Upstream, payback: Payback
) -> None:
    """A file of speech or images has no lines at all; a meter that warned of that would warn every day."""
    body = bytes(range(256)) * 4096 + b"\xff" * 600_000
    answering(upstream, body)
    answer = await call(payback.port, get(PATH.format("file-1")))
    assert answer.body == body
    row = await payback.row()
    assert (row.call.problem, row.pricing, row.call.usage) == (None, Pricing.NOT_BILLED, None)


LONG = "x" * (MAX_EVENT_BYTES + 1000)
EMBEDDINGS = {"object": "list", "data": [{"embedding": [0.25] * 60_000}], "model": MODEL, "usage": USAGE}
CHAT_IN_ANY_ORDER = {
    "choices": [{"message": {"content": LONG}, "finish_reason": "stop"}],
    "created": 1,
    "id": "chatcmpl-1",
    "model": MODEL,
    "object": "chat.completion",
    "usage": USAGE,
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "instructions": "x" * 9000,
    "model": MODEL,
    "output": [{"type": "message", "content": [{"text": LONG}]}],
    "parallel_tool_calls": True,
    "tools": [{"type": "function", "parameters": {"usage": {"input_tokens": 1}}}],
    "usage": {"input_tokens": 11, "output_tokens": 5},
}
LONG_LINES = {
    "OpenAI's chat": line("a", chat_answer(content=LONG)),
    "OpenAI's embeddings": line("a", compact(EMBEDDINGS)),
    "OpenAI's responses": line("a", compact(RESPONSE)),
    "Azure's chat": compact(
        {
            "custom_id": "a",
            "response": {"body": CHAT_IN_ANY_ORDER, "request_id": "r", "status_code": 200},
            "error": None,
        }
    )
    + b"\n",
    "the name at the end": compact({"response": {"body": CHAT_IN_ANY_ORDER}, "error": None, "custom_id": "a"})
    + b"\n",
}


@pytest.mark.parametrize("name", LONG_LINES)
def test_a_line_too_long_to_hold_is_read_whatever_the_order_of_its_members(name: str) -> None:
    tap = StreamTap(openai_batch.DIALECT, Framing.LINES, hide=False)
    body = line("before") + LONG_LINES[name] + line("after")
    assert len(LONG_LINES[name]) > MAX_EVENT_BYTES
    for start in range(0, len(body), 65_536):
        tap.feed(body[start : start + 65_536])
    tap.finish()
    items = tap.take_items()
    assert [item.key for item in items] == ["before", "a", "after"]
    counts = [(item.reading.usage.input_tokens, item.reading.model) for item in items if item.reading.usage]
    assert counts == [(11, MODEL)] * 3
    assert tap.learned.problem is None


async def test_a_long_line_is_a_row_and_passes_byte_for_byte(upstream: Upstream, payback: Payback) -> None:
    lines = (line("a"), line("long", chat_answer(content=LONG)), line("b"))
    answering(upstream, *lines)
    answer = await call(payback.port, get(PATH.format("file-1")))
    assert answer.body == b"".join(lines)
    rows = calls_in(await payback.ended(4))
    assert [row.call.usage for row in rows] == [TokenUsage(input_tokens=11, output_tokens=5)] * 3


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b'{"custom_id":"a"}',
        b'{"custom_id":7,"response":null}',
        b'{"custom_id":"a","response":7}',
        b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}}',
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_lines_of_other_files_tell_nothing(text: bytes) -> None:
    assert read(text) is None


@pytest.mark.parametrize("body", [b"null", b"7", b"[]", b'"x"', b"{}", b'{"object":7}', b'{"object":"new"}'])
def test_a_result_of_no_known_kind_is_a_call_that_says_so(body: bytes) -> None:
    told = read(line("a", body))
    assert told is not None
    (item,) = told.items
    assert (item.operation, item.key) == ("other", "a")
    assert item.reading.problem == "a result in the batch is of no known kind"


def test_images_of_a_batch_are_counted_and_moderations_cost_nothing() -> None:
    usage = {"input_tokens": 50, "output_tokens": 100, "total_tokens": 150}
    images = read(line("a", compact({"created": 1, "data": [{"b64_json": "x"}], "usage": usage})))
    moderation = read(line("b", compact({"id": "modr-1", "model": "m", "results": [{"flagged": False}]})))
    assert images is not None
    assert moderation is not None
    assert images.items[0].reading.usage is not None
    assert images.items[0].operation == "image_generation"
    assert (moderation.items[0].operation, moderation.items[0].reading.is_unbilled) == ("moderation", True)
