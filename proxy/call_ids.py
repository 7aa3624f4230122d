"""Ids of calls, as they are needed."""

import os

from ledger.ids import RANDOM_BYTES, CallId, call_id_at

_RANDOM_BLOCK = 128 * RANDOM_BYTES


class CallIds:
    """New ids. Random bytes are asked of the system for many ids at once: asking costs more than an id."""

    def __init__(self) -> None:
        self._random = b""

    def at(self, started_us: int) -> CallId:
        if not self._random:
            self._random = os.urandom(_RANDOM_BLOCK)
        random, self._random = self._random[:RANDOM_BYTES], self._random[RANDOM_BYTES:]
        return call_id_at(started_us, random)
