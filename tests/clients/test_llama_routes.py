"""The routes of llama.cpp's server: those that cost tokens have them in the ledger, others cost nothing."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ledger.call import Outcome, Pricing
from tests.clients.greedy import MESSAGES, MODEL, PROMPT, TOKENS
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.running import PRICE, Payback, configuration, running

SAID = 6
CHAT = {"messages": MESSAGES, "max_tokens": SAID}
RESPONSE = {"input": PROMPT, "max_output_tokens": SAID}
TEXT = {"prompt": PROMPT, "max_tokens": SAID}
ASKED = TOKENS[0]
PLAIN = 8
"""Of the prompt without a chat's template: BOS; he l l o, space the re."""

GENERATING = [
    ("/v1/chat/completions", CHAT, "chat", ASKED),
    ("/chat/completions", CHAT, "chat", ASKED),
    ("/v1/responses", RESPONSE, "chat", ASKED),
    ("/responses", RESPONSE, "chat", ASKED),
    ("/v1/messages", CHAT, "chat", ASKED),
    ("/v1/completions", TEXT, "text_completion", PLAIN),
    ("/completions", {"prompt": PROMPT, "n_predict": SAID}, "text_completion", PLAIN),
    ("/completion", {"prompt": PROMPT, "n_predict": SAID}, "text_completion", PLAIN),
]
FREE = [
    ("/v1/messages/count_tokens", {"messages": MESSAGES}),
    ("/v1/responses/input_tokens", {"input": PROMPT}),
    ("/v1/chat/completions/input_tokens", {"messages": MESSAGES}),
    ("/tokenize", {"content": PROMPT}),
    ("/detokenize", {"tokens": [1, 2]}),
    ("/apply-template", {"messages": MESSAGES}),
    *((path, None) for path in ("/v1/models", "/models", "/props", "/slots", "/lora-adapters")),
    *((path, None) for path in ("/health", "/metrics")),
]


def ask(server: Payback | LlamaServer, path: str, body: dict[str, Any] | None) -> tuple[int, str, bytes]:
    """Status, content type and body; POST where there is something to send."""
    base = server.base_url if isinstance(server, LlamaServer) else f"http://127.0.0.1:{server.port}"
    sent = None if body is None else json.dumps(body).encode()
    request = Request(base + path, sent, {"Content-Type": "application/json", "User-Agent": "test/1"})
    try:
        with urlopen(request, timeout=30) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("path", "body", "operation", "input_tokens"), GENERATING)
async def test_a_route_that_generates_text_is_metered(
    path: str, body: dict[str, Any], operation: str, input_tokens: int, stream: bool, before_llama: Payback
) -> None:
    asked = {"model": MODEL, **body, **({"stream": True} if stream else {})}
    status, *_ = await asyncio.to_thread(ask, before_llama, path, asked)
    assert status == 200
    expected = Told(
        operation=operation, model=MODEL, client="test", tokens=(input_tokens, SAID), stream=stream
    )
    row = await before_llama.row()
    assert told(row) == expected
    assert row.call.response_model == MODEL


async def test_embeddings_are_metered(before_llama: Payback) -> None:
    status, *_ = await asyncio.to_thread(ask, before_llama, "/v1/embeddings", {"input": PROMPT})
    assert status == 200
    row = await before_llama.row()
    expected = Told(operation="embeddings", model="", client="test", tokens=(PLAIN, 0), stream=False)
    assert told(row) == expected


@pytest.mark.parametrize("path", ["/v1/rerank", "/rerank", "/reranking"])
async def test_reranking_is_metered(path: str, llama_reranker: LlamaServer, tmp_path: Path) -> None:
    asked = {"model": MODEL, "query": PROMPT, "documents": ["a b", "the"]}
    async with running(tmp_path, configuration(llama_reranker, price=[{**PRICE, "model": "*"}])) as payback:
        status, _, answer = await asyncio.to_thread(ask, payback, path, asked)
        row = await payback.row()
    assert status == 200
    reported = json.loads(answer)["usage"]["prompt_tokens"]
    assert reported > 2 * (PLAIN - 1)  # the query is read with each of the two texts
    assert told(row) == Told(
        operation="rerank", model=MODEL, client="test", tokens=(reported, 0), stream=False
    )


@pytest.mark.parametrize(("path", "body"), FREE)
async def test_a_route_that_generates_nothing_passes_unchanged_and_is_not_billed(
    path: str, body: dict[str, Any] | None, llama_server: LlamaServer, before_llama: Payback
) -> None:
    """/slots and /metrics tell of the moment, the lists of models of the second."""
    direct = await asyncio.to_thread(ask, llama_server, path, body)
    passed = await asyncio.to_thread(ask, before_llama, path, body)
    assert direct[0] == 200
    assert passed[:2] == direct[:2]
    if path not in ("/slots", "/metrics", "/v1/models", "/models"):
        assert passed[2] == direct[2]
    row = await before_llama.row()
    assert (row.pricing, row.call.usage, row.call.operation) == (Pricing.NOT_BILLED, None, "other")


async def test_what_the_server_does_not_support_is_an_error_of_upstream(before_llama: Payback) -> None:
    asked = {"query": "a", "documents": ["b"]}
    status, _, answer = await asyncio.to_thread(ask, before_llama, "/v1/rerank", asked)
    assert (status, json.loads(answer)["error"]["type"]) == (501, "not_supported_error")
    row = await before_llama.row()
    assert (row.call.outcome, row.call.usage, row.pricing) == (Outcome.UPSTREAM_ERROR, None, Pricing.UNPRICED)
