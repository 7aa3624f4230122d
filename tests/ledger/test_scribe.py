"""The scribe at its end of the line: what comes while it carries others over does not wait for them."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from ledger import waiting
from ledger.call import Entry
from ledger.journal import Journal, has_records, journal_path
from ledger.keeper import Keeper
from ledger.parcels import Packer, Reply, Unpacker
from ledger.scribe import Scribe
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore
from ledger.store import Meanwhile
from ledger.waiting import HURRIED_COMMITS
from tests.ledger.kept import MONTH, journal_of
from tests.ledger.made_up import whole_call

CARRIED = range(100, 140)
GARBAGE = b"\0\0\0\4\xc1\xc1\xc1\xc1"


def nothing() -> None:
    pass


class Asked(SqliteStore):
    """A store that does something when it carries over, once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.first: Callable[[], None] | None = None
        self.after_the_first_rows: Callable[[], None] = nothing
        self.has_carried = threading.Event()

    def write(self, entries: Iterable[Entry], meanwhile: Meanwhile | None = None) -> None:
        if meanwhile is None or self.first is None:
            return super().write(entries, meanwhile)
        first, self.first = self.first, None
        first()

        def asked() -> None:
            meanwhile()
            after, self.after_the_first_rows = self.after_the_first_rows, nothing
            after()

        super().write(entries, asked)
        self.has_carried.set()
        return None


class Office:
    """A scribe on a thread of its own, and the writer's end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(60)
        self.store = Asked(path)
        self.fault: Exception | None = None
        journal = journal_of(self.store)
        keeper = Keeper(self.store, Spool(path.with_name("spool")), path.with_name("reserve"), journal)
        self._scribe = Scribe(keeper, theirs)
        self._theirs = theirs
        self.replies = self._received()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert next(self.replies).parcels == 0

    def _run(self) -> None:
        try:
            self._scribe.run()
        except Exception as error:  # noqa: BLE001  # what it is, a test says
            self.fault = error
            self._theirs.close()

    def send(self, *entries: Entry) -> None:
        self.ours.sendall(Packer().parcel_of(entries))

    def _received(self) -> Iterator[Reply]:
        replies = Unpacker(Reply)
        while data := self.ours.recv(1 << 16):
            yield from replies.feed(data)

    def replied(self, parcels: int) -> None:
        """Returns once so many were replied to, each kept."""
        while parcels > 0:
            reply = next(self.replies)
            assert reply.failure is None
            parcels -= reply.parcels
        assert parcels == 0

    def hurry(self) -> None:
        """Parcels by themselves, so that the next ones go to the journal."""
        for number in range(2 * HURRIED_COMMITS):
            self.send(whole_call(1000 + number))
            self.replied(1)

    def carry_over(
        self, first: Callable[[], None], after_the_first_rows: Callable[[], None] = nothing
    ) -> None:
        """Forty calls, 100 to 139. Returns once they are in the ledger."""
        self.hurry()
        self.store.first, self.store.after_the_first_rows = first, after_the_first_rows
        self.send(*map(whole_call, CARRIED))
        assert self.store.has_carried.wait(60)

    def end(self) -> None:
        self.ours.shutdown(socket.SHUT_WR)
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.ours.close()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """On a clock on which a slow machine is no slower."""
    ticks = count(10_000_000)
    monkeypatch.setattr(waiting, "monotonic", lambda: next(ticks) / 10_000)
    monkeypatch.setattr(waiting, "MANY_ENTRIES", len(CARRIED))
    office = Office(tmp_path / "payback.db")
    yield office
    office.ours.close()
    office._thread.join(60)


def send_on_and_on(office: Office) -> None:
    while True:
        office.send(whole_call(1))


def numbers_in(path: Path) -> set[int]:
    """Of the calls that a test is about."""
    with closing(open_sqlite_reader(path)) as reader:
        assert reader.disagreements() == []
        ids = {entry.call.call_id for entry in reader.calls(MONTH)}
    return {number for number in range(200) if whole_call(number).call.call_id in ids}


def test_what_comes_while_others_are_carried_over_is_on_the_disk_and_replied_to_before_they_are(
    office: Office,
) -> None:
    told: list[tuple[bool, set[int]]] = []

    def after_the_first_rows() -> None:
        office.replied(2)  # that of what is being carried over is the first
        left = Journal(journal_path(office.path), None).left()
        told.append((whole_call(2) in left, numbers_in(office.path)))

    office.carry_over(lambda: office.send(whole_call(2)), after_the_first_rows)
    office.end()
    assert told == [(True, set())]
    assert numbers_in(office.path) == {2, *CARRIED}
    assert not has_records(journal_path(office.path))


def test_what_comes_in_halves_meanwhile_is_kept_once_it_is_whole(office: Office) -> None:
    packed = Packer().parcel_of([whole_call(2)])
    office.carry_over(
        lambda: office.ours.sendall(packed[:100]), lambda: office.ours.sendall(packed[100:] + packed[:50])
    )
    office.ours.sendall(packed[50:])
    office.replied(3)
    office.end()
    assert numbers_in(office.path) == {2, *CARRIED}


def test_a_payback_that_does_not_read_its_replies_ends_the_scribe_and_gets_no_half_of_one(
    office: Office,
) -> None:
    """The next one would be taken for another parcel's."""
    office.hurry()
    office._theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    with pytest.raises(BrokenPipeError):
        send_on_and_on(office)
    office._thread.join(60)
    assert isinstance(office.fault, TimeoutError)


def test_what_the_journal_has_no_room_for_is_kept_once_the_others_are_and_what_follows_after_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first() -> None:
        monkeypatch.setattr("ledger.journal.SIZE_BYTES", 0)
        office.send(whole_call(2))

    office.carry_over(first, lambda: office.send(whole_call(3)))
    office.replied(3)
    office.end()
    assert numbers_in(office.path) == {2, 3, *CARRIED}


def test_what_cannot_be_read_ends_the_scribe_and_takes_nothing_that_was_carried_over_with_it(
    office: Office,
) -> None:
    office.carry_over(lambda: office.ours.sendall(GARBAGE))
    office.end()
    assert office.fault is not None
    assert numbers_in(office.path) == {*CARRIED}


def test_what_fails_meanwhile_is_no_fault_of_the_ledger_and_ends_the_scribe_once_that_has_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has not been replied to: the next scribe gets it again."""

    def without_memory(*_: object) -> bool:
        raise MemoryError

    def first() -> None:
        monkeypatch.setattr(Keeper, "take", without_memory)
        office.send(whole_call(2))

    office.carry_over(first)
    office.end()
    assert isinstance(office.fault, MemoryError)
    assert numbers_in(office.path) == {*CARRIED}


def test_a_writer_that_is_gone_while_others_are_carried_over_takes_none_of_them_with_it(
    office: Office,
) -> None:
    office.carry_over(office.ours.close)
    office._thread.join(60)
    assert office.fault is None
    assert numbers_in(office.path) == {*CARRIED}
