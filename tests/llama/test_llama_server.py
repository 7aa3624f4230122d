"""What payback's tests rely on in llama.cpp, seen without payback between.

If one fails after an upgrade of xllamacpp, llama.cpp's answers have changed: reread the OpenAI dialect.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from itertools import islice
from typing import Any
from urllib.request import Request, urlopen

from tests.llama.fixtures import MODEL_NAME, LlamaServer

CHAT = "/v1/chat/completions"
HELLO = {"messages": [{"role": "user", "content": "hello there"}]}
HELLO_TOKENS = 24
"""By hand: BOS; im_start u s er LF; he l l o, space the re; im_end LF; im_start a s s is t an t LF."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 8}},
            "required": ["city"],
        },
    },
}

LONG_TOKENS = 15_000
"""An answer this long takes 4 s or more: later tokens are slower, as they attend to all earlier ones."""


def test_chat_answer_reports_usage(llama_server: LlamaServer) -> None:
    answer = post(llama_server, CHAT, {**HELLO, "max_tokens": 7})
    assert answer["usage"]["prompt_tokens"] == HELLO_TOKENS
    assert answer["usage"]["completion_tokens"] == 7
    assert answer["usage"]["total_tokens"] == HELLO_TOKENS + 7
    assert answer["choices"][0]["finish_reason"] == "length"


def test_repeated_prompt_reports_cached_tokens_as_part_of_prompt_tokens(
    llama_server: LlamaServer,
) -> None:
    post(llama_server, CHAT, {**HELLO, "max_tokens": 1})
    usage = post(llama_server, CHAT, {**HELLO, "max_tokens": 1})["usage"]
    assert usage["prompt_tokens"] == HELLO_TOKENS
    assert usage["prompt_tokens_details"]["cached_tokens"] == HELLO_TOKENS - 1


def test_answer_names_the_served_model_whatever_was_asked(llama_server: LlamaServer) -> None:
    assert post(llama_server, CHAT, {**HELLO, "model": "gpt-x", "max_tokens": 1})["model"] == MODEL_NAME


def test_stream_with_include_usage_ends_with_one_usage_chunk_without_choices(
    llama_server: LlamaServer,
) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}}
    *chunks, last = stream(llama_server, CHAT, {**HELLO, **options, "max_tokens": 5})
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 5
    assert not any("usage" in chunk for chunk in chunks)  # OpenAI itself sends "usage": null here
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


def test_stream_without_include_usage_has_no_usage_but_timings(llama_server: LlamaServer) -> None:
    *chunks, last = stream(llama_server, CHAT, {**HELLO, "stream": True, "max_tokens": 5})
    assert not any("usage" in chunk for chunk in [*chunks, last])
    assert last["choices"][0]["finish_reason"] == "length"
    timings = last["timings"]
    assert timings["cache_n"] + timings["prompt_n"] == HELLO_TOKENS
    assert timings["predicted_n"] == 5


def test_text_completion_stream_reports_usage_unasked_beside_its_last_choice(
    llama_server: LlamaServer,
) -> None:
    asked = {"prompt": "hello", "stream": True, "max_tokens": 5}
    *chunks, last = stream(llama_server, "/v1/completions", asked)
    assert not any("usage" in chunk for chunk in chunks)
    assert last["choices"][0]["finish_reason"] == "length"
    assert last["usage"]["completion_tokens"] == 5


def test_embeddings_report_prompt_tokens_and_no_completion_tokens(llama_server: LlamaServer) -> None:
    answer = post(llama_server, "/v1/embeddings", {"input": ["hello there", "x"]})
    assert answer["usage"] == {"prompt_tokens": 10, "total_tokens": 10}  # 8 + 2, each with its BOS
    assert [len(item["embedding"]) for item in answer["data"]] == [64, 64]


def test_tools_are_accepted_and_counted_as_prompt(llama_server: LlamaServer) -> None:
    answer = post(llama_server, CHAT, {**HELLO, "tools": [WEATHER], "max_tokens": 5})
    assert answer["usage"]["prompt_tokens"] > 4 * HELLO_TOKENS


def test_forced_tool_call_streams_its_arguments_in_pieces(llama_server: LlamaServer) -> None:
    from tests.llama.tiny_model import TOOL_CALL_BIAS  # needs gguf, which may be missing

    forced = {"tools": [WEATHER], "tool_choice": "required", "logit_bias": TOOL_CALL_BIAS}
    chunks = stream(llama_server, CHAT, {**HELLO, **forced, "stream": True, "max_tokens": 300})
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    pieces = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    first_call = [piece["function"] for piece in pieces if piece["index"] == 0]
    assert first_call[0]["name"] == "weather"
    assert len(json.loads("".join(piece["arguments"] for piece in first_call))["city"]) <= 8
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_usage_of_two_choices_counts_the_tokens_of_one(llama_server: LlamaServer) -> None:
    """llama.cpp's own fault: /metrics says 8. Tests with n > 1 must not compare the two."""
    _wait_until_idle(llama_server)
    before = metrics(llama_server)["tokens_predicted_total"]
    answer = post(llama_server, CHAT, {**HELLO, "n": 2, "max_tokens": 4})
    assert len(answer["choices"]) == 2
    assert answer["usage"]["completion_tokens"] == 4
    assert metrics(llama_server)["tokens_predicted_total"] - before == 8


def test_metrics_count_the_same_tokens_as_the_sum_of_usage(llama_server: LlamaServer) -> None:
    _wait_until_idle(llama_server)
    before = metrics(llama_server)
    usages = [post(llama_server, CHAT, {**HELLO, "max_tokens": n})["usage"] for n in (3, 40)]
    usages.append(post(llama_server, "/v1/embeddings", {"input": "hello there"})["usage"])
    after = metrics(llama_server)
    grown = {name: value - before[name] for name, value in after.items()}
    # llama.cpp splits what `usage` adds up: prompt_tokens_total leaves cached tokens out.
    prompt_tokens = grown["prompt_tokens_total"] + grown["prompt_tokens_cached_total"]
    assert prompt_tokens == sum(usage["prompt_tokens"] for usage in usages) == 24 + 24 + 8
    assert grown["tokens_predicted_total"] == 3 + 40


def test_long_stream_is_not_cut_by_end_of_text(llama_server: LlamaServer) -> None:
    chunks = stream(llama_server, CHAT, {**HELLO, "stream": True, "max_tokens": 2500})
    assert chunks[-1]["timings"]["predicted_n"] == 2500


def test_client_that_leaves_mid_stream_frees_its_slot(llama_server: LlamaServer) -> None:
    _wait_until_idle(llama_server)
    before = metrics(llama_server)["tokens_predicted_total"]
    asked = {**HELLO, "stream": True, "max_tokens": LONG_TOKENS}
    with opened(llama_server, CHAT, asked) as response:
        assert len(list(islice(events(response), 20))) == 20
        assert busy_slots(llama_server) == 1
    _wait_until_idle(llama_server)
    predicted_tokens = metrics(llama_server)["tokens_predicted_total"] - before
    assert 20 <= predicted_tokens < LONG_TOKENS


def test_server_closes_the_connection_after_a_stream_though_it_promised_keep_alive(
    llama_server: LlamaServer,
) -> None:
    """A client that reuses the connection at once meets a reset: half of aiohttp's calls in a row."""
    connection = HTTPConnection(llama_server.base_url.removeprefix("http://"), timeout=2)
    connection.request("POST", CHAT, json.dumps({**HELLO, "stream": True, "max_tokens": 1}))
    response = connection.getresponse()
    assert response.headers["Keep-Alive"] == "timeout=5, max=100"
    response.read()
    assert connection.sock.recv(1) == b""  # the end, long before 5 s
    connection.close()


def opened(server: LlamaServer, path: str, body: dict[str, Any]) -> HTTPResponse:
    """Raises HTTPError unless the answer is a success."""
    headers = {"Content-Type": "application/json"}
    request = Request(server.base_url + path, json.dumps(body).encode(), headers)
    response: HTTPResponse = urlopen(request, timeout=30)
    return response


def post(server: LlamaServer, path: str, body: dict[str, Any]) -> dict[str, Any]:
    with opened(server, path, body) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def stream(server: LlamaServer, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """All chunks of a streamed answer; that [DONE] comes last is asserted here."""
    with opened(server, path, body) as response:
        *chunks, done = events(response)
    assert done == b"[DONE]"
    return [json.loads(chunk) for chunk in chunks]


def events(response: HTTPResponse) -> Iterator[bytes]:
    """What stands behind `data: `, line by line: llama.cpp writes one line per event."""
    for line in response:
        if line.startswith(b"data: "):
            yield line.removeprefix(b"data: ").rstrip(b"\n")


def metrics(server: LlamaServer) -> dict[str, float]:
    """The lines of /metrics, named without their prefix llamacpp:"""
    with urlopen(f"{server.base_url}/metrics", timeout=10) as response:
        lines = response.read().decode().splitlines()
    pairs = [line.removeprefix("llamacpp:").split() for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def busy_slots(server: LlamaServer) -> int:
    with urlopen(f"{server.base_url}/slots", timeout=10) as response:
        return sum(slot["is_processing"] for slot in json.load(response))


def _wait_until_idle(server: LlamaServer) -> None:
    """A stream left by another test may live for some milliseconds more."""
    deadline_s = time.monotonic() + 10
    while busy_slots(server):
        assert time.monotonic() < deadline_s, "llama.cpp did not become idle within 10 s"
        time.sleep(0.01)
