"""What is around the ledger: who may read it, how much room there is, what time it is, which aiohttp."""

import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from ledger.errors import LedgerError
from ledger.lock import file_system_of, lock_path, refuse_network
from payback.checks.finding import Finding, fail, ok, warn
from payback.day_file import DayFolder
from payback.errors import SettingsError
from payback.preconditions import refuse_lenient_parser
from payback.settings import Settings

MIB = 1 << 20
LEAST_FREE_BYTES = 16 * MIB
"""Twice the reserve that payback keeps for a full disk. A million calls take some 250 MiB."""
FEW_FREE_BYTES = 1024 * MIB
FIRST_YEAR = 2026
"""payback is no older: a clock before it is wrong."""
_CLOCK_SLACK = timedelta(seconds=5)
_OTHERS = 0o077


def files_are_private(ledger: Path, spool: Path, secrets: Iterable[Path]) -> Finding:
    """Names, models and costs are the owner's business; keys even more so."""
    beside = [ledger.with_name(f"{ledger.name}{end}") for end in ("-wal", "-shm", ".journal", ".reserve")]
    files = [file for file in (ledger, *beside, lock_path(ledger), spool, *secrets) if file.exists()]
    open_files = [str(file) for file in files if file.stat().st_mode & _OTHERS]
    commands = [f"chmod 600 {' '.join(open_files)}"] if open_files else []
    days = DayFolder(ledger).path
    if any(place.stat().st_mode & _OTHERS for place in (days, *days.glob("*")) if place.exists()):
        commands.append(f"chmod -R go= {days}")
    if commands:
        return warn("permissions", f"others may read some files; run: {'; '.join(commands)}")
    not_ours = [str(file) for file in (ledger, spool) if file.exists() and not os.access(file, os.W_OK)]
    if not_ours:
        return warn("permissions", f"this user may not write {not_ours[0]}, and payback serve must; chown it")
    return ok("permissions", "only their owner can read the ledger's files and the secrets")


def secret_files(settings: Settings) -> Iterator[Path]:
    keys = (*(upstream.api_key for upstream in settings.upstream), *(key.secret for key in settings.key))
    for secret in (settings.report.password, *keys):
        if secret is not None and secret.file is not None:
            yield secret.file.expanduser()


def there_is_room(ledger: Path, spool: Path) -> Iterator[Finding]:
    """One finding for each disk."""
    folders = {_existing(file.parent).stat().st_dev: _existing(file.parent) for file in (spool, ledger)}
    for folder in folders.values():
        yield _room_in(folder)
    try:
        refuse_network(ledger)
    except LedgerError as error:
        yield fail("disk", str(error))


def _room_in(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    told = f"{free / (1024 * MIB):.1f} GiB are free for {folder} on {file_system_of(folder) or 'its disk'}"
    if free < LEAST_FREE_BYTES:
        return fail("disk", f"{told}; free some, or calls will be refused")
    return warn("disk", f"{told}; free some soon") if free < FEW_FREE_BYTES else ok("disk", told)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(place for place in (folder.resolve(), *folder.resolve().parents) if place.exists())


def clock_is_right(now: datetime, newest: datetime | None) -> Finding:
    """*newest* is when the ledger's newest call began; None: there is none."""
    if now.year < FIRST_YEAR:
        return fail("clock", f"the clock says {_shown(now)}; set it, or calls get into the wrong month")
    if newest is not None and newest > now + _CLOCK_SLACK:
        return warn(
            "clock",
            f"the clock says {_shown(now)}, but the newest call began at {_shown(newest)}; set the clock,"
            " unless that call was imported so",
        )
    return ok("clock", f"the clock says {_shown(now)}")


def _shown(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S UTC")


def parser_is_strict() -> Finding:
    try:
        refuse_lenient_parser()
    except SettingsError as error:
        return fail("aiohttp", str(error))
    from aiohttp import __version__

    return ok("aiohttp", f"aiohttp {__version__} reads requests with its C parser")
