"""Where records are kept that the ledger cannot have: nothing that was confirmed is thrown away."""

import os
from pathlib import Path

from ledger.lock import sync_folder


def aside_of(path: Path) -> Path:
    """The file beside that journal, or spool."""
    return path.with_name(f"{path.name}.unreadable")


def keep_aside(path: Path, records: bytes) -> Path:
    """On the disk when this returns: *path* may be emptied then. Raises OSError."""
    aside = aside_of(path)
    with open(aside, "ab", opener=_private) as file:
        file.write(records)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(aside.parent)
    return aside


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
