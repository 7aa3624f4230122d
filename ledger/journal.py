"""The journal: where entries are written first while they come faster than the ledger commits them one by
one. They are carried over into the ledger together, some milliseconds later.

One write and one sync keep a parcel, as it came. A killed payback, and a power cut, leave here what was
confirmed and not carried over; whoever writes the ledger next carries it over first, and an entry kept twice
counts once.

    4096 bytes   {"journal":"<identity of the ledger>"}, a newline, zeros
    then         records: length, check value, round; and so many bytes of parcels

The file is written over from its start, round by round. A record of another round is none, nor is one whose
check value is wrong: it was never confirmed. Only one process at a time has it open; see ledger.lock."""

import errno
import logging
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ledger.call import Entry
from ledger.errors import LedgerError
from ledger.lock import sync_folder
from ledger.parcels import Packer, ParcelReader

log = logging.getLogger(__name__)

SIZE_BYTES = 1 << 20
"""All of it is written when it is made: a sync of a file that grows takes the disk twice as long."""
_HEAD_BYTES = 4096
_RECORD = struct.Struct(">IIQ")
_NO_RECORD = bytes(_RECORD.size)
_ROUNDS = 1 << 64


class Journal:
    def __init__(self, path: Path, ledger: str | None) -> None:
        """*ledger* is the identity of the one that is being written; None: only to look. The file is made
        when it is needed."""
        self.path = path
        self._head = b'{"journal":"%b"}\n' % ledger.encode("ascii") if ledger else b""
        self._file = -1
        self._at = _HEAD_BYTES
        self._round = int.from_bytes(os.urandom(8), "big")

    def append(self, parcels: bytes) -> bool:
        """Kept when this returns True; False: there is no room. Raises OSError when the disk refuses."""
        end = self._at + _RECORD.size + len(parcels)
        if end > SIZE_BYTES:
            return False
        if self._file < 0:
            self._file = self._made()
        record = _RECORD.pack(len(parcels), _check_of(self._round, parcels), self._round) + parcels
        if os.pwrite(self._file, record, self._at) < len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fdatasync(self._file)
        self._at = end
        return True

    def clear(self) -> None:
        """Once all is in the ledger. What comes back of it after a power cut counts once, too."""
        if self._file >= 0:
            with suppress(OSError):
                os.pwrite(self._file, _NO_RECORD, _HEAD_BYTES)
        self._at = _HEAD_BYTES
        self._round = (self._round + 1) % _ROUNDS

    def left(self) -> list[Entry]:
        """What an earlier process has not carried over. Raises LedgerError where that cannot be read."""
        try:
            with self.path.open("rb") as file:
                content = file.read(SIZE_BYTES)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LedgerError(
                f"cannot read the journal {self.path}: {error.strerror}; move it out of the way"
            ) from error
        records = list(_records_in(content))
        if records and not content.startswith(self._head):
            raise LedgerError(
                f"the records in the journal {self.path} are another ledger's; start payback with that one"
                " first, or move the file out of the way"
            )
        return [entry for record in records for entry in self._entries_in(record)]

    def set_aside(self, entries: Sequence[Entry]) -> None:
        """Do not lose *entries*, which were confirmed, and which the ledger refuses in every form. Raises
        OSError."""
        if entries:
            self._keep_aside(Packer().parcel_of(entries))

    def remove(self) -> None:
        """Once all is in the ledger, and nobody writes any more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        with suppress(OSError):  # it says nothing then that the ledger does not
            self.path.unlink()

    def _made(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            if os.pwrite(file, self._head.ljust(SIZE_BYTES, b"\0"), 0) < SIZE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file)
            with suppress(PermissionError):  # the folder may be written to and not read
                sync_folder(self.path.parent)
        except OSError:
            os.close(file)
            raise
        return file

    def _entries_in(self, record: bytes) -> list[Entry]:
        try:
            return [entry for parcel in ParcelReader().feed(record) for entry in parcel]
        except (ValueError, AssertionError, RecursionError):  # another version wrote it
            log.error("a record of the journal %s is not understood", self.path)
            self._keep_aside(record)
            return []

    def _keep_aside(self, parcels: bytes) -> None:
        aside = aside_of(self.path)
        with open(aside, "ab", opener=_private) as kept:
            kept.write(parcels)
        log.error("%d bytes of records are kept in %s", len(parcels), aside)


def journal_path(ledger: Path) -> Path:
    """Beside the file itself, whatever link led to it."""
    real = ledger.resolve()
    return real.with_name(f"{real.name}.journal")


def has_records(path: Path) -> bool:
    """Whether something may have been left there. What cannot be read, whoever reads it on says."""
    try:
        with path.open("rb") as file:
            file.seek(_HEAD_BYTES)
            first = file.read(_RECORD.size)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return first.strip(b"\0") != b""


def aside_of(journal: Path) -> Path:
    """What could not be carried over."""
    return journal.with_name(f"{journal.name}.unreadable")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _check_of(round_: int, parcels: bytes) -> int:
    return zlib.crc32(parcels, round_ & 0xFFFFFFFF)


def _records_in(content: bytes) -> Iterator[bytes]:
    """Of the latest round, the oldest first."""
    at, first_round = _HEAD_BYTES, None
    while at + _RECORD.size <= len(content):
        size, check, round_ = _RECORD.unpack_from(content, at)
        record = content[at + _RECORD.size : at + _RECORD.size + size]
        if first_round is None:
            first_round = round_
        if not size or round_ != first_round or len(record) < size or check != _check_of(round_, record):
            return
        yield record
        at += _RECORD.size + size
