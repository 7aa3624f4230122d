"""Counting: the right tokenizer, in bounded time, beside the event loop and never in its way."""

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.estimate.encoders import NotCounted
from proxy.estimate.passages import MOST_CHARACTERS, MOST_GROWING, Passages
from proxy.estimate.tokens import MOST_WAITING, TokenCounter, tokenizer_for

CL100K, O200K = "cl100k_base", "o200k_base"

MODELS = {
    "gpt-4": CL100K,
    "gpt-4-0613": CL100K,
    "gpt-4-32k": CL100K,
    "gpt-4-turbo-2024-04-09": CL100K,
    "gpt-3.5-turbo-16k": CL100K,
    "gpt-35-turbo-16k": CL100K,
    "text-embedding-3-small": CL100K,
    "text-embedding-ada-002": CL100K,
    "ft:gpt-3.5-turbo:ours::1": CL100K,
    "openai/gpt-4": CL100K,
    "GPT-4": CL100K,
    "gpt-4o": O200K,
    "gpt-4o-2024-08-06": O200K,
    "ft:gpt-4o-mini:ours::1": O200K,
    "gpt-4.1-nano": O200K,
    "gpt-5": O200K,
    "gpt-5-codex": O200K,
    "o1": O200K,
    "o3-mini": O200K,
    "o4-mini-2025-04-16": O200K,
    "chatgpt-4o-latest": O200K,
    "codex-mini-latest": O200K,
    "gpt-oss-20b": O200K,
    "gpt-oss:20b": O200K,
    "claude-sonnet-4-5": O200K,
    "text-davinci-003": O200K,
    "": O200K,
}


@pytest.fixture
async def counter() -> AsyncIterator[TokenCounter]:
    made = TokenCounter()
    yield made
    made.close()


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_counted_with_its_own_tokenizer_and_an_unknown_one_with_the_newest(model: str) -> None:
    assert tokenizer_for(model) == MODELS[model]


def test_no_model_is_an_unknown_model() -> None:
    assert tokenizer_for(None) == O200K


async def test_special_tokens_in_a_text_are_text(counter: TokenCounter) -> None:
    """As one token a client could hide text from the count; as an error it could avoid being counted."""
    assert await counter.count("<|endoftext|>", O200K) == 7
    assert await counter.count("<|endoftext|>", CL100K) == 7


async def test_half_a_character_is_counted_and_no_error(counter: TokenCounter) -> None:
    assert await counter.count("a\ud800b", O200K) == 3


async def test_a_text_beyond_the_cut_is_scaled_and_rounded_up(counter: TokenCounter) -> None:
    """Eight a are one token: 100,000 characters are 12,500 tokens; 250,001 are 31,250.125."""
    assert await counter.count("a" * MOST_CHARACTERS, O200K) == 12_500
    assert await counter.count("a" * 250_001, O200K) == 31_251


async def test_passages_are_counted_apart(counter: TokenCounter) -> None:
    """Each of the four is a token; "hel" and "lo" in one text would be one together."""
    apart = Passages()
    for text in ("hello", " world", "hel", "lo"):
        apart.add(text)
    assert await counter.count_passages(apart, CL100K) == 4


def test_a_text_is_kept_up_to_the_cut_and_measured_beyond_it() -> None:
    passages = Passages()
    passages.add("a" * 60_000)
    passages.add("b" * 60_000, ("content",))
    passages.add("c" * 60_000, ("content",))
    assert [len(text) for text in passages.texts()] == [60_000, 40_000]
    assert passages.length == 180_000
    assert passages.scaled(100) == 180


def test_a_stream_of_many_paths_holds_no_more_than_one_of_few() -> None:
    passages = Passages()
    for number in range(1000):
        passages.add("ab", (number,))
        passages.add("cd", (0,))
    texts = passages.texts()
    assert len(texts) == 1000
    assert texts[1000 - MOST_GROWING] == "ab" + "cd" * 1000
    assert sum(map(len, texts)) == 4000


def test_nothing_scales_to_nothing() -> None:
    assert Passages().scaled(0) == 0


SLOW = {
    "a letter": "a",
    "capitals": "A",
    "both": "aA",
    "spaces": " ",
    "line ends": "\n",
    "carriage returns": "\r",
    "spaces and line ends": " \n",
    "no-break spaces": "\u00a0",
    "marks": "^",
    "digits": "0",
    "accents": "\u0301",
    "ideographs": "中",
    "emoji": "😀",
    "zeros": "\0",
    "apostrophes": "'s",
}
SLOWEST_S = 1.0
"""None takes 0.05 s on an idle machine; merging pairs in quadratic time would take far more than this."""


@pytest.mark.parametrize("name", SLOW)
async def test_a_text_made_to_be_slow_takes_less_than_a_second(name: str, counter: TokenCounter) -> None:
    for tokenizer in (CL100K, O200K):
        await counter.count("", tokenizer)  # loads it
        started_s = time.perf_counter()
        assert await counter.count(SLOW[name] * 1_000_000, tokenizer) > 0
        assert time.perf_counter() - started_s < SLOWEST_S


async def test_a_hundred_thousand_passages_take_less_than_a_second(counter: TokenCounter) -> None:
    passages = Passages()
    for _ in range(MOST_CHARACTERS):
        passages.add("a")
    await counter.count("", O200K)
    started_s = time.perf_counter()
    assert await counter.count_passages(passages, O200K) == MOST_CHARACTERS
    assert time.perf_counter() - started_s < SLOWEST_S


async def test_random_text_takes_less_than_a_second(counter: TokenCounter) -> None:
    chance = random.Random(7)
    await counter.count("", O200K)
    for last in (0x7F, 0xD7FF, 0x10FFFF):
        text = "".join(chr(chance.randrange(0x20, last)) for _ in range(MOST_CHARACTERS))
        started_s = time.perf_counter()
        await counter.count(text, O200K)
        assert time.perf_counter() - started_s < SLOWEST_S


RUNS = st.lists(st.tuples(st.text(min_size=1, max_size=4), st.integers(1, 40_000)), min_size=1, max_size=6)


@settings(max_examples=30, deadline=2000)
@given(RUNS)
def test_runs_of_anything_are_counted(runs: list[tuple[str, int]]) -> None:
    """A panic of the tokenizer would come out as NotCounted."""
    text = "".join(piece * times for piece, times in runs)
    assert asyncio.run(counted(text)) > 0


async def counted(text: str) -> int:
    return await SHARED.count(text, O200K)


SHARED = TokenCounter()
"""Loading takes longer than counting, and hypothesis counts often."""


async def test_the_event_loop_goes_on_while_a_long_text_is_counted(counter: TokenCounter) -> None:
    """Emoji are the slowest that there is, some 30 ms: were they counted on the loop, it would tick once."""
    text = "😀" * MOST_CHARACTERS
    await counter.count("", O200K)
    counting = asyncio.ensure_future(counter.count(text, O200K))
    ticks = 0
    while not counting.done():
        await asyncio.sleep(0)
        ticks += 1
    assert await counting == 100_000
    assert ticks > 100


async def test_counts_that_wait_are_bounded(counter: TokenCounter) -> None:
    """One more than may wait is refused at once; when the others are done, the next is counted."""
    may_go_on = threading.Event()
    holding = [asyncio.ensure_future(counter.run(may_go_on.wait)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(NotCounted, match="too many texts are waiting"):
        await counter.count("hello world", O200K)
    may_go_on.set()
    assert all(await asyncio.gather(*holding))
    assert await counter.count("hello world", O200K) == 2


async def test_a_caller_that_goes_away_makes_room_for_the_next(counter: TokenCounter) -> None:
    may_go_on = threading.Event()
    for _ in range(MOST_WAITING + 10):
        waiting = asyncio.ensure_future(counter.run(may_go_on.wait))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    may_go_on.set()
    assert await counter.count("hello world", O200K) == 2


class Panic(BaseException):
    """As tiktoken's, which is no Exception."""


async def test_a_panic_in_the_tokenizer_is_an_ordinary_error_that_keeps_the_text_to_itself(
    counter: TokenCounter, caplog: pytest.LogCaptureFixture
) -> None:
    def panics() -> None:
        raise Panic("secret text")

    with pytest.raises(NotCounted, match=r"^the tokenizer failed: Panic$"):
        await counter.run(panics)
    assert "tokens could not be counted: Panic" in caplog.text
    assert "secret" not in caplog.text


async def test_what_waits_when_the_counter_is_closed_is_still_counted() -> None:
    counter = TokenCounter()
    waiting = asyncio.ensure_future(counter.count("hello world", O200K))
    await asyncio.sleep(0)
    counter.close()
    assert await waiting == 2
