"""A disk that does what a test says: disk.c between a program and one folder, and the wires to it."""

import errno
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("disk.c")
_BYTES = 4096
_FAILING = struct.Struct("=iiq i")
_ROOM = struct.Struct("=i")
_NUMBER = struct.Struct("=q")
_SMALL_AT, _FIRED_AT, _ROOM_AT, _CLOCK_AT, _ONLY_AT = 20, 24, 32, 40, 48


class Access(IntFlag):
    """What a program does to a disk; see disk.c."""

    WRITES = 1
    SYNCS = 2
    READS = 4
    OPENS = 8
    LOCKS = 16
    NAMES = 32


ANY = Access.WRITES | Access.SYNCS | Access.READS | Access.OPENS | Access.NAMES
READ_ONLY = Access.WRITES | Access.OPENS | Access.NAMES


@cache
def _built() -> tuple["tempfile.TemporaryDirectory[str]", Path]:
    """Kept as long as this process lives."""
    place = tempfile.TemporaryDirectory(prefix="payback-disk-")
    library = Path(place.name) / "disk.so"
    compiler = shutil.which("cc") or "gcc"
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True, timeout=60
    )
    return place, library


def has_compiler() -> bool:
    return shutil.which("cc") is not None or shutil.which("gcc") is not None


@dataclass(frozen=True, slots=True)
class Disk:
    """Of one folder: what is to fail in it from now on. Outlives the programs that use it."""

    folder: Path
    record: Path | None
    _control: mmap.mmap
    _file: "tempfile._TemporaryFileWrapper[bytes]"

    @property
    def environment(self) -> dict[str, str]:
        """For a program that is to use this disk."""
        shown = {
            "LD_PRELOAD": str(_built()[1]),
            "DISK_FOLDER": str(self.folder),
            "DISK_CONTROL": self._file.name,
        }
        return shown if self.record is None else {**shown, "DISK_RECORD": str(self.record)}

    def fail(
        self, error: int, which: Access = ANY, *, after: int = 0, stays: bool = False, only: str = ""
    ) -> None:
        """Once *after* more accesses of these kinds have worked, one fails, or all that come then."""
        self._put(_ONLY_AT, only.encode() + b"\0")
        self._put(_FIRED_AT, _NUMBER.pack(0))
        self._put(0, _FAILING.pack(error, which, after, stays))

    def is_full(self, room: int = 0) -> None:
        """Files may grow by *room* bytes and by what is given back."""
        self._put(_FIRED_AT, _NUMBER.pack(0))
        self._put(_ROOM_AT, _NUMBER.pack(room))
        self._put(_SMALL_AT, _ROOM.pack(1))

    def heal(self) -> None:
        self._put(0, _FAILING.pack(0, 0, 0, 0))
        self._put(_SMALL_AT, _ROOM.pack(0))

    def set_clock(self, seconds: float) -> None:
        """How much the time of day is off."""
        self._put(_CLOCK_AT, _NUMBER.pack(int(seconds * 1_000_000)))

    @property
    def fired(self) -> int:
        """Accesses that have failed since the last order."""
        return int(_NUMBER.unpack_from(self._control, _FIRED_AT)[0])

    def close(self) -> None:
        self._control.close()
        self._file.close()

    def _put(self, at: int, data: bytes) -> None:
        self._control[at : at + len(data)] = data


def disk_of(folder: Path, *, is_recorded: bool = False) -> Disk:
    """*is_recorded*: beside the folder, all that is done to it is written down."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder.with_name(f"{folder.name}.record") if is_recorded else None
    if record is not None:
        record.touch()
    file = tempfile.NamedTemporaryFile(prefix="payback-control-")  # noqa: SIM115  # closed by close
    os.truncate(file.name, _BYTES)
    return Disk(folder.resolve(), record, mmap.mmap(file.fileno(), _BYTES), file)


FULL, INPUT_OUTPUT, BUSY, NOT_WRITABLE = errno.ENOSPC, errno.EIO, errno.EAGAIN, errno.EROFS
