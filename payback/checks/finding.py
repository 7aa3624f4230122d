"""What a check says: how bad it is, and one sentence that says what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    """Works, and wants to be known."""
    FAIL = "FAIL"
    """Does not work, or what is reported is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    """One word."""
    level: Level
    sentence: str


def ok(about: str, sentence: str) -> Finding:
    return Finding(about, Level.OK, sentence)


def warn(about: str, sentence: str) -> Finding:
    return Finding(about, Level.WARN, sentence)


def fail(about: str, sentence: str) -> Finding:
    return Finding(about, Level.FAIL, sentence)
