"""Files of days: what was written is read again, and nothing else ever is."""

import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from payback import day_file
from payback.day_calls import KEPT_COLUMNS, Beside, DayCalls
from payback.day_file import DayFolder, Stamp
from projection.traffic import Billed

DAY = date(2026, 11, 21)
STAMP = Stamp(DAY, "00ff", "01ff", (3, 12, 2**62))


def day_of(rows: int = 3, largest: int = 2**62) -> DayCalls:
    column = np.array([-1, largest, 7][:rows], dtype=np.int64)
    return DayCalls(
        columns={name: column + place for place, name in enumerate(KEPT_COLUMNS)},
        billings=(Billed(provider=None, models=()), Billed(provider="a", models=("b\x00", "c\n"))),
        workloads=("support \u05e9", "(no workload)"),
        beside=(Beside(self_hosted=2), Beside(other=5)),
    )


def assert_same(found: DayCalls | None, told: DayCalls) -> None:
    assert found is not None
    assert {name: column.tolist() for name, column in found.columns.items()} == {
        name: column.tolist() for name, column in told.columns.items()
    }
    assert (found.billings, found.workloads, found.beside) == (told.billings, told.workloads, told.beside)


@pytest.fixture
def folder(tmp_path: Path) -> DayFolder:
    return DayFolder(tmp_path / "payback.db")


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_what_was_written_is_read_again(folder: DayFolder, rows: int) -> None:
    folder.write(STAMP, day_of(rows))
    assert_same(folder.read(STAMP), day_of(rows))


def test_a_file_is_the_owners_alone_and_so_is_its_folder(folder: DayFolder, tmp_path: Path) -> None:
    folder.write(STAMP, day_of())
    file = tmp_path / "payback.db.columns" / "2026-11-21.day"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_ledger_that_is_linked_to_has_one_folder(tmp_path: Path) -> None:
    (tmp_path / "payback.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "payback.db")
    assert DayFolder(tmp_path / "link.db").path == DayFolder(tmp_path / "payback.db").path


@pytest.mark.parametrize(
    "now",
    [
        replace(STAMP, first_id="00fe"),
        replace(STAMP, last_id="02ff"),
        replace(STAMP, sums=(3, 12, 2**62 - 1)),
        replace(STAMP, sums=(3, 12)),
    ],
)
def test_a_day_that_has_changed_is_not_read(folder: DayFolder, now: Stamp) -> None:
    folder.write(STAMP, day_of())
    assert folder.read(now) is None


def test_a_file_of_another_day_is_not_read(folder: DayFolder) -> None:
    folder.write(STAMP, day_of())
    (folder.path / "2026-11-21.day").rename(folder.path / "2026-11-22.day")
    assert folder.read(replace(STAMP, day=date(2026, 11, 22))) is None


@given(st.data())
def test_a_damaged_file_is_never_read(data: st.DataObject) -> None:
    """A byte that is another one, a part that is missing, bytes that are too many."""
    whole = day_file._written(STAMP, day_of())
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[place] ^ data.draw(st.integers(1, 255))
    torn = [
        whole[:place] + bytes([changed]) + whole[place + 1 :],
        whole[:place],
        whole + whole[: place + 1],
    ]
    assert [day_file._read(one, STAMP) for one in torn] == [None, None, None]


def forged(change: Callable[[day_file._Head], None]) -> bytes:
    """A file whose checksum is right and whose head is not."""
    whole = day_file._written(STAMP, day_of())
    start = len(day_file.FORMAT) + 8
    head, _, columns = whole[start:].partition(b"\n")
    told = msgspec.json.decode(head, type=day_file._Head)
    change(told)
    rest = msgspec.json.encode(told) + b"\n" + columns
    return day_file.FORMAT + day_file._checksum(rest) + rest


@pytest.mark.parametrize(
    "change",
    [
        lambda head: setattr(head, "rows", 10**15),
        lambda head: setattr(head, "rows", 1 << 63),
        lambda head: setattr(head, "rows", -1),
        lambda head: setattr(head, "types", head.types[1:]),
        lambda head: setattr(head, "types", ["|O", *head.types[1:]]),
    ],
)
def test_a_head_that_promises_what_is_not_there_is_as_good_as_no_file(
    change: Callable[[day_file._Head], None],
) -> None:
    assert day_file._read(forged(change), STAMP) is None


def test_a_head_that_is_nested_without_end_is_as_good_as_no_file() -> None:
    rest = b'{"odd":' + b"[" * 100_000 + b"\n"
    assert day_file._read(day_file.FORMAT + day_file._checksum(rest) + rest, STAMP) is None


@pytest.mark.parametrize("written", [b"", b"payback day 0\n", b"SQLite format 3\x00" * 99])
def test_a_foreign_file_is_as_good_as_none_and_gives_way(folder: DayFolder, written: bytes) -> None:
    folder.path.mkdir()
    (folder.path / "2026-11-21.day").write_bytes(written)
    assert folder.read(STAMP) is None
    folder.write(STAMP, day_of())
    assert_same(folder.read(STAMP), day_of())


def test_nothing_is_written_through_a_link(folder: DayFolder, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder.path.mkdir()
    (folder.path / "2026-11-21.day").symlink_to(precious)
    folder.write(STAMP, day_of())
    assert precious.read_text() == "mine"
    assert_same(folder.read(STAMP), day_of())


def test_where_there_can_be_no_folder_there_is_no_file_and_no_error(tmp_path: Path) -> None:
    """Root may write anywhere; a file in the folder's place stops everybody."""
    (tmp_path / "payback.db.columns").write_text("a file")
    folder = DayFolder(tmp_path / "payback.db")
    folder.write(STAMP, day_of())
    folder.forget(DAY)
    assert folder.read(STAMP) is None


def test_a_day_that_is_forgotten_is_gone(folder: DayFolder) -> None:
    folder.write(STAMP, day_of())
    folder.forget(DAY)
    assert list(folder.path.iterdir()) == []


def test_small_numbers_take_little_room(folder: DayFolder) -> None:
    """Eight bytes for each count of a million calls would be read for nothing."""
    small = DayCalls(
        columns={name: np.full(10_000, 99, dtype=np.int64) for name in KEPT_COLUMNS},
        billings=(), workloads=(), beside=(),
    )  # fmt: skip
    folder.write(STAMP, small)
    (file,) = folder.path.iterdir()
    assert file.stat().st_size < 10_000 * len(KEPT_COLUMNS) + 1000
