"""The spool: where entries wait, one JSON line each, while the ledger cannot be written. Its first line names
the ledger that they wait for.

A line counts once it is whole and fsync'ed. Replaying is idempotent, so a crash between replay and
emptying does no harm. Only the writer's thread uses it."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from ledger.aside import keep_aside
from ledger.call import Entry, bare, without_names
from ledger.errors import LedgerError
from ledger.lock import sync_folder

log = logging.getLogger(__name__)

_encoder = msgspec.json.Encoder()
_OF_ENTRY, _OF_LEDGER = b'{"call":', b'{"ledger":'
_decoder = msgspec.json.Decoder(Entry)
_END_OF_REST = re.compile(rb"\0|\n(.?)", re.DOTALL)
_FIRST_BYTES = 1 << 16
"""Enough to see whose file it is."""


class Spool:
    def __init__(self, path: Path, ledger: str | None = None) -> None:
        """*ledger* is the identity of the one that is being written; None: only to look.

        Raises LedgerError when what an earlier process left there cannot be read, or waits for another."""
        self.path = path
        self._head = b"" if ledger is None else _encoder.encode({"ledger": ledger}) + b"\n"
        self._unreadable: list[bytes] = []
        try:
            _refuse_other_files(path)
            head, self.waiting, self._size = _whole_lines(path)
        except OSError as error:
            raise LedgerError(
                f"cannot read the spool {path}: {error.strerror}; move it out of the way"
            ) from error
        if self.waiting and self._head and head and head != self._head:
            raise LedgerError(
                f"the records in the spool {path} are another ledger's; start payback with that one first,"
                " or set another path for the spool"
            )

    waiting: int
    """Entries that were not replayed yet; more than one may belong to one call."""
    _size: int
    """Bytes that count. What is beyond them was never confirmed to anyone: the next entry takes its place."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Kept when this returns. Raises OSError when the disk refuses; nothing of it counts then."""
        lines = b"".join(map(_line_of, entries))
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            end = min(self._size, os.fstat(file).st_size)
            data = lines if end else self._head + lines
            try:
                os.ftruncate(file, end)
                _write_all(file, data, end)
                os.fsync(file)
                if end == 0:
                    sync_folder(self.path.parent)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, end)
                raise
        finally:
            os.close(file)
        self._size = end + len(data)
        self.waiting += len(entries)

    def entries(self) -> Iterator[Entry]:
        """What waits, in order. Lines that are no entries are passed over, and kept aside by clear."""
        self._unreadable.clear()
        if not self._size:
            return
        left = self._size
        with self.path.open("rb") as lines:
            for line in lines:
                left -= len(line)
                if left < 0:
                    return
                if line.startswith(_OF_LEDGER):
                    continue
                try:
                    yield _decoder.decode(line)
                except (ValueError, AssertionError, RecursionError):
                    log.error("a line of the spool %s is not an entry", self.path)
                    self._unreadable.append(line)

    def set_aside(self, entry: Entry) -> None:
        """Do not lose *entry*, which the ledger refuses in every form, when the spool is cleared."""
        self._unreadable.append(_line_of(entry))

    def clear(self) -> None:
        if self._unreadable:
            keep_aside(self.path, b"".join(self._unreadable))
            self._unreadable.clear()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.fsync(file)
        finally:
            os.close(file)
        self.waiting = self._size = 0


def _line_of(entry: Entry) -> bytes:
    """The entry, or what is left of it where its text is no Unicode."""
    for told in (entry, without_names(entry)):
        with suppress(ValueError, OverflowError):
            return _encoder.encode(told) + b"\n"
    return _encoder.encode(bare(entry)) + b"\n"


def _refuse_other_files(path: Path) -> None:
    """A spool is emptied when it was read: nothing else may be taken for one."""
    if not path.exists():
        return
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(_FIRST_BYTES)
        if any(first.startswith(start[: len(first)]) for first in (_OF_ENTRY, _OF_LEDGER)):
            return
        if start.startswith(b"\0") and _is_rest_of_lines(start.lstrip(b"\0")):
            return
    raise LedgerError(f"{path} is not a spool; take it away, or set another path for the spool")


def _is_rest_of_lines(text: bytes) -> bool:
    """When the power goes before a new spool is synced, the disk may have later sectors of it and not the
    first: zeros, and then what is left of a line, perhaps with other sectors missing within it."""
    found = _END_OF_REST.search(text)
    rest = text[: found.start()] if found else text
    is_line_next = found is None or found[1] in (None, b"", b"\0", b"{")
    return min(rest, default=0x20) >= 0x20 and is_line_next


def _whole_lines(path: Path) -> tuple[bytes, int, int]:
    """The line that names the ledger, how many records, how many bytes in all. A line that is cut is none."""
    head, number, size = b"", 0, 0
    with suppress(FileNotFoundError), path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            size += len(line)
            if line.startswith(_OF_LEDGER):
                head = line
            else:
                number += 1
    return head, number, size if number else 0


def _write_all(file: int, data: bytes, start: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, start)
        view, start = view[written:], start + written
