"""Images: tokens where the model counts them, images where it does not, however the request was written."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import Pricing, UsageBasis
from ledger.money import NanoUsd
from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of
from proxy.dialects.openai_images import DIALECT, MOST_IMAGES, Reader, units_asked
from proxy.record import NO_TOKENS
from proxy.tap import MAX_DOCUMENT_BYTES
from tests.proxy.bodies import compact, event
from tests.proxy.client import Answer, call, post
from tests.proxy.forms import FORM, file_part, form, part
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
USAGE = {
    "input_tokens": 50,
    "output_tokens": 100,
    "input_tokens_details": {"text_tokens": 50, "image_tokens": 0},
}
TOLD = TokenUsage(input_tokens=50, output_tokens=100, input_image_tokens=0, output_image_tokens=100)
COST = NanoUsd(4_250_000)
"""50 * 5.00 + 100 * 40.00 = 4250 millionths of a USD."""
TOKENS = {
    "provider": "lab",
    "model": "gpt-image-*",
    "input_usd_per_mtok": "5.00",
    "output_image_usd_per_mtok": "40.00",
}
EACH = {"provider": "lab", "model": "dall-e-*", "usd_per_image": "0.04"}
LONG_IMAGE = "A" * (MAX_DOCUMENT_BYTES + 10_000)


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, configuration(upstream, price=[TOKENS, EACH])) as started:
        yield started


async def made(upstream: Upstream, payback: Payback, answer: dict[str, Any], message: bytes) -> Answer:
    upstream.script = lambda visit: visit.answer(compact(answer), ("Content-Type", "application/json"))
    return await call(payback.port, message)


@pytest.mark.parametrize("prefix", ["/v1", "/openai/v1", "/openai/deployments/ours"])
@pytest.mark.parametrize("path", ["generations", "edits", "variations"])
def test_each_way_to_an_image_is_metered(prefix: str, path: str) -> None:
    dialect, model = dialect_of("POST", f"{prefix}/images/{path}")
    assert dialect is DIALECT
    assert model == ("ours" if "ours" in prefix else None)


async def test_an_image_charged_by_tokens_is_a_row_with_them(upstream: Upstream, payback: Payback) -> None:
    answer = {"created": 1, "data": [{"b64_json": "iVBORw0KGgo="}], "usage": USAGE}
    request = compact({"model": "gpt-image-1", "prompt": "an otter"})
    sent = await made(upstream, payback, answer, post(GENERATIONS, request))
    row = await payback.row()
    assert (row.call.operation, row.call.request_model) == ("image_generation", "gpt-image-1")
    assert (row.call.usage, row.call.units, row.list_cost) == (TOLD, None, COST)
    assert sent.head.value("X-Payback-Cost-Usd") == b"0.00425"


async def test_the_model_of_a_form_is_read_and_its_images_go_on_untouched(
    upstream: Upstream, payback: Payback
) -> None:
    body = form(file_part(b"\x89PNG\r\n\x1a\n" * 9000, "image[]", "a.png"), part("model", b"gpt-image-1"))
    answer = {"created": 1, "data": [{"b64_json": "iVBORw0KGgo="}], "usage": USAGE}
    await made(upstream, payback, answer, post(EDITS, body, FORM))
    assert upstream.only.body == body
    row = await payback.row()
    assert (row.call.request_model, row.list_cost, row.call.problem) == ("gpt-image-1", COST, None)


async def test_images_charged_one_by_one_are_counted(upstream: Upstream, payback: Payback) -> None:
    answer = {"created": 1, "data": [{"url": "https://images.example/1.png"}] * 3}
    request = compact({"model": "dall-e-2", "prompt": "an otter", "n": 4})
    await made(upstream, payback, answer, post(GENERATIONS, request))
    row = await payback.row()
    assert (row.call.usage, row.call.units) == (NO_TOKENS, Units(images=3))
    assert (row.list_cost, row.call.usage_basis) == (NanoUsd(120_000_000), UsageBasis.REPORTED)


@pytest.mark.parametrize(
    ("message", "images"),
    [
        (post(GENERATIONS, compact({"model": "dall-e-3", "prompt": "an otter"})), 1),
        (post(GENERATIONS, compact({"model": "dall-e-2", "prompt": "an otter", "n": 2})), 2),
        (post(EDITS, form(part("model", b"dall-e-2"), part("n", b"3"), file_part(b"PNG", "image")), FORM), 3),
    ],
    ids=["left out", "JSON", "form"],
)
async def test_images_too_long_to_be_counted_are_as_many_as_were_asked_for(
    message: bytes, images: int, upstream: Upstream, payback: Payback
) -> None:
    await made(upstream, payback, {"created": 1, "data": [{"b64_json": LONG_IMAGE}] * images}, message)
    row = await payback.row()
    assert (row.call.units, row.call.problem) == (Units(images=images), None)
    assert row.list_cost == images * 40_000_000


async def test_usage_behind_a_long_image_goes_before_what_was_asked_for(
    upstream: Upstream, payback: Payback
) -> None:
    answer = {"created": 1, "data": [{"b64_json": LONG_IMAGE}], "usage": USAGE}
    await made(upstream, payback, answer, post(GENERATIONS, compact({"model": "gpt-image-1", "n": 2})))
    row = await payback.row()
    assert (row.call.usage, row.call.units, row.list_cost) == (TOLD, None, COST)


@pytest.mark.parametrize("has_type", [True, False])
async def test_a_stream_of_images_is_metered_at_its_last_event(
    has_type: bool, upstream: Upstream, payback: Payback
) -> None:
    """Some 400 KB in one event, as an image of a million pixels has them and more."""
    partial = event({"type": "image_edit.partial_image", "b64_json": LONG_IMAGE, "partial_image_index": 0})
    last = event({"type": "image_edit.completed", "b64_json": LONG_IMAGE, "usage": USAGE})

    async def script(visit: Visit) -> None:
        if has_type:
            await visit.stream(partial, last)
            await visit.send(chunked())
        else:
            await visit.answer(partial + last)

    upstream.script = script
    body = form(part("model", b"gpt-image-1"), part("stream", b"true"), file_part(b"PNG", "image"))
    assert (await call(payback.port, post(EDITS, body, FORM))).body == partial + last
    row = await payback.row()
    assert (row.call.stream, row.call.usage, row.list_cost) == (True, TOLD, COST)


async def test_an_error_costs_nothing_that_was_asked_for(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(b'{"error":{}}', status="400 Bad Request")
    await call(payback.port, post(GENERATIONS, compact({"model": "dall-e-2", "n": 2})))
    row = await payback.row()
    assert (row.call.units, row.pricing) == (None, Pricing.UNPRICED)


WRONG: list[Any] = ["x", 7, [1], {"input_tokens": "5"}, {"input_tokens": 5, "output_tokens": -1}]


@pytest.mark.parametrize("usage", WRONG, ids=repr)
def test_usage_that_cannot_be_is_a_problem_and_not_an_image(usage: Any) -> None:
    reading = Reader()(compact({"data": [{}], "usage": usage}))
    assert reading is not None
    assert (reading.usage, reading.units) == (None, None)
    assert reading.problem


def test_images_of_events_without_usage_are_counted_as_they_come() -> None:
    reader = Reader()
    document = compact({"type": "image_generation.completed", "b64_json": "iVBORw0KGgo="})
    told = [reading.units for reading in map(reader, [document, document]) if reading]
    assert told == [Units(images=1), Units(images=2)]


NUMBERS: list[tuple[Any, int | None]] = [(None, 1), (1, 1), (10, 10), ("4", 4)]
NO_NUMBERS: list[Any] = [0, -1, "x", "9" * 5000, 1.5, True, [2], {}, MOST_IMAGES + 1, "²"]


@pytest.mark.parametrize(("n", "images"), [*NUMBERS, *((n, None) for n in NO_NUMBERS)], ids=repr)
def test_a_number_of_images_that_cannot_be_asked_for_is_none(n: Any, images: int | None) -> None:
    assert units_asked({"n": n, "input": None}) == (Units(images=images) if images else None)


SOMETHING = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
MEMBERS = ["type", "data", "usage", "svg_usage", "model", "input_tokens", "cached_tokens_details"]


@given(
    st.dictionaries(
        st.sampled_from(MEMBERS), SOMETHING | st.dictionaries(st.sampled_from(MEMBERS), SOMETHING)
    )
)
def test_whatever_an_answer_holds_nothing_is_raised(members: dict[str, Any]) -> None:
    Reader()(compact(members))
    Reader()(compact({"usage": members, "svg_usage": members}))
