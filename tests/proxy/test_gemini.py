"""Gemini's own API: where its calls go, what is read of them, and whose key they carry."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import Outcome, Pricing, UsageBasis
from ledger.money import render_usd
from ledger.units import Units
from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects import gemini, gemini_embed, gemini_interactions, gemini_stream
from proxy.tap import MAX_DOCUMENT_BYTES, DocumentTap, StreamTap
from tests.proxy.bodies import compact, event
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

MODEL = "gemini-2.5-flash"
PATH = f"/v1beta/models/{MODEL}"
REQUEST = compact({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
USAGE = {"promptTokenCount": 8, "candidatesTokenCount": 12, "thoughtsTokenCount": 25, "totalTokenCount": 45}
COUNTED = TokenUsage(input_tokens=8, output_tokens=37, reasoning_tokens=25)
COST_USD = "0.0000949"
"""Of USAGE at Google's list price: 8 * 0.30 + 37 * 2.50 = 94.9 millionths."""
JSON = ("Content-Type", "application/json")


def part(text: str, usage: Any, finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, **more}
    ending = {"finishReason": finish} if finish else {}
    return {"candidates": [{**candidate, **ending}], "usageMetadata": usage, "modelVersion": MODEL}


def google(upstream: Upstream, **more: Any) -> dict[str, Any]:
    """The scripted upstream in the place of the built-in one."""
    base_url = f"http://127.0.0.1:{upstream.port}"
    own = {"name": "google", "base_url": base_url, "provider": "google", **more}
    return configuration(upstream, others=[own])


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    async with running(tmp_path, google(upstream)) as started:
        yield started


async def answers(visit: Visit) -> None:
    await visit.answer(compact(part("Hello.", USAGE)), JSON)


async def test_a_call_is_a_row_with_the_model_of_its_path_and_all_that_is_charged(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = answers
    answer = await call(payback.port, post(f"{PATH}:generateContent", REQUEST, ("x-goog-api-key", "own")))
    assert answer.body == compact(part("Hello.", USAGE))
    assert answer.head.value("X-Payback-Cost-Usd") == COST_USD.encode()
    assert upstream.only.target == f"{PATH}:generateContent"
    assert upstream.only.body == REQUEST
    assert upstream.only.head.values("x-goog-api-key") == [b"own"]
    row = await payback.row()
    made = row.call
    assert (made.upstream, made.provider, made.operation) == ("google", "google", "generate_content")
    assert (made.request_model, made.response_model, made.stream) == (MODEL, MODEL, False)
    assert (made.usage, made.usage_basis, row.pricing) == (COUNTED, UsageBasis.REPORTED, Pricing.PRICED)
    assert row.list_cost is not None
    assert render_usd(row.list_cost) == COST_USD


EARLY = part("Hel", {"promptTokenCount": 8, "candidatesTokenCount": 1, "totalTokenCount": 9}, finish=None)


async def test_a_stream_of_events_passes_as_it_is_and_its_last_count_is_the_calls(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(event(EARLY), event(part("lo.", USAGE)))
        await visit.send(chunked())

    upstream.script = script
    path = f"{PATH}:streamGenerateContent?alt=sse"
    answer = await call(payback.port, post(path, REQUEST))
    assert answer.body == event(EARLY) + event(part("lo.", USAGE))
    assert (upstream.only.target, upstream.only.body) == (path, REQUEST)
    made = (await payback.row()).call
    assert (made.stream, made.usage, made.outcome) == (True, COUNTED, Outcome.OK)
    assert made.usage_basis is UsageBasis.REPORTED


async def test_a_stream_that_is_a_list_passes_member_by_member(upstream: Upstream, payback: Payback) -> None:
    """Without alt=sse it is one JSON text; a client that parses as it goes need not wait for its end."""
    pieces = [b"[" + compact(EARLY) + b"\n", b",\r\n" + compact(part("lo.", USAGE)) + b"\n]"]
    seen_first = []

    async def script(visit: Visit) -> None:
        head = [JSON, ("Transfer-Encoding", "chunked")]
        await visit.send(message("HTTP/1.1 200 OK", head), chunked(pieces[0], end=False))
        await first_seen()
        await visit.send(chunked(pieces[1]))

    async with connected(payback.port) as client:

        async def first_seen() -> None:
            received = client.pieces(await client.head())
            seen_first.append(await client.until(b'"modelVersion"', received))
            rest.append(received)

        rest: list[AsyncIterator[bytes]] = []
        upstream.script = script
        await client.send(post(f"{PATH}:streamGenerateContent", REQUEST))
        made = (await payback.row()).call
        body = seen_first[0] + b"".join([piece async for piece in rest[0]])
    assert body == b"".join(pieces)
    assert (made.stream, made.usage, made.usage_basis) == (True, COUNTED, UsageBasis.REPORTED)


async def test_a_client_that_leaves_within_a_stream_is_charged_for_what_was_counted_by_then(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.stream(event(EARLY))
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(f"{PATH}:streamGenerateContent?alt=sse", REQUEST))
        await client.until(b"\n\n", client.pieces(await client.head()))
        client.leave()
        row = await payback.row()
    assert row.call.outcome is Outcome.CLIENT_LEFT
    assert row.call.usage_basis is UsageBasis.PARTIAL
    assert row.call.usage is not None
    assert row.call.usage.input_tokens == 8
    assert row.call.usage.output_tokens >= 1, "what was counted, or more by an estimate of what was seen"


async def test_searches_are_charged_beside_tokens(upstream: Upstream, payback: Payback) -> None:
    async def script(visit: Visit) -> None:
        grounding = {"webSearchQueries": ["euro 2024 winner", "euro 2024 final"]}
        await visit.answer(compact(part("Spain.", USAGE, groundingMetadata=grounding)), JSON)

    upstream.script = script
    await call(payback.port, post(f"{PATH}:generateContent", REQUEST))
    row = await payback.row()
    assert row.call.units == Units(web_searches=1)
    assert row.list_cost is not None
    assert render_usd(row.list_cost) == "0.0350949", "35 USD for a thousand prompts, and the tokens"


async def test_throughput_that_is_paid_by_the_month_has_no_list_price(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(compact(part("Hi.", {**USAGE, "trafficType": "PROVISIONED_THROUGHPUT"})), JSON)

    upstream.script = script
    vertex = "/google/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash"
    await call(payback.port, post(f"{vertex}:generateContent", REQUEST, ("Authorization", "Bearer ya29.x")))
    row = await payback.row()
    assert upstream.only.target == f"{vertex.removeprefix('/google')}:generateContent"
    assert (row.call.request_model, row.call.service_tier) == (MODEL, "provisioned")
    assert (row.pricing, row.list_cost) == (Pricing.UNPRICED, None)


async def test_embeddings_are_counted_under_the_model_of_their_path(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        embeddings = [{"values": [0.25] * 8} for _ in range(2)]
        await visit.answer(
            compact({"embeddings": embeddings, "usageMetadata": {"promptTokenCount": 15}}), JSON
        )

    upstream.script = script
    await call(
        payback.port, post("/v1beta/models/gemini-embedding-001:batchEmbedContents", b'{"requests":[]}')
    )
    row = await payback.row()
    assert (row.call.operation, row.call.request_model) == ("embeddings", "gemini-embedding-001")
    assert row.call.usage == TokenUsage(input_tokens=15)
    assert row.list_cost is not None
    assert render_usd(row.list_cost) == "0.00000225", "15 * 0.15 millionths"


@pytest.mark.parametrize("path", ["/v1beta/interactions", "/v1/interactions"])
async def test_an_interaction_is_a_row_with_the_model_of_its_body(
    path: str, upstream: Upstream, payback: Payback
) -> None:
    usage = {
        "total_input_tokens": 8,
        "total_output_tokens": 12,
        "total_thought_tokens": 25,
        "total_tokens": 45,
    }
    events = [
        event(
            {"event_type": "interaction.created", "interaction": {"status": "in_progress", "model": MODEL}}
        ),
        event(
            {"event_type": "interaction.completed", "interaction": {"status": "completed", "usage": usage}}
        ),
        b"event: done\ndata: [DONE]\n\n",
    ]

    async def script(visit: Visit) -> None:
        await visit.stream(*events)
        await visit.send(chunked())

    upstream.script = script
    body = compact({"model": MODEL, "input": "hi", "stream": True})
    answer = await call(payback.port, post(path, body))
    assert (answer.body, upstream.only.target, upstream.only.body) == (b"".join(events), path, body)
    row = await payback.row()
    made = row.call
    assert (made.upstream, made.operation, made.request_model) == ("google", "generate_content", MODEL)
    assert (made.usage, made.usage_basis, made.stream) == (COUNTED, UsageBasis.REPORTED, True)
    assert row.list_cost is not None
    assert render_usd(row.list_cost) == COST_USD


async def test_an_interaction_in_the_background_has_no_known_cost(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(compact({"id": "v1_a", "status": "in_progress", "model": MODEL}), JSON)

    upstream.script = script
    body = compact({"model": MODEL, "input": "hi", "background": True})
    await call(payback.port, post("/v1beta/interactions", body))
    row = await payback.row()
    assert (row.pricing, row.call.usage) == (Pricing.UNPRICED, None)
    assert "background" in (row.unpriced_reason or "")


@pytest.mark.parametrize("method", ["predict", "predictLongRunning"])
async def test_other_methods_pass_unmetered(upstream: Upstream, payback: Payback, method: str) -> None:
    upstream.script = answers
    path = f"/v1beta/models/imagen-4.0-generate-001:{method}"
    await call(payback.port, post(path, b"{}"))
    made = (await payback.row()).call
    assert (made.upstream, made.operation, made.http_request) == ("google", "other", f"POST {path}")


async def test_a_key_in_the_query_goes_on_and_is_written_nowhere(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = answers
    path = f"{PATH}:generateContent?key=AIza-canary&alt=json"
    await call(payback.port, post(path, REQUEST))
    assert upstream.only.target == path
    assert (await payback.row()).call.who.key is not None
    assert b"canary" not in payback.ledger.read_bytes()


async def test_a_configured_key_takes_the_place_of_the_clients_in_header_and_query(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google refuses a call with two keys, and the client's is not to travel with ours."""
    monkeypatch.setenv("GEMINI_KEY", "AIza-ours")
    upstream.script = answers
    own = [("x-goog-api-key", "AIza-theirs"), ("Authorization", "Bearer AIza-theirs")]
    async with running(tmp_path, google(upstream, api_key={"env": "GEMINI_KEY"})) as payback:
        path = f"{PATH}:streamGenerateContent?alt=sse&key=AIza-theirs&x=key=1"
        await call(payback.port, post(path, REQUEST, *own))
    assert upstream.only.target == f"{PATH}:streamGenerateContent?alt=sse&x=key=1"
    assert upstream.only.head.values("x-goog-api-key") == [b"AIza-ours"]
    assert b"theirs" not in upstream.only.raw


def test_a_list_that_is_too_long_to_keep_is_read_from_its_end() -> None:
    long = [part("x" * MAX_DOCUMENT_BYTES, {"promptTokenCount": 8}, finish=None), part("lo.", USAGE)]
    for document in (compact(long), json.dumps(long, indent=2).encode() + b"\n"):
        tap = DocumentTap(gemini_stream.DIALECT)
        for place in range(0, len(document), 1 << 16):
            tap.feed(document[place : place + (1 << 16)])
        tap.finish()
        assert (tap.learned.usage, tap.learned.model) == (COUNTED, MODEL)
        assert not tap.learned.is_partial


def test_an_image_that_is_too_long_to_keep_is_counted_all_the_same() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "A" * MAX_DOCUMENT_BYTES}}
    tap = DocumentTap(gemini.DIALECT)
    tap.feed(
        compact({**part("", None), "candidates": [{"content": {"parts": [image]}}], "usageMetadata": USAGE})
    )
    tap.finish()
    assert (tap.learned.usage, tap.learned.model, tap.learned.is_partial) == (COUNTED, MODEL, False)


def test_a_prompt_that_was_blocked_within_a_stream_is_final() -> None:
    tap = StreamTap(gemini_stream.DIALECT, hide=False)
    tap.feed(event({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 8}}))
    tap.finish()
    assert (tap.learned.usage, tap.learned.is_partial) == (TokenUsage(input_tokens=8), False)


WRONG: list[tuple[Any, str]] = [
    ("none", "not an object"),
    ([1], "not an object"),
    ({"promptTokenCount": "8", "candidatesTokenCount": 1}, "promptTokenCount is not a count"),
    ({"promptTokenCount": 8.0}, "promptTokenCount is not a count"),
    ({"promptTokenCount": True}, "promptTokenCount is not a count"),
    ({"promptTokenCount": -8}, "promptTokenCount is not a count"),
    ({"promptTokenCount": MAX_TOKENS + 1}, "promptTokenCount is not a count"),
    ({"promptTokenCount": MAX_TOKENS, "toolUsePromptTokenCount": 1}, "input_tokens is not a count"),
    ({"promptTokenCount": 8, "candidatesTokenCount": "1"}, "candidatesTokenCount is not a count"),
    ({"promptTokenCount": 8, "thoughtsTokenCount": [1]}, "thoughtsTokenCount is not a count"),
    ({"promptTokenCount": 8, "totalTokenCount": 1e300}, "totalTokenCount is not a count"),
    ({"promptTokenCount": 8, "cachedContentTokenCount": 9}, "cached tokens (9) exceed"),
    ({"candidatesTokenCount": 8}, "promptTokenCount is missing"),
    ({"promptTokenCount": 0, "totalTokenCount": 0}, "no tokens at all"),
    ({"promptTokenCount": 8, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 9}]}, "audio"),
    (
        {"promptTokenCount": 8, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": "9"}]},
        "tokenCount",
    ),
]


@pytest.mark.parametrize(("usage", "problem"), WRONG, ids=lambda value: repr(value)[:40])
def test_usage_that_cannot_be_is_a_problem_and_never_a_count(usage: Any, problem: str) -> None:
    for dialect in (gemini.DIALECT, gemini_stream.DIALECT, gemini_embed.DIALECT):
        reading = dialect.reader()(compact({"usageMetadata": usage}))
        assert reading is not None
        assert reading.usage is None
        assert problem in (reading.problem or "")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    *USAGE, "cachedContentTokenCount", "billedToolCalls", "serviceTier", "trafficType", "total_input_tokens",
    "input_tokens_by_modality", "grounding_tool_count",
]  # fmt: skip
COUNTS = st.dictionaries(st.sampled_from(NAMES), ANYTHING | st.integers(0, 99))
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "usageMetadata": COUNTS | ANYTHING,
        "usage": COUNTS | ANYTHING,
        "metadata": ANYTHING | st.fixed_dictionaries({"total_usage": COUNTS}),
        "interaction": ANYTHING | st.fixed_dictionaries({"usage": COUNTS, "status": ANYTHING}),
        "event_type": ANYTHING,
        "modelVersion": ANYTHING,
        "candidates": ANYTHING | st.lists(st.fixed_dictionaries({"groundingMetadata": ANYTHING})),
    },
)


@given(PARTS | st.lists(PARTS) | ANYTHING)
def test_no_answer_raises_anything(document: Any) -> None:
    for api in (gemini, gemini_stream, gemini_interactions, gemini_embed):
        read = api.DIALECT.reader()
        reading = read(compact(document))
        read(compact(document)[:-1])
        assert reading is None or reading.usage is None or reading.usage.input_tokens >= 0


def test_what_is_remembered_of_an_endless_search_is_bounded() -> None:
    read = gemini_stream.DIALECT.reader()
    for first in range(0, 2000, 500):
        grounding = {"webSearchQueries": [f"query {first + number}" for number in range(500)]}
        answer = {**part("", USAGE, groundingMetadata=grounding), "modelVersion": "gemini-3-flash-preview"}
        reading = read(compact(answer))
    assert reading is not None
    assert reading.units == Units(web_searches=gemini.MOST_SEARCHES)
