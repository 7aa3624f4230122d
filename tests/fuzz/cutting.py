"""Bytes in pieces, as networks deliver them; and what a program complains of while it is fed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from random import Random

MOST_CUTS = 12


def cut(data: bytes, chance: Random) -> list[bytes]:
    """In a few pieces, in pieces of one byte, or whole."""
    if len(data) <= 2000 and chance.random() < 0.1:
        return [data[place : place + 1] for place in range(len(data))]
    places = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(MOST_CUTS)))
    return [data[start:end] for start, end in pairwise([0, *places, len(data)])]


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []
        self._formatter = logging.Formatter("%(name)s: %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self._formatter.format(record))


@contextmanager
def no_complaints() -> Iterator[list[str]]:
    """What has been logged as an error so far; whoever has an explanation for it takes it out. What is left
    is an AssertionError."""
    handler, root = _Complaints(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.told
    finally:
        root.removeHandler(handler)
    assert handler.told == [], "\n".join(handler.told[:3])
