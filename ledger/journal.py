"""The journal: where entries are written first while they come faster than the ledger commits them one by
one. They are carried over into the ledger together, some milliseconds later.

One write and one sync keep a parcel, as it came. A killed payback, and a power cut, leave here what was
confirmed and not carried over; whoever writes the ledger next carries it over first, and an entry kept twice
counts once.

    4096 bytes   {"journal":"<identity of the ledger>"}, a newline, zeros; the last one: how many have begun
                 to take over what is left here
    then         records: length, check value, round; and so many bytes of parcels

The file is written over from its start, round by round. A record of another round is none, nor is one whose
check value is wrong: it was never confirmed. Only one process at a time has it open; see ledger.lock."""

import errno
import logging
import os
import stat
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ledger.aside import keep_aside
from ledger.call import Entry
from ledger.errors import LedgerError
from ledger.lock import sync_folder
from ledger.parcels import Packer, ParcelReader

log = logging.getLogger(__name__)

SIZE_BYTES = 2 << 20
"""All of it is written when it is made: a sync of a file that grows takes the disk twice as long."""
MOST_ATTEMPTS = 5
"""To take over what is left; what has ended so many processes is not tried again."""
_MARK = b'{"journal":"'
_HEAD_BYTES = 4096
_RECORD = struct.Struct(">IIQ")
_NO_RECORD = bytes(_RECORD.size)
_ROUNDS = 1 << 64


class Journal:
    def __init__(self, path: Path, ledger: str | None) -> None:
        """*ledger* is the identity of the one that is being written; None: only to look. The file is made
        when it is needed."""
        self.path = path
        self._head = b'%b%b"}\n' % (_MARK, ledger.encode("ascii")) if ledger else _MARK
        self._file = -1
        self._at = _HEAD_BYTES
        self._round = int.from_bytes(os.urandom(8), "big")
        self._earlier_attempts = 0

    def append(self, parcels: bytes) -> bool:
        """Kept when this returns True; False: there is no room. Raises OSError when the disk refuses."""
        self._open()
        end = self._at + _RECORD.size + len(parcels)
        if end > SIZE_BYTES:
            return False
        record = _RECORD.pack(len(parcels), _check_of(self._round, parcels), self._round) + parcels
        if os.pwrite(self._file, record, self._at) < len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fdatasync(self._file)
        self._at = end
        return True

    def clear(self) -> None:
        """Once all is in the ledger. What comes back of it after a power cut counts once, too."""
        if self._file < 0:
            self.remove()
        else:
            with suppress(OSError):
                os.pwrite(self._file, _NO_RECORD, _HEAD_BYTES)
        self._at = _HEAD_BYTES
        self._round = (self._round + 1) % _ROUNDS

    def left(self) -> list[Entry]:
        """What an earlier process has not carried over. Raises LedgerError where that cannot be read."""
        return [entry for record in self._records(self._content()) for entry in self._entries_in(record)]

    def take_left(self) -> list[Entry]:
        """The same, for who is going to carry it over, and then to clear the journal. What has ended several
        processes is set aside. Raises LedgerError."""
        content = self._content()
        records = self._records(content)
        if not records:
            return []
        attempts = content[_HEAD_BYTES - 1]
        if attempts >= MOST_ATTEMPTS:
            log.error("whoever takes over the journal %s ends; it is given up", self.path)
            self._keep_aside(b"".join(records))
            self.remove()
            return []
        self._note_attempts(attempts + 1)
        self._earlier_attempts = attempts
        return [entry for record in records for entry in self._entries_in(record)]

    def survived(self) -> None:
        """Who took what is left could not carry it over, and lives: a full disk is no reason to give up."""
        self._note_attempts(self._earlier_attempts)

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

    def _open(self) -> None:
        """One that is still there: somebody may have removed it, or cut it short."""
        if self._file >= 0:
            found = os.fstat(self._file)
            if found.st_nlink and found.st_size >= SIZE_BYTES:
                return
            self.remove()
            raise OSError(errno.ENOENT, "it was removed")
        self._file, self._at = self._made(), _HEAD_BYTES

    def _made(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(self.path, flags, 0o600)
        try:
            if os.pwrite(file, self._head.ljust(SIZE_BYTES, b"\0"), 0) < SIZE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file)
            sync_folder(self.path.parent)
        except OSError:
            os.close(file)
            self.remove()
            raise
        return file

    def _content(self) -> bytes:
        try:
            file = _opened(self.path)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise LedgerError(
                f"cannot read the journal {self.path}: {error.strerror}; move it out of the way"
            ) from error
        with os.fdopen(file, "rb") as opened:
            return opened.read(SIZE_BYTES)

    def _records(self, content: bytes) -> list[bytes]:
        start = content[: len(_MARK)]
        if start.strip(b"\0") and not _MARK.startswith(start):
            raise LedgerError(f"{self.path} is not a journal; take it away")
        records = list(_records_in(content))
        if records and not content.startswith(self._head):
            raise LedgerError(
                f"the records in the journal {self.path} are another ledger's; start payback with that one"
                " first, or move the file out of the way"
            )
        return records

    def _note_attempts(self, number: int) -> None:
        with suppress(OSError):
            file = _opened(self.path, os.O_WRONLY)
            try:
                os.pwrite(file, bytes([number]), _HEAD_BYTES - 1)
            finally:
                os.close(file)

    def _entries_in(self, record: bytes) -> list[Entry]:
        try:
            return [entry for parcel in ParcelReader().feed(record) for entry in parcel]
        except (ValueError, AssertionError, RecursionError):  # another version wrote it
            log.error("a record of the journal %s is not understood", self.path)
            self._keep_aside(record)
            return []

    def _keep_aside(self, parcels: bytes) -> None:
        aside = keep_aside(self.path, parcels)
        log.error("%d bytes of records are kept in %s", len(parcels), aside)


def journal_path(ledger: Path) -> Path:
    """Beside the file itself, whatever link led to it."""
    real = ledger.resolve()
    return real.with_name(f"{real.name}.journal")


def first_record(path: Path) -> bytes:
    """What tells a round of records from another; b"" where there is none. A file that cannot be read has
    one: whoever reads it on says what it is."""
    try:
        with os.fdopen(_opened(path), "rb") as file:
            file.seek(_HEAD_BYTES)
            return file.read(_RECORD.size).strip(b"\0")
    except FileNotFoundError:
        return b""
    except OSError:
        return b"?"


def has_records(path: Path) -> bool:
    """Whether something may have been left there."""
    return first_record(path) != b""


def _opened(path: Path, way: int = os.O_RDONLY) -> int:
    """A file, and nothing that would wait or lead elsewhere. Raises OSError."""
    file = os.open(path, way | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "it is no file")


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
