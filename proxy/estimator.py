"""Estimates of what an answer did not tell, made of the request, and of the answer's start that was kept."""

import asyncio
import logging
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from aiohttp import ClientError
from msgspec.structs import replace

from ledger.call import UsageBasis
from ledger.usage import TokenUsage
from proxy.estimate.answer_text import AnswerText
from proxy.estimate.remote import RemoteTokenizer
from proxy.estimate.shape import Shape
from proxy.headers import NO_KEY
from proxy.kept import Kept
from proxy.learned import Learned
from proxy.listening import Completion
from proxy.plan import Plan
from proxy.route import url_of
from proxy.upstream import Upstream
from proxy.upstream_client import Answer, UpstreamClient

if TYPE_CHECKING:
    from proxy.estimate.estimate import Estimate, NoEstimate
    from proxy.estimate.tokens import TokenCounter, TooManyWaiting

log = logging.getLogger(__name__)

LONGEST_COUNT_BYTES = 8 << 20
"""Of an answer of /tokenize: a list of numbers."""
COUNT_SECONDS = 2.0
"""For an engine to count 100,000 characters, which takes it some 50 ms: the end of an answer waits for it."""


class Estimator:
    """Its tokenizers are loaded when the first estimate is made."""

    def __init__(self, client: UpstreamClient) -> None:
        self._client = client
        self._counter: TokenCounter | None = None
        self._remotes: dict[Upstream, RemoteTokenizer] = {}
        self._has_told = False

    def of(self, plan: Plan) -> Completion | None:
        """None where the answer's text, or the request's, is not known."""
        if plan.target.dialect is None or plan.target.dialect.shape is None or plan.asked.text is None:
            return None
        return partial(self._completed, plan)

    def close(self) -> None:
        if self._counter is not None:
            self._counter.close()

    async def _completed(self, plan: Plan, learned: Learned, kept: Kept, is_whole: bool) -> Learned:
        if not learned.lacks_usage or not any(map(_tells_something, kept.documents())):
            return learned
        from proxy.estimate.encoders import NotCounted

        try:
            found = await self._estimate(plan, learned.model, kept, is_whole)
            return _with_estimate(learned, found, kept.share, is_whole)
        except NotCounted as error:
            return replace(learned, problem=f"{learned.problem or 'no usage'}; not estimated: {error}")
        except Exception as error:  # a fault in estimating never changes what the client gets
            log.error("estimating tokens failed", exc_info=error)
            return learned

    async def _estimate(
        self, plan: Plan, model: str | None, kept: Kept, is_whole: bool
    ) -> "Estimate | NoEstimate":
        from proxy.estimate.estimate import NoEstimate, estimate  # loads the tokenizers' library
        from proxy.estimate.rough import rough_estimate
        from proxy.estimate.tokens import TooManyWaiting

        assert plan.target.dialect is not None
        shape, text = plan.target.dialect.shape, plan.asked.text
        assert shape is not None
        assert text is not None
        counter = self._counting()
        try:
            answer = await counter.run(lambda: _text_of(kept, shape))
            if is_whole and answer.is_empty:
                return NoEstimate("the answer has no text")
            return await estimate(counter, text, answer, shape, model or plan.model, self._remote(plan))
        except TooManyWaiting as error:
            self._tell_once(error)
            return rough_estimate(text, _text_of(kept, shape), shape)

    def _tell_once(self, error: "TooManyWaiting") -> None:
        if not self._has_told:
            self._has_told = True
            log.warning("%s: tokens of some calls are estimated from the length of their text", error)

    def _counting(self) -> "TokenCounter":
        from proxy.estimate.tokens import TokenCounter

        if self._counter is None:
            self._counter = TokenCounter()
        return self._counter

    def _remote(self, plan: Plan) -> RemoteTokenizer | None:
        """Local engines count with the model's own tokenizer; a cloud is not asked, it might charge."""
        if not plan.upstream.self_hosted:
            return None
        if plan.upstream not in self._remotes:
            self._remotes[plan.upstream] = RemoteTokenizer(partial(self._post, plan.upstream))
        return self._remotes[plan.upstream]

    async def _post(self, upstream: Upstream, path: str, body: bytes) -> bytes | None:
        headers = [("Content-Type", "application/json")]
        if upstream.credential is not None and upstream.credential != NO_KEY:
            headers.append(upstream.credential)
        url = url_of(upstream, path)
        try:
            async with asyncio.timeout(COUNT_SECONDS):
                answer = await self._client.send("POST", url, headers, body, keeps_connection=False)
                try:
                    return await _body_of(answer) if answer.status == 200 else None
                finally:
                    answer.close()
        except (ClientError, TimeoutError):
            return None


def _tells_something(document: bytes) -> bool:
    return document not in (b"", b"[DONE]")


async def _body_of(answer: Answer) -> bytes | None:
    parts: list[bytes] = []
    while not answer.content.at_eof() and sum(map(len, parts)) <= LONGEST_COUNT_BYTES:
        parts.append(await answer.content.readany())
    return b"".join(parts) if answer.content.at_eof() else None


def _text_of(kept: Kept, shape: Shape) -> AnswerText:
    text = AnswerText(shape)
    for document in kept.documents():
        text.feed(document)
    return text


def _with_estimate(learned: Learned, found: "Estimate | NoEstimate", share: float, is_whole: bool) -> Learned:
    """*share*: how much of the answer the estimate was made of."""
    from proxy.estimate.estimate import NoEstimate

    reason = found.reason if isinstance(found, NoEstimate) else _what_is_missing(found)
    if reason is not None or isinstance(found, NoEstimate):
        return replace(learned, problem=f"{learned.problem or 'no usage'}; not estimated: {reason}")
    output_tokens = ceil(found.output_tokens / share)
    if learned.usage is None:
        usage = TokenUsage(input_tokens=found.input_tokens, output_tokens=output_tokens)
    else:
        usage = replace(learned.usage, output_tokens=max(learned.usage.output_tokens, output_tokens))
    return replace(
        learned,
        usage=usage,
        estimated=UsageBasis.ESTIMATED if is_whole else UsageBasis.PARTIAL,
        tokenizer=found.tokenizer,
    )


def _what_is_missing(found: "Estimate") -> str | None:
    """Half an estimate would be taken for a whole one."""
    if found.has_media:
        return "images, audio and files have no text to count"
    return "the conversation goes on from one that upstream keeps" if found.has_earlier_turns else None
