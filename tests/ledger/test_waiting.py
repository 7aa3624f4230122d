"""What waits for the ledger: only what comes too fast for it, and never for long."""

from itertools import count
from pathlib import Path

import pytest

from ledger import waiting
from ledger.journal import Journal
from ledger.parcels import Packer
from ledger.waiting import (
    BROKEN_SECONDS,
    HURRIED_COMMITS,
    LONGEST_SECONDS,
    MANY_ENTRIES,
    MOST_ENTRIES,
    QUIET_SECONDS,
    ROUND_SECONDS,
    Waiting,
)
from tests.ledger.made_up import opened

LEDGER = "a" * 32
PARCEL = Packer().parcel_of([opened(1)])


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(waiting, "monotonic", found)
    return found


@pytest.fixture
def here(tmp_path: Path) -> Waiting:
    return Waiting(Journal(tmp_path / "journal", LEDGER))


def hurry(here: Waiting, clock: Clock, apart_s: float = 0.001) -> None:
    for _ in range(HURRIED_COMMITS):
        clock.now_s += apart_s
        here.take([opened(1)], PARCEL)


def test_what_comes_slowly_goes_to_the_ledger_itself(here: Waiting, clock: Clock) -> None:
    for _ in range(4 * HURRIED_COMMITS):
        clock.now_s += 0.003
        assert not here.take([opened(1)], PARCEL)
    assert here.due_s is None


def test_what_comes_fast_waits_and_what_comes_after_a_pause_does_not(here: Waiting, clock: Clock) -> None:
    hurry(here, clock)
    assert here.take([opened(2)], PARCEL)
    here.handed_out()
    here.carried()
    clock.now_s += 1
    assert not here.take([opened(3)], PARCEL)


def test_it_waits_until_nothing_comes_and_never_longer_than_a_moment(here: Waiting, clock: Clock) -> None:
    hurry(here, clock)
    assert here.due_s == pytest.approx(QUIET_SECONDS)
    for number in count(1):
        clock.now_s += 0.001
        if here.due_s == 0:
            break
        here.take([opened(number)], PARCEL)
    assert number * 0.001 == pytest.approx(LONGEST_SECONDS, abs=0.0011)


def test_many_are_carried_over_at_once(here: Waiting, clock: Clock) -> None:
    hurry(here, clock)
    here.take([opened(number) for number in range(MOST_ENTRIES)], PARCEL)
    assert here.due_s == 0


def test_a_journal_that_cannot_be_written_is_said_once_and_tried_again_after_a_while(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "no folder"
    here = Waiting(Journal(folder / "journal", LEDGER))
    hurry(here, clock)
    assert not here.take([opened(1)], PARCEL)
    assert not here.entries
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "No such file or directory; for a while, every commit goes to the ledger itself"
    ]
    folder.mkdir()
    clock.now_s += BROKEN_SECONDS - 1
    hurry(here, clock)
    assert not here.entries
    clock.now_s += 1
    hurry(here, clock)
    assert here.entries


def test_what_still_waits_at_the_end_is_left_in_the_journal(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "journal"
    here = Waiting(Journal(path, LEDGER))
    hurry(here, clock)
    here.close()
    assert Journal(path, LEDGER).left() == here.entries != []
    here.handed_out()
    here.carried()
    here.close()
    assert not path.exists()


def test_the_journal_keeps_what_was_handed_out_until_nothing_waits(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "journal"
    here = Waiting(Journal(path, LEDGER))
    hurry(here, clock)
    early = here.handed_out()
    here.take([opened(1)], PARCEL)
    here.carried()
    assert Journal(path, LEDGER).left() == [*early, opened(1)]
    assert here.handed_out() == [opened(1)]
    here.carried()
    assert Journal(path, LEDGER).left() == []


def test_what_could_not_be_carried_over_waits_before_what_came_meanwhile(here: Waiting, clock: Clock) -> None:
    hurry(here, clock)
    early = here.handed_out()
    here.take([opened(2)], PARCEL)
    here.put_back(early)
    assert here.entries == [*early, opened(2)]


def test_more_may_join_many_for_a_while_and_again_once_the_journal_was_empty(
    here: Waiting, clock: Clock
) -> None:
    many = [opened(number) for number in range(MANY_ENTRIES)]
    may_join = [here.may_join]
    hurry(here, clock)
    may_join.append(here.may_join)
    here.take(many, PARCEL)
    may_join.append(here.may_join)
    here.handed_out()
    here.take(many, PARCEL)
    clock.now_s += ROUND_SECONDS
    here.carried()
    may_join.append(here.may_join)
    here.handed_out()
    here.carried()
    hurry(here, clock)
    here.take(many, PARCEL)
    assert [*may_join, here.may_join] == [False, False, True, False, True]


def test_what_another_scribe_left_waits_first(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "journal"
    hurry(Waiting(Journal(path, LEDGER)), clock)
    here = Waiting(Journal(path, LEDGER))
    here.take_left()
    assert set(here.entries) == {opened(1)}
    assert here.due_s == 0
