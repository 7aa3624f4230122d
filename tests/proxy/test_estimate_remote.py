"""An upstream's own tokenizer: a real llama.cpp server, and one that speaks as vLLM does."""

import json
from collections.abc import AsyncIterator

import pytest

from proxy.estimate.passages import MOST_CHARACTERS
from proxy.estimate.remote import MOST_REFUSALS, Post, RemoteTokenizer
from tests.llama.fixtures import LlamaServer
from tests.proxy.bodies import compact
from tests.proxy.client import call, post
from tests.proxy.upstream import Upstream, Visit, scripted_upstream

HELLO, HELLO_TOKENS = "hello there", 7
"""Of the tiny model, by hand: he l l o, space the re."""


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with scripted_upstream() as started:
        yield started


def posting_to(port: int) -> Post:
    """As a caller would: None unless the answer is a good one."""

    async def send(path: str, body: bytes) -> bytes | None:
        answer = await call(port, post(path, body, ("Connection", "close")))
        return answer.body if answer.status == 200 and answer.whole else None

    return send


async def speak_as_vllm(visit: Visit) -> None:
    """Refuses what has no prompt; its tokens are the words, and it says so in both of its members."""
    asked = json.loads(visit.received.body)
    if visit.received.target != "/tokenize" or "prompt" not in asked:
        await visit.answer(b'{"error":{"message":"Field required"}}', status="400 Bad Request")
        return
    words = asked["prompt"].split()
    await visit.answer(compact({"count": len(words), "max_model_len": 4096, "tokens": [1] * len(words)}))


async def test_llama_cpp_counts_with_the_tokenizer_of_its_model(llama_server: LlamaServer) -> None:
    port = int(llama_server.base_url.rpartition(":")[2])
    assert await RemoteTokenizer(posting_to(port)).count(HELLO) == HELLO_TOKENS


async def test_llama_cpp_takes_special_tokens_in_a_text_for_text(llama_server: LlamaServer) -> None:
    """As one token it would be shorter than its own name."""
    remote = RemoteTokenizer(posting_to(int(llama_server.base_url.rpartition(":")[2])))
    count = await remote.count("<|im_start|>")
    assert count is not None
    assert count > 1


async def test_vllm_is_asked_in_its_own_words_with_the_model(upstream: Upstream) -> None:
    upstream.script = speak_as_vllm
    remote = RemoteTokenizer(posting_to(upstream.port))
    assert await remote.count("one two three", "our-lora") == 3
    assert json.loads(upstream.received[-1].body) == {
        "prompt": "one two three",
        "add_special_tokens": False,
        "model": "our-lora",
    }


async def test_what_an_upstream_understands_is_remembered(upstream: Upstream) -> None:
    """The first count needs two requests, the others one each."""
    upstream.script = speak_as_vllm
    remote = RemoteTokenizer(posting_to(upstream.port))
    for _ in range(3):
        assert await remote.count("one two three") == 3
    assert len(upstream.received) == 2 + 1 + 1


async def test_an_upstream_without_a_tokenizer_is_left_in_peace(upstream: Upstream) -> None:
    async def not_found(visit: Visit) -> None:
        await visit.answer(b"{}", status="404 Not Found")

    upstream.script = not_found
    remote = RemoteTokenizer(posting_to(upstream.port))
    for _ in range(MOST_REFUSALS + 5):
        assert await remote.count("hello") is None
    assert len(upstream.received) == 2 * MOST_REFUSALS


async def test_one_fault_is_forgiven(upstream: Upstream) -> None:
    faults = [True, True, False, True, True, False]

    async def at_times(visit: Visit) -> None:
        if faults[0]:
            await visit.answer(b"busy", status="503 Service Unavailable")
        else:
            await visit.answer(b'{"tokens":[1]}')

    upstream.script = at_times
    remote = RemoteTokenizer(posting_to(upstream.port))
    counted = []
    while faults:
        counted.append(await remote.count("hello"))
        faults.pop(0)
    assert counted == [None, None, 1, None, None, 1]


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"{", b"[]", b"{}", b'{"tokens":null}', b'{"tokens":[]}', b'{"tokens":{}}', b'{"count":0}',
        b'{"count":-1}', b'{"count":"5"}', b'{"count":true}', b'{"count":7}',
        b'{"count":9999999999999999999999}', b"[" * 100_000,
    ],
)  # fmt: skip
async def test_a_count_that_cannot_be_is_none(answer: bytes, upstream: Upstream) -> None:
    """Five bytes and a start of text are six tokens at most, and one at least."""

    async def nonsense(visit: Visit) -> None:
        await visit.answer(answer)

    upstream.script = nonsense
    assert await RemoteTokenizer(posting_to(upstream.port)).count("hello") is None


async def test_nothing_is_sent_for_an_empty_text(upstream: Upstream) -> None:
    assert await RemoteTokenizer(posting_to(upstream.port)).count("") == 0
    assert upstream.received == []


async def test_a_long_text_is_cut_and_scaled(upstream: Upstream) -> None:
    """Half of the characters are sent, in words of four and a space: 20,000 words stand for 40,000."""
    upstream.script = speak_as_vllm
    remote = RemoteTokenizer(posting_to(upstream.port))
    assert await remote.count("word " * 40_000) == 40_000
    assert len(json.loads(upstream.received[-1].body)["prompt"]) == MOST_CHARACTERS


async def test_half_a_character_can_be_sent(upstream: Upstream) -> None:
    upstream.script = speak_as_vllm
    assert await RemoteTokenizer(posting_to(upstream.port)).count("a \ud800 b") == 3
