"""Which call a request repeats: attempts of one call of the application share its logical id.

OpenAI's and Anthropic's libraries number the attempts of a call in x-stainless-retry-count, from 0
(openai-python and anthropic-sdk-python _base_client.py, read 2026-11-22), but give them no common name. An
attempt is taken for a repeat of the last one with the same credential, path and body. An Idempotency-Key
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) is such a name: attempts that
share it, and credential, path and body, are one call too.

Two requests that are merely the same are two calls: people ask twice, and load tests and samplers a thousand
times. So clients that say neither, as Claude Code and Codex CLI, have a call for each attempt."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ledger.ids import CallId

COUNT_HEADER = "X-Stainless-Retry-Count"
KEY_HEADER = "Idempotency-Key"
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
    number: int
    at_s: float


class Retries:
    """Remembers, for a while, calls of clients that number or name their attempts."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._calls: OrderedDict[_Likeness, _Attempt] = OrderedDict()

    def of(
        self, headers: Mapping[str, str], call_id: CallId, key: str | None, path: str, body: object
    ) -> tuple[CallId, int]:
        """Logical id and retry number of the attempt *call_id*. A body that streams through cannot be told
        from another: it is a call of its own."""
        count, name = headers.get(COUNT_HEADER), headers.get(KEY_HEADER)
        number = None if count is None else _number_of(count)
        if (number is None and name is None) or not isinstance(body, bytes):
            return call_id, number or 0
        likeness = (key, path, hash(body if number is not None else (name, body)))
        known = None if number == 0 else self._known(likeness)
        if known is not None:
            call_id = known.logical_call_id
        if number is None:
            number = 0 if known is None else min(known.number + 1, MOST_RETRIES)
        self._remember(likeness, _Attempt(call_id, number, self._now_s()))
        return call_id, number

    def _known(self, likeness: _Likeness) -> _Attempt | None:
        """The last attempt of the same call, while it is remembered."""
        known = self._calls.get(likeness)
        return known if known is not None and self._now_s() - known.at_s <= REMEMBERED_S else None

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
