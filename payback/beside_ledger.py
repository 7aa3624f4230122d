"""What stands beside a ledger and belongs to it: the keys of clients, and named plans. A copy has it too."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import BackupRefused
from payback.plan_folder import PlanFolder
from payback.whole_file import whole_file
from web.plan_shelf import ShelfError


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    keys: Path
    """Of the copy; there where has_keys."""
    has_keys: bool
    plans: Path
    plan_count: int


@contextmanager
def copied_beside(keys: Path, ledger: Path, copy: Path) -> Iterator[Beside]:
    """The file *keys* and the plans of *ledger*, beside *copy*; gone again where the block fails.

    Raises BackupRefused."""
    to_keys, to_plans = (copy.with_name(f"{copy.name}.{ending}") for ending in ("keys", "plans"))
    for place in (copy, to_keys, to_plans):
        if os.path.lexists(place):
            raise BackupRefused(f"{place} is there already; name a file that is not, or take it away")
    try:
        try:
            has_keys = _copy_keys(keys, to_keys)
            plan_count = _copy_plans(PlanFolder(ledger), PlanFolder(copy))
        except ShelfError as error:
            raise BackupRefused(f"{error}; mend that, or take it away") from error
        yield Beside(keys=to_keys, has_keys=has_keys, plans=to_plans, plan_count=plan_count)
    except BaseException:
        with suppress(FileNotFoundError):
            to_keys.unlink()
        shutil.rmtree(to_plans, ignore_errors=True)
        raise


def _copy_keys(keys: Path, copy: Path) -> bool:
    """Byte by byte: whether they can be read is said where they are used."""
    try:
        content = keys.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise BackupRefused(f"cannot read the keys of clients, {keys}: {error.strerror}") from error
    try:
        with whole_file(copy) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
    except OSError as error:
        raise BackupRefused(f"cannot write {copy}: {error.strerror}; name another file") from error
    return True


def _copy_plans(plans: PlanFolder, copy: PlanFolder) -> int:
    names = plans.names()
    for name in names:
        copy.save(name, plans.read(name))
    return len(names)
