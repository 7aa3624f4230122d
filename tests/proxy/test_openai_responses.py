"""Responses: counted once whoever asks, whole or in pieces, now or later; and what their tools cost."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import Entry, Outcome, Pricing, UsageBasis
from ledger.money import NanoUsd
from ledger.needs import Needs
from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of
from proxy.dialects.openai_responses import DIALECT, RETRIEVED, Reader
from proxy.learned import Learned
from proxy.tap import MAX_DOCUMENT_BYTES, DocumentTap, StreamTap, Tap
from tests.proxy.bodies import MODEL, compact, event
from tests.proxy.client import call, get, post
from tests.proxy.message import chunked
from tests.proxy.running import PRICE, Payback, configuration, running
from tests.proxy.upstream import Script, Upstream, Visit

RESPONSES, RESPONSE = "/v1/responses", "/v1/responses/resp_1"
JSON = ("Content-Type", "application/json")
USAGE = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 16,
}
COST = NanoUsd(61_000)
"""11 * 1.00 + 5 * 10.00 = 61 millionths of a USD, at running.PRICE."""
TOLD = TokenUsage(input_tokens=11, output_tokens=5, cache_read_tokens=0, reasoning_tokens=0)
IMAGE_USAGE = {
    "input_tokens": 60,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 60},
    "output_tokens": 100,
    "total_tokens": 160,
}


def request(**more: Any) -> bytes:
    return compact({"model": MODEL, "input": "hi", **more})


def response(status: str = "completed", usage: Any = USAGE, **more: Any) -> dict[str, Any]:
    """Its members in upstream's order: the output before the usage, the tools between."""
    start = {"id": "resp_1", "object": "response", "status": status, "background": False, "model": MODEL}
    end = {
        "parallel_tool_calls": True,
        "service_tier": "default",
        "tool_usage": None,
        "tools": [],
        "usage": usage,
    }
    return {**start, "output": [], **end, "user": None, "metadata": {}, **more}


def told(kind: str, **more: Any) -> bytes:
    """One event that holds the response."""
    body = event({"type": f"response.{kind}", "sequence_number": 1, "response": response(**more)})
    return f"event: response.{kind}\n".encode() + body


def answering(body: dict[str, Any]) -> Script:
    return lambda visit: visit.answer(compact(body), JSON)


def streaming(*events: bytes) -> Script:
    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(chunked())

    return script


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    image_price = {
        "provider": "lab",
        "model": "small-image-model",
        "input_usd_per_mtok": "5.00",
        "output_image_usd_per_mtok": "40.00",
    }
    async with running(tmp_path, configuration(upstream, price=[PRICE, image_price])) as started:
        yield started


def test_paths_of_creating_are_told_from_those_of_reading_and_counting() -> None:
    for path in (RESPONSES, "/openai/v1/responses", "/v1/responses/compact", "/v1/decisions"):
        assert dialect_of("POST", path)[0] is DIALECT
    for path in ("/v1/responses/input_tokens", "/v1/responses/resp_1/cancel"):
        assert dialect_of("POST", path)[0] is None
    assert dialect_of("GET", RESPONSE)[0] is RETRIEVED
    for path in (RESPONSES, "/v1/responses/resp_1/input_items"):
        assert dialect_of("GET", path)[0] is None


async def test_a_response_is_a_row_with_its_tokens_and_its_cost(upstream: Upstream, payback: Payback) -> None:
    upstream.script = answering(response())
    answer = await call(payback.port, post(RESPONSES, request()))
    assert answer.body == compact(response())
    row = await payback.row()
    assert (row.call.operation, row.call.request_model, row.call.usage) == ("chat", MODEL, TOLD)
    assert (row.pricing, row.list_cost, row.call.http_request) == (Pricing.PRICED, COST, None)


async def test_a_stream_is_metered_and_the_request_goes_on_unchanged(
    upstream: Upstream, payback: Payback
) -> None:
    """Azure answers 400 to stream_options.include_usage here, and nobody needs it."""
    events = (told("created", status="in_progress", usage=None), told("completed"))
    upstream.script = streaming(*events)
    body = request(stream=True)
    answer = await call(payback.port, post(RESPONSES, body))
    assert (answer.body, upstream.only.body) == (b"".join(events), body)
    row = await payback.row()
    assert (row.call.stream, row.call.usage, row.list_cost) == (True, TOLD, COST)
    assert (row.call.outcome, row.call.usage_basis) == (Outcome.OK, UsageBasis.REPORTED)


def said(row: Entry) -> tuple[str, TokenUsage | None, Pricing | None]:
    return row.call.operation, row.call.usage, row.pricing


async def test_a_response_in_the_background_is_counted_once_however_often_it_is_polled(
    upstream: Upstream, payback: Payback
) -> None:
    """POST, then three GETs: it is under way at the first, and complete at the others."""
    states = [
        response("queued", usage=None, background=True),
        response("in_progress", usage=None, background=True),
    ]
    done = response(background=True)
    for body, message in [
        (states[0], post(RESPONSES, request(background=True))),
        (states[1], get(RESPONSE)),
        (done, get(RESPONSE)),
        (done, get(RESPONSE)),
    ]:
        upstream.script = answering(body)
        assert (await call(payback.port, message)).body == compact(body)
    rows = await payback.ended(5)
    assert sorted(map(said, rows), key=str) == sorted(
        [
            ("chat", None, Pricing.NOT_BILLED),
            *[("other", None, Pricing.NOT_BILLED)] * 3,
            ("chat", TOLD, Pricing.PRICED),
        ],
        key=str,
    )
    assert "goes on in the background" in (rows[0].call.problem or "")
    polls = [row.call for row in rows if row.call.operation == "other"]
    assert {poll.http_request for poll in polls} == {f"GET {RESPONSE}"}
    assert {(poll.problem, poll.response_model) for poll in polls} == {(None, None)}


async def test_a_response_that_was_streamed_from_the_background_is_not_counted_again_when_it_is_read(
    upstream: Upstream, payback: Payback
) -> None:
    events = (
        told("created", status="queued", usage=None, background=True),
        told("completed", background=True),
    )
    upstream.script = streaming(*events)
    await call(payback.port, post(RESPONSES, request(background=True, stream=True)))
    await call(payback.port, get(f"{RESPONSE}?stream=true"))
    upstream.script = answering(response(background=True))
    await call(payback.port, get(RESPONSE))
    rows = await payback.ended(4)
    assert [row.call.usage for row in rows if row.call.usage] == [TOLD]
    assert sum(row.list_cost or 0 for row in rows) == COST
    assert {row.pricing for row in rows} == {Pricing.PRICED, Pricing.NOT_BILLED}


async def test_reading_a_response_that_was_answered_at_once_counts_nothing(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = answering(response())
    await call(payback.port, post(RESPONSES, request()))
    await call(payback.port, get(RESPONSE))
    rows = await payback.ended(2)
    assert [row.list_cost for row in rows] == [COST, None]
    assert rows[1].pricing is Pricing.NOT_BILLED


async def test_a_background_response_that_failed_is_a_row_that_costs_nothing(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = answering(response("failed", usage=None, background=True))
    await call(payback.port, get(RESPONSE))
    (item,) = [row for row in await payback.ended(2) if row.call.operation == "chat"]
    assert (item.call.outcome, item.pricing) == (Outcome.UPSTREAM_ERROR, Pricing.NOT_BILLED)


@pytest.mark.parametrize(
    ("tool", "cost"),
    [
        ({"type": "image_generation", "model": "small-image-model"}, 300_000 + 4_000_000),
        ({"type": "image_generation"}, None),
    ],
)
async def test_images_of_the_hosted_tool_are_priced_as_what_their_model_makes(
    tool: dict[str, Any], cost: int | None, upstream: Upstream, payback: Payback
) -> None:
    """60 * 5.00 + 100 * 40.00 = 4300 millionths. Where nobody says which model it was, the price of the one
    that answers would be a wrong one."""
    upstream.script = answering(response(tools=[tool], tool_usage={"image_gen": IMAGE_USAGE}))
    await call(payback.port, post(RESPONSES, request(tools=[tool])))
    rows = await payback.ended(2)
    (images,) = [row for row in rows if row.call.operation == "image_generation"]
    (chat,) = [row for row in rows if row.call.operation == "chat"]
    assert (chat.list_cost, images.list_cost) == (COST, cost)
    assert images.call.logical_call_id == chat.call.call_id
    assert images.call.request_model == tool.get("model", "image_generation")
    assert (chat.call.needs, images.call.needs) == (Needs.TOOLS, None)


def fed(tap: Tap, body: bytes, size: int = 60_000) -> Learned:
    for place in range(0, len(body), size):
        assert tap.feed(body[place : place + size]) == body[place : place + size]
    tap.finish()
    return tap.learned


LONG = [{"type": "image_generation_call", "result": "A" * (MAX_DOCUMENT_BYTES + 50_000)}]
SEARCHED = {"web_search": {"num_requests": 3}}


def test_usage_and_searches_of_a_response_too_long_to_hold_are_found() -> None:
    learned = fed(DocumentTap(DIALECT), compact(response(output=LONG, tool_usage=SEARCHED)))
    assert learned == Learned(
        model=MODEL,
        service_tier="default",
        usage=TOLD,
        units=Units(web_searches=3),
        reported={**USAGE, "tool_usage": SEARCHED},
    )


@pytest.mark.parametrize("ending", ["completed", "incomplete", "failed", "cancelled", "done"])
def test_usage_is_read_from_whichever_event_ends_a_stream(ending: str) -> None:
    """Servers that imitate the API end with response.done, or say that they were stopped."""
    stream = told("created", status="in_progress", usage=None) + told(ending)
    learned = fed(StreamTap(DIALECT, hide=False), stream)
    assert learned.usage is not None
    assert (learned.usage.input_tokens, learned.done) == (USAGE["input_tokens"], True)


def test_usage_in_the_words_of_chat_is_understood() -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2}}
    reading = Reader()(compact(response(usage=usage)))
    assert reading is not None
    assert reading.usage == TokenUsage(input_tokens=11, output_tokens=5, cache_read_tokens=2)


def test_of_searches_what_is_charged_goes_before_what_was_done() -> None:
    steps = [{"type": "web_search_call", "status": "completed", "action": {"type": "search"}}] * 5
    usage = {**USAGE, "server_side_tool_usage_details": {"web_search_calls": 2, "x_search_calls": 1}}
    reading = Reader()(compact(response(usage=usage, output=steps)))
    assert reading is not None
    assert reading.units == Units(web_searches=2)


def test_usage_of_a_long_response_is_found_behind_tools_that_are_longer_than_what_is_kept() -> None:
    tools = [{"type": "function", "description": "x" * 70_000}]
    assert fed(DocumentTap(DIALECT), compact(response(output=LONG, tools=tools))).usage == TOLD


@pytest.mark.parametrize("size", [1 << 10, 60_000, 1 << 20])
def test_usage_of_a_last_event_too_long_to_hold_is_found(size: int) -> None:
    """It repeats the whole answer: an image in it is some MB. Searches were told before, one by one."""
    search = {"type": "web_search_call", "status": "completed", "action": {"type": "search"}}
    ended = event({"type": "response.output_item.done", "item": search})
    created = told("created", status="in_progress", usage=None)
    stream = created + ended + ended + told("completed", output=[search, search, *LONG])
    learned = fed(StreamTap(DIALECT, hide=False), stream, size)
    assert learned == Learned(
        model=MODEL,
        service_tier="default",
        usage=TOLD,
        units=Units(web_searches=2),
        reported=USAGE,
        done=True,
    )


def test_a_long_background_response_is_an_item_with_its_name() -> None:
    for tap, body in (
        (DocumentTap(RETRIEVED), compact(response(output=LONG, background=True))),
        (StreamTap(RETRIEVED, hide=False), told("completed", output=LONG, background=True)),
    ):
        assert fed(tap, body).usage is None
        (item,) = tap.take_items()
        assert (item.key, item.reading.usage, item.reading.model) == ("resp_1", TOLD, MODEL)


def test_images_of_a_background_response_are_an_item_beside_it() -> None:
    reader = Reader(is_retrieval=True)
    for background, keys in ((True, ["resp_1", "resp_1/image_gen"]), (False, [])):
        reading = reader(compact(response(tool_usage={"image_gen": IMAGE_USAGE}, background=background)))
        assert reading is not None
        assert [item.key for item in reading.items] == keys
        assert [item.reading.items for item in reading.items] == [()] * len(keys)


async def test_a_background_response_that_is_answered_at_once_is_counted_once(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = answering(response(background=True))
    await call(payback.port, post(RESPONSES, request(background=True)))
    rows = await payback.ended(2)
    assert {row.pricing: row.call.usage for row in rows} == {Pricing.PRICED: TOLD, Pricing.NOT_BILLED: None}
    assert {row.call.needs for row in rows} == {Needs.NOTHING}


def test_a_background_response_without_a_name_is_no_item_that_would_count_at_every_poll() -> None:
    reading = Reader(is_retrieval=True)(compact(response(background=True, id=None)))
    assert reading is not None
    assert reading.items == ()


WRONG: list[tuple[Any, str]] = [
    ("none", "not an object"),
    ([1], "not an object"),
    ({}, "input_tokens is not a count"),
    ({"input_tokens": "11", "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": -1, "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": 1.5, "output_tokens": 5}, "input_tokens is not a count"),
    ({"input_tokens": int("9" * 400)}, "input_tokens is not a count"),
    ({"input_tokens": 11, "output_tokens": None}, "output_tokens is not a count"),
    ({"input_tokens": 11, "input_tokens_details": {"cached_tokens": 12}}, "cached tokens (12) exceed"),
    ({**USAGE, "output_tokens_details": {"reasoning_tokens": 6}}, "tokens (6) exceed"),
]


@pytest.mark.parametrize(("usage", "problem"), WRONG, ids=lambda value: repr(value)[:40])
def test_usage_that_cannot_be_is_a_problem_and_never_a_count(usage: Any, problem: str) -> None:
    reading = Reader()(compact(response(usage=usage)))
    assert reading is not None
    assert (reading.usage, reading.units, reading.items) == (None, None, ())
    assert problem in (reading.problem or "")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = [*response(), "type", "response", "item", "action", "input_tokens", "web_search", "image_gen"]


@given(st.dictionaries(st.sampled_from(MEMBERS), ANYTHING))
def test_whatever_an_answer_holds_nothing_is_raised(members: dict[str, Any]) -> None:
    for document in (members, {"type": "response.completed", "response": members}, {**response(), **members}):
        text = json.dumps(document).encode("utf-8", "replace")
        for reader in (Reader(), Reader(is_retrieval=True)):
            reader(text)
            reader(text[:-1])


@pytest.mark.parametrize("count", [-1, "2", 2.0, True, 10**18, None])
def test_a_count_of_searches_that_cannot_be_is_none(count: Any) -> None:
    reading = Reader()(compact(response(tool_usage={"web_search": {"num_requests": count}})))
    assert reading is not None
    assert (reading.usage, reading.units) == (TOLD, None)
