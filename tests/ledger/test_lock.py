"""One process writes a ledger; the lock goes with the process, however it ends."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ledger.errors import LedgerError, LedgerInUse
from ledger.lock import LedgerLock, file_system_of, is_held, lock_path, make_private_folder

HOLD = """
import sys, time
from pathlib import Path
from ledger.lock import LedgerLock
lock = LedgerLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def holder_of(ledger: Path) -> "subprocess.Popen[bytes]":
    """Another process that holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(ledger)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_process_is_refused_and_told_who_holds_it_until_that_one_is_killed(tmp_path: Path) -> None:
    ledger = tmp_path / "payback.db"
    with holder_of(ledger) as holder:
        with pytest.raises(LedgerInUse, match=rf"another payback process \(pid {holder.pid}\); end it"):
            LedgerLock(ledger)
        assert is_held(ledger)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    assert not is_held(ledger)
    lock = LedgerLock(ledger)
    assert lock_path(ledger).read_text() == f"{os.getpid()}\n"
    lock.release()


def test_a_full_disk_keeps_nobody_from_a_lock_nor_from_its_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        lock = LedgerLock(tmp_path / "payback.db")
    assert is_held(tmp_path / "payback.db")
    lock.release()
    assert not is_held(tmp_path / "payback.db")


def test_a_lock_can_be_taken_again_after_its_release(tmp_path: Path) -> None:
    for _ in range(2):
        lock = LedgerLock(tmp_path / "payback.db")
        assert is_held(tmp_path / "payback.db")
        lock.release()
        assert not is_held(tmp_path / "payback.db")


def test_a_writer_that_starts_while_somebody_asks_whether_one_is_running_starts(tmp_path: Path) -> None:
    """Whoever asks has the lock for an instant; here for 50 ms."""
    ledger = tmp_path / "payback.db"
    LedgerLock(ledger).release()
    asker = os.open(lock_path(ledger), os.O_RDONLY)
    fcntl.flock(asker, fcntl.LOCK_SH)
    leaving = threading.Timer(0.05, os.close, [asker])
    leaving.start()
    LedgerLock(ledger).release()
    leaving.join()


def test_two_ledgers_in_one_folder_have_two_locks(tmp_path: Path) -> None:
    one, other = LedgerLock(tmp_path / "one.db"), LedgerLock(tmp_path / "other.db")
    one.release()
    assert not is_held(tmp_path / "one.db")
    assert is_held(tmp_path / "other.db")
    other.release()


def test_a_ledger_that_is_not_there_is_held_by_nobody(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "nowhere" / "payback.db")


def test_the_first_lock_of_a_new_ledger_makes_its_folder_and_for_its_owner_only(tmp_path: Path) -> None:
    LedgerLock(tmp_path / "new" / "payback.db").release()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_name_of_a_new_folder_is_on_the_disk_before_anything_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sync of the folder above it, a power cut may take it with all that was synced within."""
    synced: list[str] = []
    monkeypatch.setattr("os.fsync", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink())))
    make_private_folder(tmp_path / "new" / "newer")
    assert {*synced} == {str(tmp_path), str(tmp_path / "new")}
    synced.clear()
    make_private_folder(tmp_path / "new" / "newer")
    assert synced == []


def test_a_lock_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "payback.db.lock").mkdir()
    with pytest.raises(LedgerError, match=r"cannot open .*payback\.db\.lock"):
        LedgerLock(tmp_path / "payback.db")


MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
server:/export /mnt/team nfs4 rw,vers=4.2 0 0
server:/export/with\\040blank /mnt/with\\040blank nfs rw 0 0
/dev/sdb1 /mnt/team/local xfs rw 0 0
tmpfs /mnt/twice tmpfs rw 0 0
//server/share /mnt/twice cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/var/lib/payback", "ext4"),
        ("/mnt/team", "nfs4"),
        ("/mnt/team/a/b", "nfs4"),
        ("/mnt/teams", "ext4"),
        ("/mnt/team/local/x", "xfs"),
        ("/mnt/with blank/x", "nfs"),
        ("/mnt/twice", "cifs"),  # the later mount covers the earlier
    ],
)
def test_a_folder_is_on_the_file_system_that_is_mounted_nearest_above_it(
    tmp_path: Path, folder: str, kind: str
) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    assert file_system_of(Path(folder), tmp_path / "mounts") == kind


def test_a_system_that_does_not_tell_its_mounts_is_believed(tmp_path: Path) -> None:
    assert file_system_of(Path("/"), tmp_path / "nowhere") is None


def test_a_ledger_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.lock.file_system_of", lambda folder: "nfs4")
    with pytest.raises(
        LedgerError, match=r"network file system \(nfs4\); give --ledger a path on a local disk"
    ):
        LedgerLock(tmp_path / "payback.db")
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_has_one_lock_whatever_link_leads_to_it(tmp_path: Path) -> None:
    ledger, link = tmp_path / "payback.db", tmp_path / "link.db"
    ledger.touch()
    link.symlink_to(ledger)
    lock = LedgerLock(ledger)
    with pytest.raises(LedgerInUse):
        LedgerLock(link)
    assert is_held(link)
    lock.release()


def test_a_ledger_with_a_hard_link_is_refused_as_each_name_would_have_its_own_log(tmp_path: Path) -> None:
    ledger, other = tmp_path / "payback.db", tmp_path / "other.db"
    ledger.touch()
    other.hardlink_to(ledger)
    with pytest.raises(LedgerError, match="another name"):
        LedgerLock(other)
