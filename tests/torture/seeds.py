"""Planted faults: what a payback would be that does not keep its promises. A case that does not see the one
that is planted for it is no case. Each is a program's text, run before payback's own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seed:
    name: str
    """After "a payback that"."""
    source: str

    def and_(self, other: "Seed | None") -> "Seed":
        return Seed(self.name, self.source + other.source) if other else self


def _in_scribe(name: str, source: str) -> Seed:
    """In the process that writes the ledger."""
    before = "from ledger.scribe import main"
    return Seed(
        name,
        f"from ledger import scribe_process\n"
        f"scribe_process._PROGRAM = scribe_process._PROGRAM.replace({before!r}, {source + before!r})\n",
    )


LATE = Seed(
    "writes its rows down 50 ms after its answers",
    """
import asyncio
from proxy.record import Record

async def written(self, entry):
    asyncio.get_running_loop().call_later(0.05, self._books.writer.post, entry)

Record._written = written
""",
)
BESIDE = Seed(
    "sends answers while their rows are being written",
    """
from proxy.record import Record

async def written(self, entry):
    self._books.writer.post(entry)

Record._written = written
""",
)
TWICE = Seed(
    "writes a row for each time that it tries to",
    """
from msgspec.structs import replace
from ledger.call import State
from proxy.record import Record

once = Record._written

async def written(self, entry):
    if entry.state is State.ENDED:
        again = self._books.ids.at(entry.call.started_us)
        await once(self, replace(entry, call=replace(entry.call, call_id=again)))
    await once(self, entry)

Record._written = written
""",
)
UNOPENED = Seed(
    "writes a row when a call ends, and none when it begins",
    """
from proxy.record import Record

async def opened(self):
    pass

Record.open = opened
""",
)
PASSING = Seed(
    "lets calls pass while they cannot be written down",
    """
from ledger.errors import LedgerUnavailable
from proxy.record import Record

once = Record._written

async def written(self, entry):
    try:
        await once(self, entry)
    except LedgerUnavailable:
        pass

Record._written = written
""",
)
UNSYNCED = _in_scribe(
    "leaves it to the system when the ledger gets to the disk",
    "import ledger.sqlite.connection as c\n"
    "c._WRITER_PRAGMAS = tuple(p.replace('= FULL', '= OFF') for p in c._WRITER_PRAGMAS)\n",
)
SYNCED_AT_TIMES = _in_scribe(
    "syncs the ledger at checkpoints",
    "import ledger.sqlite.connection as c\n"
    "c._WRITER_PRAGMAS = tuple(p.replace('= FULL', '= NORMAL') for p in c._WRITER_PRAGMAS)\n",
)
UNSYNCED_SPOOL = _in_scribe("does not sync its spool", "import os\nos.fsync = lambda file: None\n")
SWALLOWING = _in_scribe(
    "takes an error of the disk for a success",
    """
import sqlite3
from ledger.sqlite.store import SqliteStore
once = SqliteStore.write
def write(self, entries, meanwhile=None):
    try:
        once(self, entries, meanwhile)
    except sqlite3.OperationalError:
        pass
SqliteStore.write = write
""",
)
FORGETFUL = _in_scribe(
    "keeps in its memory what it says is in its spool",
    "from ledger.spool import Spool\nSpool.append = lambda self, entries: None\n",
)
BY_THE_CLOCK = Seed(
    "measures durations by the time of day",
    """
from payback.clock import now_us
from proxy.record import Record
Record._now_us = lambda self: now_us()
""",
)
GROWING = Seed(
    "remembers every call",
    """
import os
from proxy.record import Record
kept = []
ended = Record._ended

def remember(self, *told, **more):
    kept.append((bytearray(os.urandom(64 * 1024)), os.open("/dev/null", os.O_RDONLY)))
    return ended(self, *told, **more)

Record._ended = remember
""",
)
HURRIED = _in_scribe(
    "looks every 50 ms whether the ledger can be written again",
    "import ledger.keeper, ledger.scribe\nledger.keeper.RETRY_SECONDS = ledger.scribe.RETRY_SECONDS = 0.05\n",
)
"""No fault: it makes a case with many outages short."""
JOURNALED = _in_scribe(
    "writes every entry into its journal first, as it does in a hurry",
    "import ledger.waiting as w\nw.HURRIED_COMMITS, w.QUIET_SECONDS, w.BROKEN_SECONDS = 1, 0.02, 0.05\n",
)
"""No fault either: otherwise it depends on the machine how much of a case goes through the journal."""
UNSYNCED_JOURNAL = _in_scribe("does not sync its journal", "import os\nos.fdatasync = lambda file: None\n")
EMPTIED = _in_scribe(
    "empties its journal before the ledger has what was in it",
    """
from ledger.waiting import Waiting
once = Waiting.take
def take(self, entries, parcels):
    kept = once(self, entries, parcels)
    self._journal.clear()
    return kept
Waiting.take = take
""",
)
TRUSTING = Seed(
    "does not look at its ledger before it starts",
    "import ledger.sqlite.connection as c\nc._quick_check = lambda *told: None\n",
)
BLIND = _in_scribe(
    "does not look which file has its ledger's name",
    "import ledger.sqlite.store as s\ns._identity_of = lambda path: None\n",
)
