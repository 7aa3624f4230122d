"""Who may write a ledger: one process, by an advisory lock on a file beside it; and where that holds."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from ledger.errors import LedgerError, LedgerInUse

_NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"}
)
"""Locks and the shared memory of WAL do not hold there: https://www.sqlite.org/wal.html, "same host"."""
_GLANCE_SECONDS = 1.0
"""Whoever asks is_held has the lock for an instant, and the scribe of a killed payback for its last commit; a
writer that starts then tries again for so long."""


class LedgerLock:
    """Held from start to end of the process that writes; the system frees it when the process dies."""

    def __init__(self, ledger: Path) -> None:
        """Makes the ledger's folder if need be.

        Raises LedgerInUse when another process holds it, LedgerError on a network file system."""
        refuse_network(ledger)
        _refuse_second_name(ledger)
        make_private_folder(ledger.parent)
        self._path = lock_path(ledger)
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerError(
                f"cannot open {self._path}: {error.strerror}; give --ledger another path"
            ) from error
        if not _taken(self._file):
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise LedgerInUse(
                f"the ledger {ledger} is written by another payback process (pid {holder or 'unknown'});"
                " end it, or give --ledger another path"
            )
        with suppress(OSError):  # a full disk: it is held all the same, and nobody is told by whom
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    @property
    def descriptor(self) -> int:
        """A process that inherits it holds the lock too."""
        return self._file

    def release(self) -> None:
        os.close(self._file)


def lock_path(ledger: Path) -> Path:
    """Beside the file itself, whatever link led to it: one ledger has one lock."""
    real = ledger.resolve()
    return real.with_name(f"{real.name}.lock")


def _refuse_second_name(ledger: Path) -> None:
    """A hard link cannot be told from the file it names, and SQLite would give each name a log of its own."""
    if ledger.exists() and ledger.stat().st_nlink > 1:
        raise LedgerError(f"the ledger {ledger} has another name (a hard link); remove one of the two")


def is_held(ledger: Path) -> bool:
    """Does a living process write this ledger?"""
    try:
        file = os.open(lock_path(ledger), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def make_private_folder(folder: Path) -> None:
    """What is in the ledger is its owner's business. A folder that exists stays as it is."""
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    if new:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # another may have made it just now
            for place in new:
                sync_folder(place.parent)
        except OSError as error:
            raise LedgerError(
                f"cannot make the folder {folder}: {error.strerror}; give --ledger another path"
            ) from error


def sync_folder(folder: Path) -> None:
    """A new file's name is on the disk only when its folder is. Nobody can sync one that may be written to
    and not read: nothing is done then. Raises OSError."""
    try:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        return
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _taken(file: int) -> bool:
    deadline = time.monotonic() + _GLANCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def refuse_network(ledger: Path) -> None:
    kind = file_system_of(ledger.parent.resolve())
    if kind in _NETWORK_FILE_SYSTEMS:
        raise LedgerError(
            f"the ledger {ledger} is on a network file system ({kind}); give --ledger a path on a local disk"
        )


def file_system_of(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """The type of the file system that holds *folder*; None where the system does not tell."""
    kinds: dict[str, str] = {}
    with suppress(OSError):
        for line in mounts.read_text("utf-8", "surrogateescape").splitlines():
            _, point, kind, *_ = line.split(" ")
            kinds[_unescaped(point)] = kind
    return next((kinds[str(place)] for place in (folder, *folder.parents) if str(place) in kinds), None)


def _unescaped(point: str) -> str:
    """Blank, tab, newline and backslash are written in octal there: proc(5), fstab(5)."""
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(octal, character)
    return point
