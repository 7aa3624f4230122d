"""The ledger's file is not what it was: damaged, cut, somebody else's, moved away under a running payback.
A start on it is refused with one sentence and changes nothing; a running payback writes nowhere else."""

import asyncio
import errno
import random
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

from ledger.journal import Journal, journal_path
from ledger.parcels import Packer
from ledger.spool import Spool
from tests.proxy.client import call
from tests.proxy.running import toml_of
from tests.proxy.upstream import Upstream
from tests.torture.case import Case, Findings, Trial
from tests.torture.cases.outage import READY, RECOVERY_S
from tests.torture.disk import NOT_WRITABLE, READ_ONLY, disk_of
from tests.torture.histories import Histories, Kind, compared
from tests.torture.load import Load, make_call, upstream_for
from tests.torture.seeds import BLIND, TRUSTING
from tests.torture.server import Server, program, refusal, rows_of, sums_that_are_wrong, take_over
from tests.torture.stage import judge, staged

CALLS = 30
PAGE_BYTES = 4096
PATIENCE_S = 10.0
NOISE = random.Random("damage").randbytes(PAGE_BYTES)


def _header(ledger: Path) -> None:
    _write_over(ledger, 0, NOISE[:100])


def _middle(ledger: Path) -> None:
    pages = ledger.stat().st_size // PAGE_BYTES
    for page in range(2, pages):
        _write_over(ledger, page * PAGE_BYTES, NOISE[:64])


def _prices(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'price'").fetchone()
    _write_over(ledger, (page - 1) * PAGE_BYTES, NOISE[:64])


def _cut_short(ledger: Path) -> None:
    with ledger.open("r+b") as file:
        file.truncate(ledger.stat().st_size // 2)


def _text(ledger: Path) -> None:
    ledger.write_text("Minutes of the meeting of October 5th\n" * 100)


def _of_others(ledger: Path) -> None:
    ledger.unlink()
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")


def _spool_of_others(ledger: Path) -> None:
    ledger.with_name("payback.db.spool").write_text("Minutes of the meeting of October 5th\n")


def _journal_of_others(ledger: Path) -> None:
    Journal(journal_path(ledger), "0" * 32).append(Packer().parcel_of(rows_of(ledger)))


AT_REST: dict[str, tuple[Callable[[Path], None], str]] = {
    "its header is noise": (_header, "is not a ledger"),
    "its pages are noise": (_middle, "is damaged"),
    "half of it is gone": (_cut_short, "is damaged"),
    "it is a text": (_text, "is not a ledger"),
    "it is a database of others": (_of_others, "is another program's database"),
    "a page is noise that no start needs": (_prices, "is damaged"),
    "its spool is a text": (_spool_of_others, "is not a spool"),
    "its journal is another ledger's": (_journal_of_others, "are another ledger's"),
}


async def at_rest(trial: Trial) -> Findings:
    findings, histories = Findings(), Histories()
    async with upstream_for(histories) as upstream:
        whole = trial.folder / "whole"
        async with program(whole, toml_of(upstream)) as server:
            for _ in range(CALLS):
                await make_call(server.port, histories.next(Kind.STREAM))
        take_over(server.ledger)
        at_once = asyncio.Semaphore(2)
        async with asyncio.TaskGroup() as starts:
            for name in AT_REST:
                starts.create_task(_refused(name, whole, upstream, trial, findings, at_once))
        await _refused_by_the_disk(whole, upstream, findings)
    findings.demand(
        "the whole ledger is not whole", holds=not compared(histories, rows_of(server.ledger)).faults
    )
    return findings


async def _refused(
    name: str,
    whole: Path,
    upstream: Upstream,
    trial: Trial,
    findings: Findings,
    at_once: asyncio.Semaphore,
) -> None:
    damage, expected = AT_REST[name]
    folder = whole.with_name(name)
    shutil.copytree(whole, folder)
    damage(folder / "payback.db")
    before = _contents(folder)
    async with at_once:
        said = await refusal(folder, toml_of(upstream), seed=trial.seed)
    findings.count("starts refused", bool(said))
    findings.demand(f"{name}: said {said!r}", holds=_is_one_sentence(said) and expected in said)
    findings.demand(f"{name}: a start that was refused changed it", holds=_contents(folder) == before)


async def _refused_by_the_disk(folder: Path, upstream: Upstream, findings: Findings) -> None:
    disk = disk_of(folder)
    try:
        for name, error, which in (("read-only", NOT_WRITABLE, READ_ONLY), ("broken", errno.EIO, READ_ONLY)):
            disk.fail(error, which, stays=True)
            said = await refusal(folder, toml_of(upstream), disk)
            findings.count("starts refused", bool(said))
            findings.demand(f"on a disk that is {name}: said {said!r}", holds=_is_one_sentence(said))
    finally:
        disk.close()


def _is_one_sentence(said: str) -> bool:
    return said.startswith("payback: ") and said.count("\n") == 1


def _contents(folder: Path) -> dict[str, bytes]:
    """Of what is the user's: not of the lock, of the memory that SQLite shares through a file, and of a log
    in which nothing is."""
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    return {
        name: content
        for name, content in found.items()
        if not name.endswith((".lock", "-shm")) and (content or not name.endswith("-wal"))
    }


def _write_over(file: Path, at: int, data: bytes) -> None:
    with file.open("r+b") as open_file:
        open_file.seek(at)
        open_file.write(data)


async def log_at_rest(trial: Trial) -> Findings:
    """A byte of the write-ahead log is wrong after a kill: SQLite leaves out what comes from there on, as it
    does after a power cut. What is left is whole, and payback starts with it."""
    findings, histories = Findings(), Histories()
    folder = trial.folder / "log"
    async with upstream_for(histories) as upstream, program(folder, toml_of(upstream)) as server:
        for _ in range(CALLS):
            await make_call(server.port, histories.next(Kind.STREAM))
    log = folder / "payback.db-wal"
    _write_over(log, 40 * (PAGE_BYTES + 24), NOISE[:1])
    take_over(server.ledger)
    verdict = compared(histories, rows_of(server.ledger))
    findings.count("left out", len(verdict.lost))
    findings.demand("nothing was left out: the log was not read", holds=bool(verdict.lost))
    findings.faults += [*verdict.doubled, *verdict.wrong]
    findings.demand("sums differ from their calls", holds=not sums_that_are_wrong(server.ledger))
    return findings


async def under_way(trial: Trial) -> Findings:
    """The file is moved away, or another one is in its place, and comes back."""
    findings = Findings()
    for number, change in enumerate((_moved_away, _replaced)):
        histories, folder = Histories(), trial.folder / f"under-way-{number}"
        load = Load(histories, random.Random("damage"))
        async with staged(folder, histories, seed=trial.seed) as server:
            load.port = server.port
            async with load.of(2):
                await asyncio.sleep(0.2)
                async with change(server):
                    await asyncio.sleep(0.5)
                findings.most("recovery s", await _ready_s(server))
        judge(findings, histories, server.ledger)
    findings.demand("it took longer to recover", holds=findings.figures["recovery s"] <= RECOVERY_S)
    return findings


@asynccontextmanager
async def _moved_away(server: Server) -> AsyncIterator[None]:
    aside = server.ledger.with_name("aside.db")
    server.ledger.rename(aside)
    yield
    aside.rename(server.ledger)


@asynccontextmanager
async def _replaced(server: Server) -> AsyncIterator[None]:
    other, aside = server.ledger.with_name("other.db"), server.ledger.with_name("aside.db")
    shutil.copy(server.ledger, other)
    server.ledger.rename(aside)
    other.rename(server.ledger)
    yield
    aside.rename(server.ledger)


async def _ready_s(server: Server) -> float:
    started_s = time.monotonic()
    while time.monotonic() - started_s < PATIENCE_S:
        if (await call(server.port, READY)).status == 200:
            break
        await asyncio.sleep(0.02)
    return time.monotonic() - started_s


async def gone_under_way(trial: Trial) -> Findings:
    """The file is removed, or somebody writes noise over it and the process that writes it starts anew: from
    then on calls are in the spool, and the next start says what is wrong."""
    findings = Findings()
    for name, (lose, expected) in GONE.items():
        histories, folder = Histories(), trial.folder / name
        async with upstream_for(histories) as upstream:
            async with program(folder, toml_of(upstream), seed=trial.seed) as server:
                await make_call(server.port, histories.next(Kind.STREAM))
                await lose(server)
                for _ in range(CALLS):
                    await make_call(server.port, histories.next(Kind.STREAM))
            waiting = {int(e.call.who.user or 0) for e in Spool(folder / "payback.db.spool").entries()}
            said = await refusal(folder, toml_of(upstream))
        answered = {asked.number for asked in histories.answered} - {1}
        findings.count("answered", len(answered))
        findings.count("lost", len(answered - waiting))
        findings.demand(f"{name}: calls are not in the spool", holds=answered <= waiting)
        findings.demand(f"{name}: no call went on", holds=len(answered) > CALLS // 2)
        findings.demand(f"{name}: a start said {said!r}", holds=_is_one_sentence(said) and expected in said)
    return findings


async def _removed(server: Server) -> None:
    for end in ("", "-wal", "-shm"):
        server.ledger.with_name(f"payback.db{end}").unlink()


async def _drowned(server: Server) -> None:
    for file, start in ((server.ledger, PAGE_BYTES), (server.ledger.with_name("payback.db-wal"), 0)):
        for at in range(start, file.stat().st_size, PAGE_BYTES):
            _write_over(file, at, NOISE)
    server.kill(*server.scribes())


GONE = {"removed": (_removed, "are another ledger's"), "drowned in noise": (_drowned, "is damaged")}
CASES = (
    Case("damaged at rest", at_rest, (TRUSTING,)),
    Case("log damaged at rest", log_at_rest, ()),
    Case("away for a while", under_way, ()),
    Case("gone for good", gone_under_way, (BLIND,)),
)
