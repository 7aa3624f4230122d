"""Azure: the path names a deployment, the answer the model, and the key has a header of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.call import Call
from ledger.usage import TokenUsage
from tests.proxy.bodies import MODEL, USAGE, USAGE_EVENT, chat_answer, chunk, compact, event
from tests.proxy.client import call, post
from tests.proxy.message import chunked
from tests.proxy.running import Payback, configuration, running
from tests.proxy.upstream import Upstream, Visit

DEPLOYMENT = "/openai/deployments/our-chat/chat/completions?api-version=2024-10-21"
MESSAGES = [{"role": "user", "content": "hi"}]
COUNTED = TokenUsage(input_tokens=11, output_tokens=5)
KEY = ("api-key", "their-own")


async def answers(visit: Visit) -> None:
    await visit.answer(chat_answer(), ("Content-Type", "application/json"))


@pytest.fixture
async def payback(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Payback]:
    """Azure's two addresses: the one of deployments, and the one of the API that needs no version."""
    upstream.script = answers
    root = f"http://127.0.0.1:{upstream.port}"
    azure = {"name": "azure", "base_url": root, "provider": "azure"}
    newer = {"name": "azure-v1", "base_url": f"{root}/openai/v1", "provider": "azure"}
    table = {**configuration(upstream, others=[azure, newer]), "default_upstream": "azure"}
    async with running(tmp_path, table) as started:
        yield started


def facts(made: Call) -> tuple[str, str, str | None, str | None, TokenUsage | None]:
    return made.upstream, made.operation, made.request_model, made.response_model, made.usage


@pytest.mark.parametrize("prefix", ["", "/azure"])
async def test_a_deployment_stands_for_the_model_that_the_body_does_not_name(
    prefix: str, upstream: Upstream, payback: Payback
) -> None:
    await call(payback.port, post(f"{prefix}{DEPLOYMENT}", compact({"messages": MESSAGES}), KEY))
    assert upstream.only.target == DEPLOYMENT
    assert upstream.only.head.values("api-key") == [b"their-own"]
    assert facts((await payback.row()).call) == ("azure", "chat", "our-chat", MODEL, COUNTED)


async def test_a_model_that_the_body_names_goes_before_the_deployment(
    upstream: Upstream, payback: Payback
) -> None:
    await call(payback.port, post(DEPLOYMENT, compact({"model": "gpt-x", "messages": MESSAGES}), KEY))
    assert facts((await payback.row()).call)[2] == "gpt-x"


async def test_the_api_without_versions_is_reached_by_its_prefix(
    upstream: Upstream, payback: Payback
) -> None:
    body = compact({"model": "our-chat", "messages": MESSAGES})
    await call(payback.port, post("/azure-v1/v1/chat/completions", body, KEY))
    assert upstream.only.target == "/openai/v1/chat/completions"
    assert facts((await payback.row()).call) == ("azure-v1", "chat", "our-chat", MODEL, COUNTED)


async def test_the_first_event_of_a_stream_has_no_choices_and_stays(
    upstream: Upstream, payback: Payback
) -> None:
    """It tells what was filtered of the prompt; only the event with the usage was asked for."""
    first = event({"choices": [], "model": "", "id": "", "prompt_filter_results": [{"prompt_index": 0}]})

    async def script(visit: Visit) -> None:
        assert b'"include_usage":true' in visit.received.body
        await visit.stream(first, chunk("Hello!"), USAGE_EVENT, b"data: [DONE]\n\n")
        await visit.send(chunked())

    upstream.script = script
    body = compact({"messages": MESSAGES, "stream": True})
    answer = await call(payback.port, post(DEPLOYMENT, body, KEY))
    assert answer.body == first + chunk("Hello!") + b"data: [DONE]\n\n"
    assert facts((await payback.row()).call) == ("azure", "chat", "our-chat", MODEL, COUNTED)


async def test_embeddings_of_a_deployment_are_counted(upstream: Upstream, payback: Payback) -> None:
    async def script(visit: Visit) -> None:
        usage = {"prompt_tokens": USAGE["prompt_tokens"], "total_tokens": USAGE["prompt_tokens"]}
        answer = {"object": "list", "data": [], "model": "text-embedding-3-small", "usage": usage}
        await visit.answer(compact(answer), ("Content-Type", "application/json"))

    upstream.script = script
    path = "/openai/deployments/our-vectors/embeddings?api-version=2024-10-21"
    await call(payback.port, post(path, b'{"input":"hi"}', KEY))
    made = (await payback.row()).call
    assert facts(made)[1:4] == ("embeddings", "our-vectors", "text-embedding-3-small")
    assert made.usage == TokenUsage(input_tokens=11)
