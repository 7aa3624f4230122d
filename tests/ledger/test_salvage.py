"""What can be read of a damaged ledger becomes a new one: no call doubled, none invented, sums that agree."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from ledger.call import Entry
from ledger.errors import BackupRefused
from ledger.ids import us_of_call_id
from ledger.journal import Journal, journal_path
from ledger.parcels import Packer
from ledger.spool import Spool
from ledger.sqlite.reader import open_sqlite_reader
from ledger.sqlite.salvage import UNREADABLE, Salvaged, salvage
from ledger.sqlite.store import open_store
from tests.payback.books import entry_at, keep

PAGE_BYTES = 4096
CALLS = 600
ENTRIES = [entry_at(f"2026-11-22T11:{number // 60:02d}:{number % 60:02d}", number) for number in range(CALLS)]
JOURNALED = [*ENTRIES[3:6], *(entry_at(f"2026-11-22T12:01:{number:02d}", number) for number in range(4))]
WAITING = [*ENTRIES[:3], *(entry_at(f"2026-11-22T12:00:{number:02d}", number) for number in range(5))]
BY_ID = {entry.call.call_id: entry for entry in [*ENTRIES, *WAITING, *JOURNALED]}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    ledger = keep(tmp_path / "payback.db", *ENTRIES)
    with closing(open_store(ledger)) as store:
        Spool(spool_of(ledger), store.identity()).append(WAITING)
        Journal(journal_path(ledger), store.identity()).append(Packer().parcel_of(JOURNALED))
    return ledger


def spool_of(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.spool")


def pages_of(ledger: Path, table: str, kind: str = "leaf") -> list[int]:
    """Counted from 1, as SQLite does."""
    with closing(sqlite3.connect(ledger)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    data = ledger.read_bytes()
    if kind == "root":
        return [root]
    start = (root - 1) * PAGE_BYTES
    cells = int.from_bytes(data[start + 3 : start + 5])
    pointers = [int.from_bytes(data[start + 12 + 2 * n : start + 14 + 2 * n]) for n in range(cells)]
    return [int.from_bytes(data[start + pointer : start + pointer + 4]) for pointer in pointers]


def break_pages(ledger: Path, *pages: int) -> bytes:
    data = bytearray(ledger.read_bytes())
    for page in pages:
        data[(page - 1) * PAGE_BYTES : page * PAGE_BYTES] = b"\xde\xad" * (PAGE_BYTES // 2)
    ledger.write_bytes(data)
    return bytes(data)


def rows(ledger: Path) -> list[Entry]:
    with closing(open_sqlite_reader(ledger)) as reader:
        assert reader.disagreements() == []
        return reader.last_calls(10_000)


def recovered(ledger: Path) -> tuple[Path, Salvaged]:
    copy = ledger.with_name("recovered.db")
    copied, salvaged = salvage(ledger, spool_of(ledger), copy)
    assert copied.disagreements == 0
    return copy, salvaged


@pytest.mark.parametrize("broken", [[0], [3], [-1], [1, 5, 6]], ids=["first", "middle", "last", "several"])
def test_calls_beside_broken_pages_are_all_there_and_those_that_waited_too(
    broken: list[int], ledger: Path
) -> None:
    leaves = pages_of(ledger, "call")
    before = break_pages(ledger, *(leaves[number] for number in broken))
    copy, salvaged = recovered(ledger)
    found = rows(copy)
    assert CALLS * 0.8 < salvaged.calls < CALLS
    assert {entry.call.call_id: entry for entry in found} == {
        entry.call.call_id: BY_ID[entry.call.call_id] for entry in found
    }
    waiting = {entry.call.call_id for entry in (*WAITING, *JOURNALED)}
    assert waiting <= {entry.call.call_id for entry in found}
    assert ledger.read_bytes() == before
    assert Spool(spool_of(ledger)).waiting == len(WAITING)
    assert Journal(journal_path(ledger), None).left() == JOURNALED


def test_between_which_times_calls_are_lost_is_told(ledger: Path) -> None:
    break_pages(ledger, pages_of(ledger, "call")[3])
    copy, salvaged = recovered(ledger)
    ((since_us, until_us),) = salvaged.gaps
    assert since_us is not None
    assert until_us is not None
    lost = set(BY_ID) - {entry.call.call_id for entry in rows(copy)}
    assert lost
    assert all(since_us <= us_of_call_id(call_id) <= until_us for call_id in lost)
    assert until_us - since_us < 60_000_000, "a page has some 30 calls, one a second"


def test_a_spool_that_goes_with_the_new_ledger_counts_nothing_twice(ledger: Path) -> None:
    break_pages(ledger, pages_of(ledger, "call")[3])
    copy, _ = recovered(ledger)
    found = len(rows(copy))
    spool_of(ledger).rename(spool_of(copy))
    keep(copy)
    assert len(rows(copy)) == found
    assert Spool(spool_of(copy)).waiting == 0


@pytest.mark.parametrize("table", ["label", "price", "setting", "rollup_hour", "batch_item"])
def test_calls_are_kept_with_their_cost_whatever_else_is_broken(table: str, ledger: Path) -> None:
    break_pages(ledger, *pages_of(ledger, table, "root"))
    copy, salvaged = recovered(ledger)
    found = rows(copy)
    assert (salvaged.calls, salvaged.gaps, salvaged.unreadable) == (CALLS, [], 0)
    assert {entry.list_cost for entry in found} == {4_500_000}
    upstreams = {entry.call.upstream for entry in found}
    assert upstreams == ({UNREADABLE, "acme"} if table == "label" else {"acme"})
    assert len(found) == len(BY_ID)


def test_an_entry_of_the_journal_that_does_not_fit_keeps_what_fits(ledger: Path) -> None:
    late = entry_at("2026-11-22T12:02:00", 1)
    odd = replace(late, call=replace(late.call, ended_us=2**63 + 5))
    with closing(open_store(ledger)) as store:
        Journal(journal_path(ledger), store.identity()).append(Packer().parcel_of([odd]))
    copy, _ = recovered(ledger)
    assert late.call.call_id in {entry.call.call_id for entry in rows(copy)}


def test_a_batchs_result_that_was_told_again_and_waits_is_counted_once(ledger: Path) -> None:
    first, again = (
        replace(entry_at(f"2026-11-22T13:00:0{number}", number), item_key=bytes(32)) for number in (1, 2)
    )
    with closing(open_store(ledger)) as store:
        store.write([first])
        Spool(spool_of(ledger), store.identity()).append([again])
        Journal(journal_path(ledger), store.identity()).append(Packer().parcel_of([again]))
    copy, _ = recovered(ledger)
    ids = [entry.call.call_id for entry in rows(copy)]
    assert (first.call.call_id in ids, again.call.call_id in ids) == (True, False)


def test_a_ledger_that_is_sound_is_copied_whole_with_its_secret(ledger: Path) -> None:
    copy, salvaged = recovered(ledger)
    assert (salvaged.calls, salvaged.gaps, salvaged.spooled) == (CALLS, [], len(WAITING))
    assert salvaged.journaled == len(JOURNALED)
    assert {entry.call.call_id for entry in rows(copy)} == set(BY_ID)
    with closing(open_store(copy)) as new, closing(open_store(ledger)) as old:
        assert new.key_secret() == old.key_secret()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in copy.parent.glob("*recovered*.part*")] == []


@pytest.mark.parametrize("change", [lambda data: data[:100], lambda data: os.urandom(len(data))])
def test_where_nothing_can_be_read_there_is_no_new_ledger(
    change: Callable[[bytes], bytes], ledger: Path
) -> None:
    ledger.write_bytes(change(ledger.read_bytes()))
    with pytest.raises(Exception, match=r"not a ledger|can be read"):
        recovered(ledger)
    assert not ledger.with_name("recovered.db").exists()


def test_a_spool_of_another_ledger_is_not_taken_over(ledger: Path, tmp_path: Path) -> None:
    spool_of(ledger).unlink()
    Spool(spool_of(ledger), "another").append(WAITING)
    with pytest.raises(Exception, match="another ledger's"):
        recovered(ledger)


def test_what_is_there_is_not_written_over(ledger: Path) -> None:
    ledger.with_name("recovered.db").write_text("mine")
    with pytest.raises(BackupRefused, match="there already"):
        recovered(ledger)
