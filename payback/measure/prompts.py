"""Made-up text of about the wanted size. Nothing in it is anybody's prompt.

Servers keep what they have computed for the beginning of a prompt. Calls that all begin alike would
measure that cache; so each begins differently, unless it is asked otherwise."""

from collections.abc import Iterator

import numpy as np

_WORDS = (  # noqa: SIM905  # one a line would be four pages
    "time people way water word day part sound work place year live back give most very after thing our just"
    " name good sentence man think say great where help through much before line right too mean old any same"
    " tell boy follow came want show also around form three small set put end does another well large must"
    " big even such because turn here why ask went men read need land different home us move try kind hand"
).split()
"""Of one token each in the vocabularies of large models."""
_TASK = " Write a long story around these words, and do not stop before you are told to."


def prompts(words: int, rng: np.random.Generator, *, shared_prefix: bool = False) -> Iterator[str]:
    """Without end, each of so many words and the task. With *shared_prefix* only the last words differ."""
    fixed = _said(words, rng) if shared_prefix else ""
    while True:
        differing = _said(max(1, words // 16) if shared_prefix else words, rng)
        kept = fixed[: max(0, len(fixed) - len(differing))] if shared_prefix else ""
        yield f"{kept} {differing}.{_TASK}".lstrip()


def words_for(wanted_tokens: int, few: tuple[int, int], many: tuple[int, int]) -> int:
    """How many words make *wanted_tokens*, where two prompts' words and tokens are known: what servers and
    the task add is the same in both.

    >>> words_for(512, (1, 31), (501, 631))
    402
    """
    per_word = (many[1] - few[1]) / max(1, many[0] - few[0])
    if per_word <= 0:
        return max(1, wanted_tokens)
    return max(1, round(few[0] + (wanted_tokens - few[1]) / per_word))


def _said(words: int, rng: np.random.Generator) -> str:
    return " ".join(_WORDS[index] for index in rng.integers(len(_WORDS), size=words))
