"""Which call a request repeats: attempts of one call of the application share its logical id.

OpenAI's and Anthropic's libraries number the attempts of a call in x-stainless-retry-count, from 0
(openai-python and anthropic-sdk-python _base_client.py, read 2026-11-22), but give them no common name. An
attempt is taken for a repeat of the last one with the same credential, path and body."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ledger.ids import CallId

COUNT_HEADER = "X-Stainless-Retry-Count"
REMEMBERED_S = 900.0
"""The libraries wait for a minute at most between two attempts; an attempt may take its ten minutes."""
REMEMBERED_CALLS = 10_000
MOST_RETRIES = 1000

_Likeness = tuple[str | None, str, int]
"""The credential's label, the path, and the body's hash. Python's hash has a secret of this process: it says
nothing of the body to anybody."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    logical_call_id: CallId
    at_s: float


class Retries:
    """Remembers, for a while, calls of clients that number their attempts."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._calls: OrderedDict[_Likeness, _Attempt] = OrderedDict()

    def of(
        self, headers: Mapping[str, str], call_id: CallId, key: str | None, path: str, body: object
    ) -> tuple[CallId, int]:
        """Logical id and retry number of the attempt *call_id*. A body that streams through cannot be told
        from another: it is a call of its own."""
        count = headers.get(COUNT_HEADER)
        if count is None:
            return call_id, 0
        number = _number_of(count)
        if not isinstance(body, bytes):
            return call_id, number
        likeness = (key, path, hash(body))
        known = self._calls.get(likeness) if number else None
        if known is not None and self._now_s() - known.at_s <= REMEMBERED_S:
            call_id = known.logical_call_id
        self._remember(likeness, _Attempt(call_id, self._now_s()))
        return call_id, number

    def _remember(self, likeness: _Likeness, attempt: _Attempt) -> None:
        self._calls[likeness] = attempt
        self._calls.move_to_end(likeness)
        if len(self._calls) > REMEMBERED_CALLS:
            self._calls.popitem(last=False)


def _number_of(count: str) -> int:
    """
    >>> _number_of("2"), _number_of("-1"), _number_of("many"), _number_of("9" * 5000)
    (2, 0, 0, 0)
    """
    return min(int(count), MOST_RETRIES) if count.isascii() and count.isdigit() and len(count) < 10 else 0
