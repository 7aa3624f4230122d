"""Days of calls in files beside the ledger, so that a projection does not read a million rows again.

A file is what the ledger held when it was written, and names that in its stamp. It is worth no more than
the time it saves: one that is damaged, another ledger's or of another format is as good as none, and a
folder that cannot be written only costs time."""

import os
import zlib
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from payback.day_calls import KEPT_COLUMNS, AnyInts, Beside, DayCalls
from projection.traffic import Billed

FORMAT = b"payback day 2\n"
"""Another number when a file is read otherwise, or when its columns mean something else."""
_CHECKSUM_BYTES = 8
_TYPES = {kind.str: kind for kind in map(np.dtype, ("<i1", "<i2", "<i4", "<i8"))}
"""The smallest first."""


class Stamp(msgspec.Struct, frozen=True):
    """What the ledger says of a day. A day that is as it was has the same stamp: its calls are over, each new
    one raises a sum, and ids are different in every ledger."""

    day: date
    first_id: str
    last_id: str
    sums: tuple[int, ...]
    """Those of ledger.rollup.Rollup."""


class _Head(msgspec.Struct):
    stamp: Stamp
    rows: Annotated[int, msgspec.Meta(ge=0)]
    types: list[str]
    """Of each of KEPT_COLUMNS, which follow the head in that order."""
    billings: tuple[Billed, ...]
    workloads: tuple[str, ...]
    beside: tuple[Beside, ...]


class DayFolder:
    """The files of one ledger, a folder beside it."""

    def __init__(self, ledger: Path) -> None:
        real = ledger.resolve()
        self.path = real.with_name(f"{real.name}.columns")

    def read(self, stamp: Stamp) -> DayCalls | None:
        """The day, if a file has it as *stamp* says it is now."""
        try:
            written = self._file_of(stamp.day).read_bytes()
        except OSError:
            return None
        return _read(written, stamp)

    def write(self, stamp: Stamp, calls: DayCalls) -> None:
        """Where that fails, there is no file. What another process writes at this moment is left to it."""
        with suppress(OSError):
            self.path.mkdir(mode=0o700, exist_ok=True)
            self.forget(stamp.day)
            self._write_new(self._file_of(stamp.day), _written(stamp, calls))

    def forget(self, day: date) -> None:
        with suppress(OSError):
            self._file_of(day).unlink(missing_ok=True)

    def _write_new(self, path: Path, written: bytes) -> None:
        """Never through a link. Not synced: what a power cut leaves has not its checksum."""
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with open(number, "wb") as file:  # noqa: PTH123  # a number has no path
                file.write(written)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _file_of(self, day: date) -> Path:
        return self.path / f"{day.isoformat()}.day"


def _written(stamp: Stamp, calls: DayCalls) -> bytes:
    columns = [_narrowed(calls.columns[name]) for name in KEPT_COLUMNS]
    head = _Head(
        stamp=stamp,
        rows=len(calls),
        types=[column.dtype.str for column in columns],
        billings=calls.billings,
        workloads=calls.workloads,
        beside=calls.beside,
    )
    rest = b"".join([msgspec.json.encode(head), b"\n", *(column.tobytes() for column in columns)])
    return FORMAT + _checksum(rest) + rest


def _narrowed(column: AnyInts) -> AnyInts:
    """In the smallest type that holds it: most counts need two bytes or four of eight."""
    low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
    fitting = (each for each in _TYPES.values() if np.iinfo(each).min <= low and high <= np.iinfo(each).max)
    return column.astype(next(fitting))


def _read(written: bytes, stamp: Stamp) -> DayCalls | None:
    whole = memoryview(written)
    start = len(FORMAT) + _CHECKSUM_BYTES
    rest = whole[start:]
    if whole[: len(FORMAT)] != FORMAT or whole[len(FORMAT) : start] != _checksum(rest):
        return None
    end = written.find(b"\n", start)
    try:
        head = msgspec.json.decode(whole[start:end], type=_Head)
        if head.stamp != stamp:
            return None
        return _calls_of(head, whole[end + 1 :])
    except (msgspec.MsgspecError, ValueError, KeyError, OverflowError, RecursionError):
        return None


def _calls_of(head: _Head, rest: memoryview) -> DayCalls:
    """Raises ValueError and KeyError where the columns are not what the head says."""
    columns: dict[str, AnyInts] = {}
    start = 0
    for name, type_name in zip(KEPT_COLUMNS, head.types, strict=True):
        kind = _TYPES[type_name]
        columns[name] = np.frombuffer(rest, dtype=kind, count=head.rows, offset=start)
        start += head.rows * kind.itemsize
    return DayCalls(columns=columns, billings=head.billings, workloads=head.workloads, beside=head.beside)


def _checksum(rest: bytes | memoryview) -> bytes:
    return b"%08x" % zlib.crc32(rest)
