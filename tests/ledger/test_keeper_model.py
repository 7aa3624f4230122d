"""Any sequence of commits, of what joins others on their way into the ledger, of kills, locks and full disks:
a start after any of them finds what was confirmed, once."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.call import Entry, State, interrupted
from ledger.keeper import RESERVE_BYTES, Keeper, start_ledger
from ledger.parcels import Packer
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.store import SqliteStore
from tests.ledger.kept import Model, entries_in, journal_of, keep
from tests.ledger.made_up import lives

NAME = "payback.db"
Batches = list[list[Entry]]


class Killed(BaseException):
    """Ends a process wherever it is."""


class Refusing(Spool):
    """A spool on a disk that may be full."""

    is_full = False

    def append(self, entries: list[Entry]) -> None:  # type: ignore[override]
        if self.is_full:
            raise OSError(28, "No space left on device")
        super().append(entries)


class KeeperMachine(RuleBasedStateMachine):
    """The model is a dict of what was confirmed."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0
        self.patched = ExitStack()
        self.patched.enter_context(patch("ledger.waiting.monotonic", lambda: self.now_s))
        self.patched.enter_context(patch("ledger.waiting.MANY_ENTRIES", 1))
        self.patched.enter_context(patch("ledger.waiting.HURRIED_COMMITS", 2))
        self.patched.enter_context(patch("ledger.sqlite.store._AT_ONCE", 2))
        self.patched.enter_context(patch("ledger.keeper.RETRY_SECONDS", 0.0))
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.reserve = self.folder / "reserve"
        self.reserve.touch()
        os.truncate(self.reserve, RESERVE_BYTES)
        self.prompt: sqlite3.Connection | None = None
        self.model: Model = {}
        self.stories: list[list[Entry]] = []
        self.starts = 0
        self.start()

    def start(self) -> None:
        """A scribe, after one that was killed or at first."""
        self.store = store_in(self.folder)
        self.spool = Refusing(self.folder / "spool")
        self.keeper = Keeper(self.store, self.spool, self.reserve, journal_of(self.store))

    @rule(data=st.data())
    def begin_calls(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(1, 3))):
            self.stories.append(data.draw(lives(len(self.stories))))

    @precondition(lambda self: any(self.stories))
    @rule(data=st.data(), passed_s=st.sampled_from([0.0001, 0.001, 1.0]))
    def commit(self, data: st.DataObject, passed_s: float) -> None:
        self.now_s += passed_s
        self._keep(self._next(data))

    @precondition(lambda self: any(self.stories))
    @rule(data=st.data(), passed_s=st.sampled_from([0.0001, 0.3]), dies=st.sampled_from([0, 0, 0, 1, 2]))
    def carry_over_while_others_come(self, data: st.DataObject, passed_s: float, dies: int) -> None:
        """*dies*: when asked so often, the scribe is killed."""
        self.now_s += passed_s
        coming = self._coming(data)
        held: Batches = []
        asked = 0

        def join() -> None:
            nonlocal asked
            asked += 1
            if asked == dies:
                raise Killed
            if not held and (entries := next(coming, None)):
                if self.keeper.take(entries, Packer().parcel_of(entries)):
                    self._confirmed(entries)
                else:
                    held.append(entries)

        try:
            self.keeper.do_due(join)
        except Killed:
            self._restart()
        for entries in held:
            self._keep(entries)

    @precondition(lambda self: self.prompt is None)  # none starts on a ledger that is locked
    @rule()
    def kill_the_scribe(self) -> None:
        self._restart()

    @precondition(lambda self: self.prompt is None)
    @rule()
    def lock(self) -> None:
        self.prompt = sqlite3.connect(self.folder / NAME, isolation_level=None)
        self.prompt.execute("BEGIN IMMEDIATE")

    @precondition(lambda self: self.prompt is not None)
    @rule()
    def unlock(self) -> None:
        assert self.prompt is not None
        self.prompt.close()
        self.prompt = None

    @rule(is_full=st.booleans())
    def fill_the_disk_of_the_spool(self, is_full: bool) -> None:
        self.spool.is_full = is_full

    @invariant()
    def a_start_finds_what_was_confirmed(self) -> None:
        self.starts += 1
        with TemporaryDirectory() as folder:
            copy = Path(folder)
            for end in ("", "-wal", ".journal"):
                if (self.folder / (NAME + end)).exists():
                    shutil.copy(self.folder / (NAME + end), copy)
            if (self.folder / "spool").exists():
                shutil.copy(self.folder / "spool", copy)
            with closing(store_in(copy)) as store:
                start_ledger(store, Spool(copy / "spool"), journal_of(store))
            with closing(open_sqlite_reader(copy / NAME)) as reader:
                found = entries_in(reader)
                assert reader.disagreements() == []
        ends = [entry if entry.state is State.ENDED else interrupted(entry) for entry in self.model.values()]
        assert found == sorted(ends, key=lambda entry: entry.call.call_id)

    def teardown(self) -> None:
        if self.prompt is not None:
            self.prompt.close()
        self.keeper.close()
        self.patched.close()
        self.temporary.cleanup()

    def _next(self, data: st.DataObject) -> list[Entry]:
        """The next entries of some of the calls under way, each once more where it was not confirmed."""
        live = [story for story in self.stories if story]
        chosen = data.draw(st.lists(st.sampled_from(live), min_size=1, max_size=20, unique_by=id))
        return [story[0] for story in chosen]

    def _coming(self, data: st.DataObject) -> Iterator[list[Entry]]:
        while any(self.stories):
            yield self._next(data)

    def _keep(self, entries: list[Entry]) -> None:
        if self.keeper.keep(entries, Packer().parcel_of(entries)) is None:
            self._confirmed(entries)

    def _confirmed(self, entries: list[Entry]) -> None:
        keep(self.model, entries)
        for story in self.stories:
            if story and story[0] in entries:
                story.pop(0)

    def _restart(self) -> None:
        """Nothing of what the other had in its memory is left."""
        self.store.close()
        is_full = self.spool.is_full
        self.start()
        self.spool.is_full = is_full


def store_in(folder: Path) -> SqliteStore:
    store = SqliteStore(folder / NAME)
    store._connection.execute("PRAGMA busy_timeout = 0")
    return store


TestKeeperMachine = KeeperMachine.TestCase
TestKeeperMachine.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
