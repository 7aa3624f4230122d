"""Which tokenizer a model has; counting, off the event loop."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tiktoken import Encoding
from tiktoken.model import encoding_name_for_model

from proxy.estimate.encoders import NotCounted, load
from proxy.estimate.passages import Passages

log = logging.getLogger(__name__)

MOST_WAITING = 500
"""Counts that wait for the thread, each holding its text; one more is not made.
100,000 characters take 10 ms as people and models write, 50 ms where they were chosen to be slow."""

_CL100K, _O200K = "cl100k_base", "o200k_base"
_Result = TypeVar("_Result")


def tokenizer_for(model: str | None) -> str:
    """o200k_base or cl100k_base, as tiktoken's own table has it for OpenAI's models.

    Every other model, and none, has o200k_base: its own tokenizer is not public, or not here. Models that
    OpenAI has withdrawn are among them. What comes before a slash is a provider's name.

    >>> tokenizer_for("gpt-4-turbo"), tokenizer_for("gpt-4o-mini"), tokenizer_for("claude-sonnet-4-5")
    ('cl100k_base', 'o200k_base', 'o200k_base')
    """
    try:
        found = encoding_name_for_model((model or "").lower().rpartition("/")[2])
    except KeyError:
        return _O200K
    return _CL100K if found == _CL100K else _O200K


class TooManyWaiting(NotCounted):
    """A text that was not looked at: a rough estimate may take the place of its count."""


class TokenCounter:
    """Counts in one thread of its own; tiktoken lets go of the interpreter's lock while it encodes."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tokens")
        self._encoders: dict[str, Encoding] = {}
        """Loaded when first asked for, and kept."""
        self._waiting = 0

    async def count(self, text: str, tokenizer: str) -> int:
        """Tokens of *text*. Of a text of more than 100,000 characters, those of its first 100,000 times what
        it is longer, rounded up. Raises NotCounted."""
        passages = Passages()
        passages.add(text)
        return await self.count_passages(passages, tokenizer)

    async def count_passages(self, passages: Passages, tokenizer: str) -> int:
        """As count; passages are counted apart. Without their known_tokens. Raises NotCounted."""
        return await self.run(lambda: passages.scaled(self._tokens_in(passages.texts(), tokenizer)))

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Have something else done in the thread of counts. Raises NotCounted, and at once TooManyWaiting."""
        if self._waiting >= MOST_WAITING:
            raise TooManyWaiting("too many texts are waiting to be counted")
        self._waiting += 1
        try:
            return await self._started(work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """What waits is still counted; nothing more may come."""
        self._thread.shutdown(wait=False)

    def _started(self, work: Callable[[], _Result]) -> "asyncio.Future[_Result]":
        try:
            return asyncio.get_running_loop().run_in_executor(self._thread, _done, work)
        except RuntimeError as error:
            raise NotCounted("the thread that counts has ended") from error

    def _tokens_in(self, texts: list[str], tokenizer: str) -> int:
        if tokenizer not in self._encoders:
            self._encoders[tokenizer] = load(tokenizer)
        encoder = self._encoders[tokenizer]
        return sum(len(encoder.encode_ordinary(text)) for text in texts)


def _done(work: Callable[[], _Result]) -> _Result:
    """A panic in tiktoken (on a million spaces, say) is a BaseException that nobody up there expects."""
    try:
        return work()
    except NotCounted:
        raise
    except BaseException as error:
        log.error("tokens could not be counted: %s", type(error).__name__)
        raise NotCounted(f"the tokenizer failed: {type(error).__name__}") from error
