"""A call's estimate: against counts that OpenAI has reported, and what is said where there is none."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from proxy.estimate.answer_text import AnswerText
from proxy.estimate.estimate import Estimate, NoEstimate, estimate
from proxy.estimate.remote import RemoteTokenizer
from proxy.estimate.shape import Shape
from proxy.estimate.tokens import TokenCounter
from tests.proxy.bodies import chat_answer, chat_request, compact
from tests.proxy.test_estimate_answer import ANTHROPIC_STREAM, CHAT_STREAM, heard


@pytest.fixture
async def counter() -> AsyncIterator[TokenCounter]:
    made = TokenCounter()
    yield made
    made.close()


HELPFUL = "You are a helpful, pattern-following assistant that"
CIRCLE_BACK = "Let's circle back when we have more bandwidth"
JARGON = [
    ("system", None, f"{HELPFUL} translates corporate jargon into plain English."),
    ("system", "example_user", "New synergies will help drive top-line growth."),
    ("system", "example_assistant", "Things working well together will increase revenue."),
    ("system", "example_user", f"{CIRCLE_BACK} to touch base on opportunities for increased leverage."),
    ("system", "example_assistant", "Let's talk later when we're less busy about how to do better."),
    ("user", None, "This late pivot means we don't have time to boil the ocean for the client deliverable."),
]
"""The conversation of OpenAI's cookbook, which reports 129 prompt tokens for it from the API, for gpt-4-0613:
https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb"""


async def test_the_cookbooks_conversation_has_the_tokens_that_openais_api_reported(
    counter: TokenCounter,
) -> None:
    messages = [
        {"role": role, "content": content} | ({"name": name} if name else {})
        for role, name, content in JARGON
    ]
    request = compact({"model": "gpt-4-0613", "messages": messages})
    found = await estimate(counter, request, AnswerText(Shape.OPENAI_CHAT), Shape.OPENAI_CHAT, "gpt-4-0613")
    assert found == Estimate(input_tokens=129, output_tokens=0, tokenizer="cl100k_base")


async def test_a_first_hello_has_the_tokens_that_openais_api_reported(counter: TokenCounter) -> None:
    """19 in, 10 out, from gpt-3.5-turbo-0613. In: 2 * 3 + 3 around 1 + 6 and 1 + 2."""
    messages = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Hello!"},
    ]
    answer = heard(Shape.OPENAI_CHAT, [chat_answer(content="Hi there! How can I assist you today?")])
    request = compact({"messages": messages})
    found = await estimate(counter, request, answer, Shape.OPENAI_CHAT, "gpt-3.5-turbo-0613")
    assert found == Estimate(input_tokens=19, output_tokens=10, tokenizer="cl100k_base")


async def test_what_was_left_out_is_said(counter: TokenCounter) -> None:
    """ "user" and "hi" are a token each: 3 + 1 + 1 + 3 = 8."""
    image = {"type": "image_url", "image_url": {"url": "https://lab.test/1.png"}}
    content = [{"type": "text", "text": "hi"}, image]
    request = compact({"messages": [{"role": "user", "content": content}]})
    found = await estimate(counter, request, AnswerText(Shape.OPENAI_CHAT), Shape.OPENAI_CHAT, None)
    assert found == Estimate(8, 0, "o200k_base", has_media=True)
    request = compact({"input": "hi", "previous_response_id": "resp_1"})
    answer = AnswerText(Shape.OPENAI_RESPONSES)
    found = await estimate(counter, request, answer, Shape.OPENAI_RESPONSES, "gpt-5")
    assert found == Estimate(8, 0, "o200k_base", has_earlier_turns=True)


async def test_a_picture_that_the_model_made_is_said_too(counter: TokenCounter) -> None:
    picture = {"candidates": [{"content": {"parts": [{"inlineData": {"data": "AAAA"}}]}}]}
    answer = heard(Shape.GEMINI, [picture])
    found = await estimate(counter, compact({"contents": []}), answer, Shape.GEMINI, "gemini-2.5-flash")
    assert isinstance(found, Estimate)
    assert found.has_media


async def test_token_ids_are_counted_without_a_tokenizer(counter: TokenCounter) -> None:
    request = compact({"input": [[15339, 1917], [15339]]})
    answer = AnswerText(Shape.OPENAI_EMBEDDINGS)
    found = await estimate(counter, request, answer, Shape.OPENAI_EMBEDDINGS, "text-embedding-3-small")
    assert found == Estimate(3, 0, "cl100k_base")


@pytest.mark.parametrize(
    ("shape", "stream"),
    [(Shape.OPENAI_CHAT, CHAT_STREAM), (Shape.ANTHROPIC_MESSAGES, ANTHROPIC_STREAM)],
)
async def test_a_cut_stream_has_the_tokens_of_what_came(
    shape: Shape, stream: list[Any], counter: TokenCounter
) -> None:
    counts = []
    for length in range(len(stream) + 1):
        found = await estimate(counter, chat_request(), heard(shape, stream[:length]), shape, "m")
        assert isinstance(found, Estimate)
        counts.append(found.output_tokens)
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] >= 9


async def test_a_request_that_cannot_be_read_has_no_estimate_and_not_one_of_half(
    counter: TokenCounter,
) -> None:
    answer = heard(Shape.OPENAI_CHAT, [chat_answer()])
    found = await estimate(counter, b"\x1f\x8b", answer, Shape.OPENAI_CHAT, "gpt-4o")
    assert found == NoEstimate("the request is no JSON object")


async def test_an_answer_that_cannot_be_read_has_no_estimate_and_not_one_of_nothing(
    counter: TokenCounter,
) -> None:
    answer = heard(Shape.OPENAI_CHAT, [b"<html>bad gateway</html>"])
    found = await estimate(counter, chat_request(), answer, Shape.OPENAI_CHAT, "gpt-4o")
    assert found == NoEstimate("the answer is no JSON object")


async def test_a_tokenizer_that_fails_is_a_reason_and_no_exception() -> None:
    counter = TokenCounter()
    counter.close()
    found = await estimate(
        counter, chat_request(), AnswerText(Shape.OPENAI_CHAT), Shape.OPENAI_CHAT, "gpt-4o"
    )
    assert found == NoEstimate("the thread that counts has ended")


def words(count: int | None) -> RemoteTokenizer:
    """An upstream that says *count*, whatever the text; None: it does not count."""

    async def send(path: str, body: bytes) -> bytes | None:
        return None if count is None else compact({"count": count})

    return RemoteTokenizer(send)


async def test_the_upstreams_own_tokenizer_goes_first_and_ours_stands_in(counter: TokenCounter) -> None:
    """Theirs says 5 of either text; 6 more frame the message. Ours: "user", "hi" and "Hello", "!"."""
    answer = heard(Shape.OPENAI_CHAT, [chat_answer(content="Hello!")])
    asked = (counter, chat_request(), answer, Shape.OPENAI_CHAT, "lab-model")
    assert await estimate(*asked, words(5)) == Estimate(11, 5, "upstream /tokenize")
    assert await estimate(*asked, words(None)) == Estimate(8, 2, "o200k_base")
