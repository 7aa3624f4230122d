"""What is new among the latest calls, which are looked at again and again.

Each look is small, however many calls there are: on a busy ledger it shows the latest, not all."""

from collections.abc import Iterator

from ledger.call import Entry, State
from ledger.ids import CallId, first_call_id_at
from ledger.store import Reader

AT_ONCE = 50
"""Calls that begin, and as many that go on, in one look: as many as the list has lines."""
_OVERLAP_US = 2_000_000
"""A call is kept some milliseconds after it began, and later where the disk is slow."""


class Watch:
    """One thread at a time."""

    def __init__(self) -> None:
        self._known: dict[CallId, State] | None = None
        """Of the calls in the last look, and of those that were under way."""
        self._newest_us = 0

    def look(self, reader: Reader, now_us: int) -> list[Entry]:
        """Calls that began or went on since the last look, the first one first. Blocks.

        The first look is a superset: all that began just now, or is under way."""
        known = self._known or {}
        newest_us = min(self._newest_us or now_us, now_us)
        latest = reader.tail(first_call_id_at(newest_us - _OVERLAP_US), AT_ONCE)
        seen = {entry.call.call_id: entry for entry in latest}
        for entry in reader.unfinished(AT_ONCE) if self._known is None else _again(reader, known, seen):
            seen[entry.call.call_id] = entry
        self._known = {call_id: entry.state for call_id, entry in seen.items()}
        self._newest_us = max([newest_us, *(entry.call.started_us for entry in latest)])
        changed = [entry for call_id, entry in seen.items() if known.get(call_id) is not entry.state]
        return sorted(changed, key=lambda entry: entry.call.call_id)


def _again(reader: Reader, known: dict[CallId, State], seen: dict[CallId, Entry]) -> Iterator[Entry]:
    """What has become of calls that were under way and are not among the latest; the latest of those."""
    going_on = [
        call_id for call_id, state in known.items() if state is not State.ENDED and call_id not in seen
    ]
    for call_id in sorted(going_on, reverse=True)[:AT_ONCE]:
        entry = reader.call(call_id)
        if entry is not None:
            yield entry
