"""What was done to a disk, as disk.c wrote it down, and what is left of it when the power goes.

A write, a truncation, a new name or a lost one is certain once a sync of that file (of the folder, for names)
was begun after it. Until then it may be there or not, and of a write each sector by itself."""

import os
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

HEAD = struct.Struct("=c3xiqq")
SECTOR_BYTES = 512
ANSWERED, ARRIVED = b"A", b"B"
"""Marks that the test puts between the accesses: what was promised by then."""


class Loss(StrEnum):
    """What becomes of what was not synced."""

    ALL = "all of it is lost"
    SOME = "some of it is lost"
    NONE = "none of it is lost"


@dataclass(frozen=True, slots=True)
class Step:
    kind: bytes
    path: str
    offset: int
    data: bytes


def steps_in(record: Path) -> Iterator[Step]:
    data, at = record.read_bytes(), 0
    while at < len(data):
        kind, path_bytes, offset, data_bytes = HEAD.unpack_from(data, at)
        start = at + HEAD.size
        end = start + path_bytes + data_bytes
        yield Step(kind, data[start : start + path_bytes].decode(), offset, data[start + path_bytes : end])
        at = end


class Marker:
    """Puts marks into a record while it is being written."""

    def __init__(self, record: Path) -> None:
        self._file = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def put(self, kind: bytes, number: int) -> None:
        os.write(self._file, HEAD.pack(kind, 0, number, 0))

    def close(self) -> None:
        os.close(self._file)


@dataclass(eq=False, slots=True)
class _File:
    certain: bytearray = field(default_factory=bytearray)
    since: list[Step] = field(default_factory=list)
    """What no sync has followed."""

    def left(self, loss: Loss, chance: random.Random) -> bytes:
        data = bytearray(self.certain)
        for step in self.since:
            if loss is Loss.NONE or (loss is Loss.SOME and chance.random() < 0.7):
                for part in _sectors(step) if loss is Loss.SOME else [step]:
                    if loss is Loss.NONE or step.kind == b"T" or chance.random() < 0.7:
                        _do(part, data)
        return bytes(data)


class Platter:
    """The folder as a disk has it, step by step."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._certain: dict[str, _File] = {}
        self._names: dict[str, _File] = {}

    def take(self, step: Step) -> None:
        match step.kind:
            case b"C":
                self._names[step.path] = _File()
            case b"U":
                self._names.pop(step.path, None)
            case b"R":
                self._names[step.data.decode()] = self._names.pop(step.path)
            case b"S" if step.path == self._folder:
                self._certain = dict(self._names)
            case b"S":
                self._settle(self._names[step.path])
            case b"W" | b"T":
                self._names[step.path].since.append(step)

    def left(self, into: Path, loss: Loss, chance: random.Random) -> None:
        """Write into the folder *into* what the power cut leaves."""
        names = self._certain if loss is Loss.ALL else self._names
        for path, file in names.items():
            if not path.endswith("-shm"):  # memory that is shared, and no file
                (into / Path(path).name).write_bytes(file.left(loss, chance))

    def _settle(self, file: _File) -> None:
        for step in file.since:
            _do(step, file.certain)
        file.since.clear()


def _do(step: Step, data: bytearray) -> None:
    if step.kind == b"T":
        del data[step.offset :]
        data.extend(bytes(step.offset - len(data)))
    else:
        data.extend(bytes(max(0, step.offset - len(data))))
        data[step.offset : step.offset + len(step.data)] = step.data


def _sectors(step: Step) -> Iterator[Step]:
    if step.kind == b"T":
        yield step
    for at in range(0, len(step.data), SECTOR_BYTES):
        yield Step(step.kind, step.path, step.offset + at, step.data[at : at + SECTOR_BYTES])
