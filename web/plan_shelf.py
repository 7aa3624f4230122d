"""Who keeps named plans, and what names they may have.

ShelfError
  BadName      the name is none that a plan can have; choose another
  NameTaken    there is such a plan already; delete it, or choose another name
  NoSuchPlan   there is none of that name (any more)
  ShelfFull    there are as many as there may be; delete one"""

import re
from collections.abc import Sequence
from typing import Protocol

LONGEST_NAME = 48
MOST_PLANS = 100
MOST_BYTES = 1 << 16
"""Of one plan; one with every field of the page has 3 kB."""
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_NAME - 1}}}", re.ASCII)


class ShelfError(Exception):
    """The text is a sentence for the user."""


class BadName(ShelfError):
    pass


class NameTaken(ShelfError):
    pass


class NoSuchPlan(ShelfError):
    pass


class ShelfFull(ShelfError):
    pass


class PlanShelf(Protocol):
    """All of it blocks for a moment, and may raise ShelfError."""

    def names(self) -> Sequence[str]:
        """In the order of the alphabet."""
        ...

    def read(self, name: str) -> str:
        """TOML. Whether it is a plan is not looked at: it may have been edited since."""
        ...

    def save(self, name: str, toml: str) -> None: ...

    def delete(self, name: str) -> None: ...


def checked_name(name: str) -> str:
    """*name*, which then is the name of a file in no other folder on any system. Raises BadName.

    >>> checked_name("cheap-power_2")
    'cheap-power_2'
    """
    if not _NAME.fullmatch(name):
        told = f'"{name}"' if len(name) <= LONGEST_NAME else f"{len(name)} characters long"
        raise BadName(
            f"the name is {told}; write 1 to {LONGEST_NAME} letters from a to z, digits, - or _,"
            " a letter or a digit first"
        )
    return name
