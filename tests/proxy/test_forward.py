"""Usage of streams is asked for on the client's behalf, not again where it is refused, and never shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.call import Call, Outcome
from ledger.usage import TokenUsage
from proxy.include_usage import UsageAsking
from tests.proxy.bodies import (
    ASKED_EVENTS,
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    PLAIN_EVENTS,
    STREAM_REQUEST,
    chat_request,
    chunk,
    event,
)
from tests.proxy.client import Answer, call, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Script, Upstream, Visit

ASKING = {"include_usage": True}


def asks(body: bytes) -> bool:
    """Whether a request, as upstream got it, asks for usage."""
    options = json.loads(body).get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


async def obliging(visit: Visit) -> None:
    """As OpenAI: usage for who asks."""
    await visit.stream(*(ASKED_EVENTS if asks(visit.received.body) else PLAIN_EVENTS))
    await visit.send(chunked())


def refusing(status: str) -> Script:
    """As servers that do not know the field."""

    async def script(visit: Visit) -> None:
        if "stream_options" in json.loads(visit.received.body):
            await visit.answer(b'{"detail":"extra_forbidden"}', status=status)
        else:
            await obliging(visit)

    return script


@pytest.fixture
def upstream(upstream: Upstream) -> Upstream:
    upstream.script = obliging
    return upstream


async def stream(payback: Payback, body: bytes = STREAM_REQUEST, path: str = CHAT) -> Answer:
    return await call(payback.port, post(path, body))


async def test_usage_is_asked_for_and_the_client_does_not_see_it(
    upstream: Upstream, payback: Payback
) -> None:
    answer = await stream(payback)
    assert answer.body == b"".join(PLAIN_EVENTS)
    sent = json.loads(upstream.only.body)
    assert sent.pop("stream_options") == ASKING
    assert sent == json.loads(STREAM_REQUEST)
    usage = (await payback.row()).call.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (11, 5)


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", None])
async def test_usage_is_hidden_in_a_stream_whose_type_does_not_say_that_it_is_one(
    content_type: str | None, upstream: Upstream, payback: Payback
) -> None:
    """Small servers forget the type; their clients read the events all the same."""
    headers = [("Content-Type", content_type)] if content_type else []

    async def script(visit: Visit) -> None:
        await visit.answer(b"".join(ASKED_EVENTS), *headers)

    upstream.script = script
    assert (await stream(payback)).body == b"".join(PLAIN_EVENTS)
    assert (await payback.row()).call.usage is not None


async def test_a_client_that_asks_sees_everything_and_its_request_is_not_touched(
    upstream: Upstream, payback: Payback
) -> None:
    body = chat_request(stream=True, stream_options=ASKING)
    assert (await stream(payback, body)).body == b"".join(ASKED_EVENTS)
    assert upstream.only.body == body


async def test_an_explicit_no_keeps_usage_from_the_client_and_not_from_the_ledger(
    upstream: Upstream, payback: Payback
) -> None:
    answer = await stream(payback, chat_request(stream=True, stream_options={"include_usage": False}))
    assert answer.body == b"".join(PLAIN_EVENTS)
    assert asks(upstream.only.body)
    assert (await payback.row()).call.usage is not None


async def test_other_stream_options_are_kept(upstream: Upstream, payback: Payback) -> None:
    await stream(payback, chat_request(stream=True, stream_options={"include_obfuscation": False}))
    options = json.loads(upstream.only.body)["stream_options"]
    assert options == {"include_obfuscation": False, "include_usage": True}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, chat_request()),
        (CHAT, chat_request(stream=False)),
        (CHAT, chat_request(stream="true")),
        (CHAT, chat_request(stream=1)),
        (CHAT, chat_request(stream=None)),
        (CHAT, chat_request(stream=True, stream_options="odd")),
        (EMBEDDINGS, chat_request(stream=True)),
        ("/v1/responses", chat_request(stream=True)),
        ("/v1/messages", chat_request(stream=True)),
    ],
)
async def test_usage_is_not_asked_for_where_no_stream_of_a_known_kind_is_asked_for(
    path: str, body: bytes, upstream: Upstream, payback: Payback
) -> None:
    await stream(payback, body, f"/lab{path}")
    assert upstream.only.body == body


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS, "/openai/deployments/d/chat/completions?api-version=1"])
async def test_usage_is_asked_for_at_every_path_that_streams(
    path: str, upstream: Upstream, payback: Payback
) -> None:
    await stream(payback, path=f"/lab{path}")
    assert asks(upstream.only.body)


async def test_no_encoding_is_offered_for_a_stream_that_will_be_edited(
    upstream: Upstream, payback: Payback
) -> None:
    await call(payback.port, post(CHAT, STREAM_REQUEST, ("Accept-Encoding", "gzip, br")))
    assert upstream.only.head.value("Accept-Encoding") == b"identity"


@pytest.mark.parametrize("settings", [{"include_usage": False}, {"provider": "openrouter"}])
async def test_an_upstream_that_needs_no_asking_is_not_asked(
    settings: dict[str, Any], upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, configuration(upstream, lab=settings)) as payback:
        assert (await stream(payback)).body == b"".join(PLAIN_EVENTS)
    assert upstream.only.body == STREAM_REQUEST


async def test_a_server_that_counts_unasked_is_asked_once_and_then_left_as_it_is(
    upstream: Upstream, payback: Payback
) -> None:
    """llama.cpp: asked, it moves its timings onto the event that is hidden; the client would miss them."""

    async def script(visit: Visit) -> None:
        events = ASKED_EVENTS if asks(visit.received.body) else PLAIN_EVENTS
        await visit.answer(b"".join(events), ("Content-Type", "text/event-stream"), ("Server", "llama.cpp"))

    upstream.script = script
    for _ in range(2):
        await stream(payback)
    assert [asks(received.body) for received in upstream.received] == [True, False]


def facts(calls: Call) -> tuple[int, Outcome | None, int | None]:
    return calls.retry_number, calls.outcome, calls.http_status


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity"])
async def test_a_refused_call_is_sent_once_more_as_it_came_and_the_next_one_goes_once(
    status: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = refusing(status)
    assert (await stream(payback)).body == b"".join(PLAIN_EVENTS)
    assert [asks(received.body) for received in upstream.received] == [True, False]
    assert upstream.received[1].body == STREAM_REQUEST
    first, second = (entry.call for entry in await payback.ended(2))
    assert first.logical_call_id == second.logical_call_id == first.call_id != second.call_id
    assert facts(first) == (0, Outcome.UPSTREAM_ERROR, int(status[:3]))
    assert facts(second) == (1, Outcome.OK, 200)
    assert (await stream(payback)).body == b"".join(PLAIN_EVENTS)
    assert [received.body for received in upstream.received[2:]] == [STREAM_REQUEST]


async def test_a_refusal_is_remembered_for_its_model_alone(upstream: Upstream, payback: Payback) -> None:
    upstream.script = refusing("400 Bad Request")
    await stream(payback)
    upstream.script = obliging
    await stream(payback, chat_request(stream=True, model="other"))
    assert asks(upstream.received[-1].body)


async def test_a_request_that_is_refused_for_another_reason_teaches_nothing(
    upstream: Upstream, payback: Payback
) -> None:
    """Both attempts fail, the client gets the second answer, and the next call asks again."""
    wrong = b'{"error":{"message":"messages is missing"}}'
    upstream.script = lambda visit: visit.answer(wrong, status="400 Bad Request")
    answer = await stream(payback)
    assert (answer.status, answer.body) == (400, wrong)
    assert [asks(received.body) for received in upstream.received] == [True, False]
    upstream.script = obliging
    await stream(payback)
    assert asks(upstream.received[-1].body)
    assert [entry.call.outcome for entry in await payback.ended(3)] == [
        "upstream_error",
        "upstream_error",
        "ok",
    ]


async def test_a_bad_request_to_an_upstream_that_has_once_taken_the_field_is_sent_once(
    upstream: Upstream, payback: Payback
) -> None:
    await stream(payback)
    upstream.script = lambda visit: visit.answer(b"{}", status="400 Bad Request")
    assert (await stream(payback)).status == 400
    assert len(upstream.received) == 2


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "429 Too Many Requests", "500 Oh"])
async def test_an_error_that_refuses_no_field_is_not_tried_again(
    status: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(b"{}", status=status)
    assert (await stream(payback)).status == int(status[:3])
    assert len(upstream.received) == 1


async def test_a_refused_request_of_a_client_that_asked_itself_is_its_own(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = refusing("400 Bad Request")
    answer = await stream(payback, chat_request(stream=True, stream_options=ASKING))
    assert answer.status == 400
    assert len(upstream.received) == 1


async def test_a_second_attempt_that_fails_is_a_row_and_an_answer_too(
    upstream: Upstream, payback: Payback
) -> None:
    async def script(visit: Visit) -> None:
        if asks(visit.received.body):
            await visit.answer(b"{}", status="400 Bad Request")
        else:
            visit.reset()

    upstream.script = script
    assert (await stream(payback)).status == 502
    first, second = (entry.call for entry in await payback.ended(2))
    assert facts(first) == (0, Outcome.UPSTREAM_ERROR, 400)
    assert facts(second) == (1, Outcome.UPSTREAM_BROKE, 502)


def test_what_was_never_asked_is_unknown() -> None:
    assert UsageAsking().of("lab", "m").value == "unknown"


async def test_an_error_beside_usage_reaches_a_client_that_did_not_ask_for_usage(
    upstream: Upstream, payback: Payback
) -> None:
    broken = event(
        {"error": {"message": "overloaded"}, "usage": {"prompt_tokens": 11, "completion_tokens": 2}}
    )

    async def script(visit: Visit) -> None:
        await visit.stream(chunk("Hel", usage=None), broken)
        await visit.send(chunked())

    upstream.script = script
    answer = await call(payback.port, post(CHAT, STREAM_REQUEST))
    assert answer.body == chunk("Hel") + broken
    row = await payback.row()
    assert row.call.usage == TokenUsage(input_tokens=11, output_tokens=2)
