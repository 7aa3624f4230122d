"""A target: what is fed, with what, and what must hold whatever is fed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple


class Seed(NamedTuple):
    """A good example."""

    name: str
    """By it the target knows how the bytes are to be read: as which dialect, encoding, path."""
    data: bytes


class Fed(NamedTuple):
    """One input."""

    name: str
    data: bytes
    chance: Random
    """For whatever else varies: where bytes are cut, say."""

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "surrogateescape")


Check = Callable[[Fed], None]
"""Whatever it raises is a finding."""
Open = Callable[[Path], AbstractContextManager[Check]]
"""In a folder of its own. What its end raises is a finding too."""


def opening(check: Check) -> Open:
    """For targets that need nothing but their check."""

    @contextmanager
    def open_(_: Path) -> Iterator[Check]:
        yield check

    return open_


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    name: str
    promise: str
    """What holds whatever is fed."""
    seeds: Callable[[], Sequence[Seed]]
    open: Open
    small_runs: int
    """About a second's worth, for the tests."""
    words: tuple[bytes, ...] = ()
    """What means something to this target and is put into its inputs."""
