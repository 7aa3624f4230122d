"""What waits in the journal for the ledger: which entries, since when, and whether another may join them."""

import logging
from collections import deque
from time import monotonic

from ledger.call import Entry
from ledger.journal import Journal

log = logging.getLogger(__name__)

HURRIED_COMMITS, HURRIED_SECONDS = 25, 0.05
"""So many within so long: then each is to cost a sync, and no more. What comes slower is committed to the
ledger itself, where everyone sees it at once."""
QUIET_SECONDS = 0.005
"""Nothing came for so long: this is the time to carry over what waits."""
LONGEST_SECONDS = 0.05
MOST_ENTRIES = 512
"""Carrying them over takes some 5 ms."""
MANY_ENTRIES = 256
"""Fewer take less time than the syncs of what comes meanwhile would: that waits, and shares one."""
ROUND_SECONDS = 0.25
"""The journal is emptied once nothing waits. While more comes without a pause, nothing is let in after this
until that is so: who reads the ledger of a payback that lives waits for it."""

BROKEN_SECONDS = 60.0
"""A journal that could not be written is tried again after this."""


class Waiting:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._again_at_s = 0.0
        self._came_s: deque[float] = deque(maxlen=HURRIED_COMMITS)
        self._oldest_s = 0.0
        self._round_began_s: float | None = None
        """None: the journal is empty."""
        self.entries: list[Entry] = []

    def take(self, entries: list[Entry], parcels: bytes) -> bool:
        """True: they are kept, and wait. *parcels* is what they came in. False: keep them in another way."""
        now_s = monotonic()
        is_hurried = self._is_hurried(now_s)
        if not is_hurried or now_s < self._again_at_s or not self._is_journaled(parcels):
            return False
        if not self.entries:
            self._oldest_s = now_s
        if self._round_began_s is None:
            self._round_began_s = now_s
        self.entries += entries
        return True

    def take_left(self) -> None:
        """What another scribe has not carried over when it ended. Raises LedgerError."""
        self.entries += self._journal.take_left()

    def survived(self) -> None:
        """They could not be carried over, and wait on."""
        self._journal.survived()

    @property
    def due_s(self) -> float | None:
        """In how many seconds they are to be carried over, should nothing come; None: nothing waits."""
        if not self.entries:
            return None
        if len(self.entries) >= MOST_ENTRIES:
            return 0.0
        latest_s = self._came_s[-1] if self._came_s else 0.0
        due_at_s = min(self._oldest_s + LONGEST_SECONDS, latest_s + QUIET_SECONDS)
        return max(0.0, due_at_s - monotonic())

    @property
    def may_join(self) -> bool:
        """Whether more may be taken while those that wait are carried over."""
        if len(self.entries) < MANY_ENTRIES or self._round_began_s is None:
            return False
        return monotonic() < self._round_began_s + ROUND_SECONDS

    def handed_out(self) -> list[Entry]:
        """All of them, to be carried over; what is taken from now on waits for the next time."""
        entries, self.entries = self.entries, []
        return entries

    def put_back(self, entries: list[Entry]) -> None:
        """They were handed out, and could not be carried over."""
        self.entries[:0] = entries

    def carried(self) -> None:
        """What was handed out is in the ledger, or in the spool; in the journal too, while others wait."""
        if not self.entries:
            self._journal.clear()
            self._round_began_s = None

    def set_aside(self, entries: list[Entry]) -> None:
        """Raises OSError."""
        try:
            self._journal.set_aside(entries)
        except OSError as error:
            log.error("what the ledger refuses cannot be set aside: %s", error.strerror or error)
            raise

    def close(self) -> None:
        """Should some still wait, they stay in the journal for the next start."""
        if not self.entries:
            self._journal.remove()

    def _is_hurried(self, now_s: float) -> bool:
        came_s = self._came_s
        came_s.append(now_s)
        return len(came_s) == HURRIED_COMMITS and now_s - came_s[0] < HURRIED_SECONDS

    def _is_journaled(self, parcels: bytes) -> bool:
        try:
            return self._journal.append(parcels)
        except OSError as error:
            log.error(
                "the journal %s cannot be written: %s; for a while, every commit goes to the ledger itself",
                self._journal.path,
                error.strerror,
            )
            self._again_at_s = monotonic() + BROKEN_SECONDS
            return False
