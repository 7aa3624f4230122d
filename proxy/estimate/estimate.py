"""Tokens of a call whose upstream reports no usage."""

from typing import NamedTuple

import msgspec

from proxy.estimate.answer_text import AnswerText
from proxy.estimate.encoders import NotCounted
from proxy.estimate.passages import Passages
from proxy.estimate.remote import UPSTREAM_TOKENIZER, RemoteTokenizer
from proxy.estimate.request_text import text_of_request
from proxy.estimate.shape import Shape
from proxy.estimate.tokens import TokenCounter, TooManyWaiting, tokenizer_for


class Estimate(msgspec.Struct, frozen=True):
    """Counted by payback: never what upstream will bill, and to be marked wherever it is shown."""

    input_tokens: int
    output_tokens: int
    tokenizer: str
    has_media: bool = False
    """Images, audio or files were sent or made: they are not in the counts."""
    has_earlier_turns: bool = False
    """The request goes on from a conversation that upstream keeps: that is not in the counts."""


class NoEstimate(msgspec.Struct, frozen=True):
    reason: str


async def estimate(
    counter: TokenCounter,
    request_body: bytes,
    answer: AnswerText,
    shape: Shape,
    model: str | None,
    remote: RemoteTokenizer | None = None,
) -> Estimate | NoEstimate:
    """*model*: whose tokenizer is taken, unless *remote* knows better. Half an estimate is none.

    Raises TooManyWaiting."""
    try:
        request = await counter.run(lambda: text_of_request(request_body, shape))
        if request is None:
            return NoEstimate("the request is no JSON object")
        if not answer.is_understood:
            return NoEstimate("the answer is no JSON object")
        texts = (request, answer.passages)
        counts = await _counted_upstream(remote, texts, model) or await _counted(counter, texts, model)
    except TooManyWaiting:
        raise
    except NotCounted as error:
        return NoEstimate(str(error))
    return Estimate(
        input_tokens=counts.read + request.known_tokens,
        output_tokens=counts.written,
        tokenizer=counts.tokenizer,
        has_media=request.has_media or answer.passages.has_media,
        has_earlier_turns=request.has_earlier_turns,
    )


_Texts = tuple[Passages, Passages]


class _Counts(NamedTuple):
    read: int
    written: int
    tokenizer: str


async def _counted(counter: TokenCounter, texts: _Texts, model: str | None) -> _Counts:
    tokenizer = tokenizer_for(model)
    read, written = [await counter.count_passages(text, tokenizer) for text in texts]
    return _Counts(read, written, tokenizer)


async def _counted_upstream(
    remote: RemoteTokenizer | None, texts: _Texts, model: str | None
) -> _Counts | None:
    """None where the upstream does not count both."""
    if remote is None:
        return None
    asked, answered = texts
    read = await remote.count_passages(asked, model)
    written = None if read is None else await remote.count_passages(answered, model)
    return None if read is None or written is None else _Counts(read, written, UPSTREAM_TOKENIZER)
