"""curl: no library between, so what it prints is what came."""

import json
from pathlib import Path

from tests.clients.greedy import MESSAGES, MODEL, SAID_TOKENS, TOKENS, text_of
from tests.clients.programs import KEY, run_shell
from tests.clients.provider import INPUT_TOKENS, OUTPUT_TOKENS, TEXT
from tests.clients.rows import Told, told
from tests.llama.fixtures import LlamaServer
from tests.proxy.bodies import chat_request
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream


def curl(port: int, path: str, *options: str) -> str:
    head = f"-H 'Authorization: Bearer {KEY}' -H 'Content-Type: application/json'"
    return f"curl -sS --fail-with-body http://127.0.0.1:{port}{path} {head} {' '.join(options)}"


async def test_a_stream_is_events_up_to_the_last(llama_server: LlamaServer, before_llama: Payback) -> None:
    asked = {"model": MODEL, "messages": MESSAGES, "temperature": 0, "max_tokens": SAID_TOKENS}
    sent = json.dumps({**asked, "stream": True})
    events = await run_shell(curl(before_llama.port, "/v1/chat/completions", "-N", f"-d '{sent}'"))
    *chunks, done, end = events.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    deltas = [json.loads(chunk.removeprefix("data: "))["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("content") or "" for delta in deltas) == text_of(llama_server)
    assert told(await before_llama.row()) == Told(model=MODEL, client="curl", tokens=TOKENS)


async def test_a_request_of_two_megabytes_is_sent_once_curl_is_told_to_go_on(
    payback: Payback, upstream: Upstream, tmp_path: Path
) -> None:
    """curl asks with Expect: 100-continue. Here it would wait for the answer longer than it may take."""
    large = tmp_path / "request.json"
    large.write_bytes(chat_request(user="x" * 2_000_000))
    patient = "--expect100-timeout 60 --max-time 30"
    answer = await run_shell(curl(payback.port, "/v1/chat/completions", f"--data-binary @{large}", patient))
    assert json.loads(answer)["choices"][0]["message"]["content"] == TEXT
    assert upstream.only.body == large.read_bytes()
    assert "expect" not in upstream.only.head.names
    tokens = (INPUT_TOKENS, OUTPUT_TOKENS)
    expected = Told(model="small-model", client="curl", tokens=tokens, stream=False)
    assert told(await payback.row()) == expected


async def test_a_client_of_http_1_0_gets_a_whole_stream(payback: Payback) -> None:
    sent = '{"model": "m", "stream": true, "messages": []}'
    events = await run_shell(curl(payback.port, "/v1/chat/completions", "--http1.0", f"-d '{sent}'"))
    pieces = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: {")]
    assert "".join(piece["choices"][0]["delta"]["content"] for piece in pieces) == TEXT
    assert events.endswith("data: [DONE]\n\n")
    assert told(await payback.row()).tokens == (INPUT_TOKENS, OUTPUT_TOKENS)
