"""The journal: what append returned for is there after any end of the process, and nothing else is."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.aside import aside_of
from ledger.call import Entry
from ledger.errors import LedgerError
from ledger.journal import MOST_ATTEMPTS, SIZE_BYTES, Journal, has_records, journal_path
from ledger.parcels import Packer
from tests.ledger.made_up import metered, opened, whole_call

LEDGER = "a" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "payback.db.journal"


def parcel(*entries: Entry) -> bytes:
    return Packer().parcel_of(entries)


def left_at(path: Path) -> list[Entry]:
    """What the next start finds."""
    return Journal(path, LEDGER).left()


def test_what_was_appended_is_left_in_order_for_the_next_start(path: Path) -> None:
    journal = Journal(path, LEDGER)
    assert journal.append(parcel(opened(1), opened(2)))
    assert journal.append(parcel(metered(opened(1))) + parcel(whole_call(2)))
    assert left_at(path) == [opened(1), opened(2), metered(opened(1)), whole_call(2)]


def test_nothing_is_left_of_what_was_carried_over_and_the_file_is_for_its_owner_alone(path: Path) -> None:
    journal = Journal(path, LEDGER)
    journal.append(parcel(opened(1)))
    assert has_records(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    journal.clear()
    assert left_at(path) == []
    assert not has_records(path)
    journal.append(parcel(opened(2)))
    assert left_at(path) == [opened(2)]
    journal.remove()
    assert not path.exists()


def test_records_of_an_earlier_round_are_not_taken_for_more_of_this_one(path: Path) -> None:
    """Records of one size: the second of the round before follows the first of this one on the byte."""
    journal = Journal(path, LEDGER)
    for number in (1, 2, 3):
        journal.append(parcel(opened(number)))
    journal.clear()
    journal.append(parcel(opened(4)))
    assert left_at(path) == [opened(4)]


def test_a_round_that_a_power_cut_brings_back_is_read_again(path: Path) -> None:
    """clear leaves it to the system when its mark gets to the disk: the ledger has all of that round."""
    journal = Journal(path, LEDGER)
    journal.append(parcel(opened(1)))
    before = path.read_bytes()
    journal.clear()
    path.write_bytes(before)
    assert left_at(path) == [opened(1)]


def test_what_fits_in_no_more_is_refused_and_what_was_there_stays(path: Path) -> None:
    journal = Journal(path, LEDGER)
    large = parcel(*map(opened, range(500)))
    taken = 0
    while journal.append(large):
        taken += 500
    assert 0 < taken < SIZE_BYTES // 100
    assert path.stat().st_size == SIZE_BYTES
    assert len(left_at(path)) == taken
    assert not Journal(path, LEDGER).append(bytes(SIZE_BYTES))


def test_each_append_is_synced_before_it_returns_and_so_is_the_name_of_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(
            f"os.{name}", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink()))
        )
    journal = Journal(path, LEDGER)
    for wanted in ([str(path), str(path.parent), str(path)], [str(path)]):
        journal.append(parcel(opened(1)))
        assert synced == wanted
        synced.clear()


@settings(max_examples=40)
@given(where=st.integers(0, 4000), cut=st.booleans())
def test_wherever_a_record_is_torn_those_before_it_are_left_and_it_is_none(
    tmp_path_factory: pytest.TempPathFactory, where: int, cut: bool
) -> None:
    path = tmp_path_factory.mktemp("torn") / "journal"
    journal = Journal(path, LEDGER)
    whole = [[opened(1)], [metered(opened(1)), opened(2)], [whole_call(3)]]
    ends = [4096]
    for entries in whole:
        record = parcel(*entries)
        journal.append(record)
        ends.append(ends[-1] + 16 + len(record))
    torn = 4096 + where % (ends[-1] - 4096)
    content = bytearray(path.read_bytes())
    content[torn:] = bytes(0 if cut else byte ^ 0x55 for byte in content[torn:])
    path.write_bytes(content)
    untouched = [entries for entries, end in zip(whole, ends[1:], strict=True) if end <= torn]
    found = left_at(path)
    assert found[: sum(map(len, untouched))] == [entry for entries in untouched for entry in entries]
    assert is_start_of(found, [entry for entries in whole for entry in entries])


def is_start_of(found: Sequence[Entry], whole: Sequence[Entry]) -> bool:
    return list(found) == list(whole[: len(found)])


def test_another_ledgers_journal_is_not_taken_over(path: Path) -> None:
    Journal(path, "b" * 32).append(parcel(opened(1)))
    with pytest.raises(LedgerError, match=r"are another ledger's; start payback with that one first"):
        left_at(path)
    assert Journal(path, None).left() == [opened(1)]


@pytest.mark.parametrize("content", [b"", b"\0" * SIZE_BYTES, b'{"jour'])
def test_a_file_that_was_never_whole_has_no_records(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert left_at(path) == []


def test_a_journal_that_cannot_be_read_is_named(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LedgerError, match=r"cannot read the journal .*: it is no file; move it"):
        left_at(path)


@pytest.mark.parametrize("content", [b"no journal", b'{"ledger":"a"}\n{"call":{}}\n', b"no journal" * 9000])
def test_a_file_of_others_is_not_taken_for_a_journal(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="is not a journal; take it away"):
        left_at(path)
    assert path.read_bytes() == content


def test_nothing_is_written_through_a_link_and_nothing_waits_for_a_pipe(path: Path, tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    aim.write_bytes(b"of others")
    path.symlink_to(aim)
    with pytest.raises(OSError, match="symbolic links"):
        Journal(path, LEDGER).append(parcel(opened(1)))
    assert aim.read_bytes() == b"of others"
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert has_records(path)
    with pytest.raises(LedgerError, match="it is no file"):
        left_at(path)


def test_a_journal_that_was_removed_or_cut_short_keeps_nothing_that_is_said_to_be_kept(path: Path) -> None:
    for is_removed in (True, False):
        journal = Journal(path, LEDGER)
        journal.append(parcel(opened(1)))
        if is_removed:
            path.unlink()
        else:
            os.truncate(path, 0)
        with pytest.raises(OSError, match="it was removed"):
            journal.append(parcel(opened(2)))
        assert journal.append(parcel(opened(3)))
        assert left_at(path) == [opened(3)]
        journal.remove()


def test_a_disk_without_room_for_a_journal_keeps_no_part_of_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.pwrite", lambda file, data, at: os.write(file, data[:100]))
    with pytest.raises(OSError, match="No space left"):
        Journal(path, LEDGER).append(parcel(opened(1)))
    assert not path.exists()


def test_what_has_ended_several_processes_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Journal(path, LEDGER).append(parcel(opened(1), opened(2)))
    for _ in range(MOST_ATTEMPTS):
        assert Journal(path, LEDGER).take_left() == [opened(1), opened(2)]
    assert Journal(path, LEDGER).take_left() == []
    assert not path.exists()
    assert aside_of(path).read_bytes() == parcel(opened(1), opened(2))
    assert "whoever takes over the journal" in caplog.text


def test_who_could_not_carry_it_over_and_lives_is_no_attempt(path: Path) -> None:
    Journal(path, LEDGER).append(parcel(opened(1)))
    for _ in range(MOST_ATTEMPTS + 1):
        journal = Journal(path, LEDGER)
        assert journal.take_left() == [opened(1)]
        journal.survived()


def test_who_only_looks_is_no_attempt(path: Path) -> None:
    Journal(path, LEDGER).append(parcel(opened(1)))
    for _ in range(MOST_ATTEMPTS + 1):
        assert left_at(path) == [opened(1)]


def test_what_another_process_left_is_gone_once_it_is_cleared(path: Path) -> None:
    Journal(path, LEDGER).append(parcel(opened(1)))
    after = Journal(path, LEDGER)
    assert after.take_left() == [opened(1)]
    after.clear()
    assert not path.exists()


def test_a_record_of_another_version_is_kept_aside_and_the_others_are_read(path: Path) -> None:
    journal = Journal(path, LEDGER)
    strange = b"\x00\x00\x00\x01\xc1"
    for record in (parcel(opened(1)), strange, parcel(opened(2))):
        journal.append(record)
    assert left_at(path) == [opened(1), opened(2)]
    assert aside_of(path).read_bytes() == strange
    assert stat.S_IMODE(aside_of(path).stat().st_mode) == 0o600


def test_what_the_ledger_refuses_in_every_form_can_be_read_again(path: Path) -> None:
    journal = Journal(path, LEDGER)
    journal.set_aside([])
    assert not aside_of(path).exists()
    journal.set_aside([opened(1), opened(2)])
    assert aside_of(path).read_bytes() == parcel(opened(1), opened(2))


def test_a_disk_that_refuses_leaves_what_was_confirmed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path, LEDGER)
    journal.append(parcel(opened(1)))

    def refused(_file: int) -> None:
        raise OSError(5, os.strerror(5))

    with monkeypatch.context() as broken:
        broken.setattr("os.fdatasync", refused)
        with pytest.raises(OSError, match="Input/output"):
            journal.append(parcel(opened(2)))
    assert left_at(path)[0] == opened(1)
    journal.append(parcel(opened(3)))
    assert left_at(path) == [opened(1), opened(3)]


def test_the_journal_lies_beside_its_ledger(tmp_path: Path) -> None:
    assert journal_path(tmp_path / "books.db") == tmp_path / "books.db.journal"
    assert not has_records(tmp_path / "books.db.journal")


def test_a_ledger_has_one_journal_whatever_link_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "books.db")
    assert journal_path(tmp_path / "link.db") == tmp_path / "books.db.journal"


def test_a_disk_that_refuses_the_mark_of_an_empty_journal_stops_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read again then counts once."""
    journal = Journal(path, LEDGER)
    journal.append(parcel(opened(1)))

    def refused(_file: int, _data: bytes, _at: int) -> int:
        raise OSError(5, os.strerror(5))

    with monkeypatch.context() as broken:
        broken.setattr("os.pwrite", refused)
        journal.clear()
    assert left_at(path) == [opened(1)]
    journal.append(parcel(opened(2)))
    assert left_at(path) == [opened(2)]


def test_a_disk_that_refuses_a_note_keeps_no_file_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal(path, LEDGER).append(parcel(opened(1)))

    def refused(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.pwrite", refused)
    before = len([*Path("/proc/self/fd").iterdir()])
    assert Journal(path, LEDGER).take_left() == [opened(1)]
    assert len([*Path("/proc/self/fd").iterdir()]) == before
