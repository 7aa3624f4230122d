"""An estimate without a tokenizer, for when so many texts wait to be counted that one more may not.

A token is taken for four bytes of UTF-8. That is from half to twice what o200k_base counts of prose in seven
languages, code and numbers, of English and code within a quarter: tests/proxy/test_estimate_rough.py."""

from proxy.estimate.answer_text import AnswerText
from proxy.estimate.estimate import Estimate, NoEstimate
from proxy.estimate.passages import Passages
from proxy.estimate.request_text import text_of_request
from proxy.estimate.shape import Shape

BYTES_PER_TOKEN = 4
ROUGH = "UTF-8 bytes / 4"
"""In the place of a tokenizer's name."""
LONGEST_BODY_BYTES = 1 << 20
"""Of a request: it is read on the event loop, which takes some 3 ms then."""


def rough_estimate(request_body: bytes, answer: AnswerText, shape: Shape) -> Estimate | NoEstimate:
    """In a hundredth of the time. Never raises."""
    if len(request_body) > LONGEST_BODY_BYTES:
        return NoEstimate("too many texts are waiting to be counted, and this one is too long for a guess")
    request = text_of_request(request_body, shape)
    if request is None or not answer.is_understood:
        return NoEstimate(f"the {'request' if request is None else 'answer'} is no JSON object")
    return Estimate(
        input_tokens=_tokens_in(request) + request.known_tokens,
        output_tokens=_tokens_in(answer.passages),
        tokenizer=ROUGH,
        has_media=request.has_media or answer.passages.has_media,
        has_earlier_turns=request.has_earlier_turns,
    )


def _tokens_in(passages: Passages) -> int:
    size = sum(len(text.encode("utf-8", "replace")) for text in passages.texts())
    return passages.scaled(-(-size // BYTES_PER_TOKEN))
