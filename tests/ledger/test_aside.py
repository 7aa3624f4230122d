"""What is set aside is kept before what it was taken from is emptied."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.aside import aside_of
from ledger.journal import Journal
from ledger.spool import Spool
from tests.ledger.made_up import opened


def of_journal(path: Path) -> None:
    Journal(path, "a" * 32).set_aside([opened(1)])


def of_spool(path: Path) -> None:
    spool = Spool(path)
    spool.append([opened(1)])
    spool.set_aside(opened(1))
    spool.clear()


@pytest.mark.parametrize("set_aside", [of_journal, of_spool])
def test_what_is_set_aside_is_on_the_disk_before_what_it_was_in_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_aside: Callable[[Path], None]
) -> None:
    """A power cut would take what was confirmed from both."""
    path, synced = tmp_path / "records", []
    fsync = os.fsync

    def noted(file: int) -> None:
        synced.append(Path(f"/proc/self/fd/{file}").readlink())
        fsync(file)

    monkeypatch.setattr("os.fsync", noted)
    set_aside(path)
    at = synced.index(aside_of(path))
    assert tmp_path in synced[at:], "its name is new there"
    assert path not in synced[:at] or path in synced[at:], "the spool is emptied last"
    assert aside_of(path).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_read_keeps_nobody_from_setting_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its names cannot be synced then."""
    once = os.open

    def refused(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_DIRECTORY:
            raise PermissionError(13, "Permission denied")
        return once(path, flags, mode)

    monkeypatch.setattr("os.open", refused)
    of_spool(tmp_path / "records")
    assert aside_of(tmp_path / "records").exists()
