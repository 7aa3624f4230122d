"""Ollama's chat through payback: lines unless they are declined."""

import pytest

from ledger.call import UsageBasis
from ledger.timings import Timings
from ledger.usage import TokenUsage
from proxy.dialects import dialect_of, ollama_chat, openai_chat
from tests.proxy.bodies import MODEL, compact
from tests.proxy.client import call, connected, post
from tests.proxy.message import chunked, message
from tests.proxy.recorded import FOLDER
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream, Visit

PATH = "/lab/api/chat"
LINES = (FOLDER / "ollama_chat" / "streamed.ndjson").read_bytes()
ERROR = (FOLDER / "ollama_chat" / "error.ndjson").read_bytes()
DOCUMENT = (FOLDER / "ollama_chat" / "document.json").read_bytes()
STREAM = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}


def test_chat_is_spoken_at_its_path_and_openais_stays_openais() -> None:
    assert dialect_of("POST", "/api/chat") == (ollama_chat.DIALECT, None)
    assert dialect_of("POST", "/v1/chat/completions") == (openai_chat.DIALECT, None)
    assert dialect_of("POST", "/api/chat/completions") == (openai_chat.DIALECT, None)
    assert dialect_of("GET", "/api/chat") == (None, None)


def streamed(content_type: str, lines: bytes) -> bytes:
    headers = [("Content-Type", content_type), ("Transfer-Encoding", "chunked")]
    return message("HTTP/1.1 200 OK", headers, chunked(*lines.splitlines(keepends=True)))


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "text/plain; charset=utf-8"])
async def test_a_request_that_does_not_speak_of_streams_gets_one_that_is_metered(
    content_type: str, upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.send(streamed(content_type, LINES))
    answer = await call(payback.port, post(PATH, compact(STREAM)))
    assert answer.body == LINES
    row = await payback.row()
    assert (row.call.operation, row.call.stream, row.call.request_model) == ("chat", True, MODEL)
    assert row.call.usage == TokenUsage(input_tokens=11, output_tokens=18, cache_read_tokens=8)
    assert row.call.timings == Timings(load_us=101_397, prefill_us=13_074, decode_us=52_479)
    assert (row.call.usage_basis, row.call.problem) == (UsageBasis.REPORTED, None)


async def test_a_declined_stream_is_one_document(upstream: Upstream, payback: Payback) -> None:
    content_type = ("Content-Type", "application/json; charset=utf-8")
    upstream.script = lambda visit: visit.answer(DOCUMENT, content_type)
    answer = await call(payback.port, post(PATH, compact({**STREAM, "stream": False})))
    assert answer.head.value("X-Payback-Cost-Usd") == b"0.000191"  # 11 * 1.00 + 18 * 10.00 millionths
    row = await payback.row()
    assert (row.call.stream, row.call.usage) == (False, TokenUsage(input_tokens=11, output_tokens=18))


async def test_the_last_line_is_on_the_disk_before_the_client_has_it(
    upstream: Upstream, payback: Payback
) -> None:
    """A client that has seen done: true may leave at once."""

    async def script(visit: Visit) -> None:
        await visit.send(streamed("application/x-ndjson", LINES)[: -len("0\r\n\r\n")])
        await visit.left()

    upstream.script = script
    async with connected(payback.port) as client:
        await client.send(post(PATH, compact(STREAM)))
        await client.until(b'"done":true', client.pieces(await client.head()))
        (row,) = payback.rows()
        assert row.call.usage is not None
        assert row.call.usage.output_tokens == 18


async def test_an_error_within_the_stream_is_named(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.send(streamed("application/x-ndjson", ERROR))
    await call(payback.port, post(PATH, compact(STREAM)))
    row = await payback.row()
    assert (row.call.problem or "").startswith("upstream reported an error in its stream")
