"""How soon after wrong passwords the next one is looked at.

Each address waits for itself, longer with every wrong password, so that nobody can shut another one out. All
addresses that never gave the right one share an allowance besides, against guesses from thousands of them."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

FREE = 5
"""Wrong passwords of one address before it waits: people mistype."""
LONGEST_WAIT_S = 60.0
FORGET_S = 15 * 60.0
"""Without a wrong password for so long, an address begins anew."""
MOST_ADDRESSES = 4096
SHARED = 200.0
"""Wrong passwords of strangers together, at once; and then one in each SHARED_EVERY_S."""
SHARED_EVERY_S = 1.0

_T = TypeVar("_T")


@dataclass(slots=True)
class _Wrong:
    number: int
    last_s: float

    @property
    def until_s(self) -> float:
        over = self.number - FREE
        return self.last_s + min(2.0**over, LONGEST_WAIT_S) if over >= 0 else self.last_s


class Attempts:
    """Times are seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._shared, self._shared_s = SHARED, 0.0

    def wait_s(self, address: str, now_s: float) -> float:
        """Seconds until a password from *address* is looked at; 0: now."""
        wrong = self._wrong.get(address)
        own_s = wrong.until_s - now_s if wrong and now_s - wrong.last_s <= FORGET_S else 0.0
        shared_s = 0.0 if address in self._known else (1 - self._left(now_s)) * SHARED_EVERY_S
        return max(own_s, shared_s, 0.0)

    def was_wrong(self, address: str, now_s: float) -> None:
        before = self._wrong.get(address)
        number = before.number if before and now_s - before.last_s <= FORGET_S else 0
        _keep(self._wrong, address, _Wrong(number + 1, now_s))
        if address not in self._known:
            self._shared, self._shared_s = self._left(now_s) - 1, now_s

    def was_right(self, address: str) -> None:
        """Wrong ones of the same address stay counted: others may be behind it."""
        _keep(self._known, address, None)

    def _left(self, now_s: float) -> float:
        return min(SHARED, self._shared + (now_s - self._shared_s) / SHARED_EVERY_S)


def _keep(table: OrderedDict[str, _T], address: str, value: _T) -> None:
    table[address] = value
    table.move_to_end(address)
    while len(table) > MOST_ADDRESSES:
        table.popitem(last=False)
