"""What a page that is kept up to date is told of a ledger that goes on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.call import Entry, State
from ledger.lock import LedgerLock
from ledger.period import us_of
from ledger.sqlite.reader import open_sqlite_reader
from tests.web.sample import NOW, entry_at, write_ledger
from web.calls.watch import AT_ONCE, Watch

NOW_US = us_of(NOW.date()) + 50_000_000_000
SECOND_US = 1_000_000


def under_way(seconds: float, number: int = 0) -> Entry:
    started_us = NOW_US + int(seconds * SECOND_US)
    return entry_at(started_us, number, outcome=None, http_status=None, state=State.OPEN, pricing=None)


def ended(seconds: float, number: int = 0) -> Entry:
    return entry_at(NOW_US + int(seconds * SECOND_US), number)


class Looking:
    """A ledger that a process writes, and one who looks at it."""

    def __init__(self, path: Path) -> None:
        self.path = write_ledger(path, [])
        self._watch = Watch()

    def write(self, *entries: Entry) -> None:
        write_ledger(self.path, entries)

    def sees(self, seconds: float) -> list[Entry]:
        """At so many seconds after NOW."""
        with closing(open_sqlite_reader(self.path)) as reader, reader.snapshot():
            return self._watch.look(reader, NOW_US + int(seconds * SECOND_US))


@pytest.fixture
def looking(tmp_path: Path) -> Iterator[Looking]:
    found = Looking(tmp_path / "payback.db")
    lock = LedgerLock(found.path)
    yield found
    lock.release()


def test_a_call_is_told_of_when_it_begins_and_when_it_ends_and_not_in_between(looking: Looking) -> None:
    assert looking.sees(0) == []
    looking.write(under_way(0.5))
    assert looking.sees(1) == [under_way(0.5)]
    assert looking.sees(2) == []
    looking.write(ended(0.5))
    assert looking.sees(3) == [ended(0.5)]
    assert looking.sees(4) == []


def test_a_long_call_is_not_forgotten_while_others_come_and_go(looking: Looking) -> None:
    looking.write(under_way(0))
    looking.sees(1)
    for second in range(1, 30):
        looking.write(ended(second))
        assert looking.sees(second + 1) == [ended(second)]
    looking.write(ended(0))
    assert looking.sees(31) == [ended(0)]


def test_what_was_under_way_before_anybody_looked_is_told_of_when_it_ends(looking: Looking) -> None:
    looking.write(under_way(-3600))
    assert looking.sees(0) == [under_way(-3600)]
    looking.write(ended(-3600))
    assert looking.sees(1) == [ended(-3600)]


def test_a_call_that_was_kept_later_than_one_that_began_after_it_is_not_missed(looking: Looking) -> None:
    looking.sees(0)
    looking.write(ended(1.0))
    assert looking.sees(2) == [ended(1.0)]
    looking.write(ended(0.9))
    assert looking.sees(3) == [ended(0.9)]


def test_more_calls_than_there_are_lines_are_the_latest_and_each_look_stays_small(looking: Looking) -> None:
    looking.sees(0)
    looking.write(*(ended(0.5, number) for number in range(3 * AT_ONCE)))
    assert looking.sees(1) == [ended(0.5, number) for number in range(2 * AT_ONCE, 3 * AT_ONCE)]
    assert looking.sees(2) == []


def test_a_call_from_a_clock_that_runs_ahead_hides_no_later_one(looking: Looking) -> None:
    looking.write(ended(86_400))
    assert looking.sees(0) == [ended(86_400)]
    looking.write(ended(1))
    assert looking.sees(2) == [ended(1)]
