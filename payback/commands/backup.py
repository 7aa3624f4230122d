"""payback backup: a copy of the ledger and of what belongs to it, while a server may be writing to it."""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ledger.errors import LedgerError
from ledger.lock import LedgerLock
from ledger.spool import Spool
from ledger.sqlite.backup import Copied, back_up
from ledger.sqlite.salvage import Salvaged, salvage
from payback.beside_ledger import Beside, copied_beside
from payback.commands.asking import config_of
from payback.commands.reading import open_ledger
from payback.key_file import key_file
from payback.settings import load_settings
from payback.terminal import counted
from payback.wiring import ledger_path, spool_path

MIB = 1 << 20
MOST_GAPS = 10
"""Broken parts that are named, each in a line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The copy shows the ledger at one moment, is checked as payback check does, and stands under its name"
        " only then. Keys of clients and named plans are copied beside it, as DEST.keys and DEST.plans. To go"
        " back to it: end payback, move the copy to the ledger's place, start payback. It holds the secret"
        " that keys are hashed with, as the ledger does: keep it private. Exit status: 0, or 1 where"
        " the copy was kept but the sums of its report are not those of its calls."
    )
    parser.add_argument("copy", type=Path, metavar="DEST", help="the copy's file; it must not exist yet")
    parser.add_argument(
        "--damaged",
        action="store_true",
        help="the ledger is broken: copy what can be read of its calls, and what waits in its spool;"
        " end payback first",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="for programs: {ledger, copy, schema, size_bytes, keys, plans, spool, ...}",
    )


def run(args: argparse.Namespace) -> int:
    settings = load_settings(config_of(args))
    ledger = ledger_path(settings, args.ledger)
    spool, salvaged = spool_path(settings, ledger), None
    with copied_beside(key_file(settings, ledger), ledger, args.copy) as beside:
        if args.damaged:
            copied, salvaged = _salvaged(ledger, spool, args.copy)
        else:
            open_ledger(ledger).close()
            copied = back_up(ledger, args.copy)
    waiting = 0 if salvaged else Spool(spool).waiting
    if args.json:
        told = _as_json(ledger, args.copy, copied, beside, spool, waiting)
        print(json.dumps(told | ({"salvaged": asdict(salvaged)} if salvaged else {}), indent=2))
    else:
        _tell(ledger, args.copy, copied, beside)
        _tell_of_spool(spool, waiting)
        _tell_of_damage(args.copy, spool, salvaged)
    return int(copied.disagreements > 0)


def _salvaged(ledger: Path, spool: Path, copy: Path) -> tuple[Copied, Salvaged]:
    if not ledger.exists():
        raise LedgerError(f"there is no ledger at {ledger}; give --ledger its path")
    lock = LedgerLock(ledger)
    try:
        return salvage(ledger, spool, copy)
    finally:
        lock.release()


def _tell(ledger: Path, copy: Path, copied: Copied, beside: Beside) -> None:
    size = f"{copied.size_bytes / MIB:.1f} MiB, schema {copied.schema}"
    print(f"{copy} is a copy of {ledger} ({size}); SQLite finds it whole")
    if copied.disagreements:
        print(
            f"but {counted(copied.disagreements, 'sum')} of its report differ from its calls: payback check"
        )
    if beside.has_keys:
        print(f"keys of clients stand beside it: {beside.keys}; one that is revoked later holds in them")
    if beside.plan_count:
        verb = "stands" if beside.plan_count == 1 else "stand"
        print(f"{counted(beside.plan_count, 'named plan')} {verb} beside it: {beside.plans}")


def _tell_of_spool(spool: Path, waiting: int) -> None:
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        print(f"{counted(waiting, 'record')} still {verb} in the spool; copy that too: {spool}")


def _tell_of_damage(copy: Path, spool: Path, salvaged: Salvaged | None) -> None:
    if salvaged is None:
        return
    print(f"{counted(salvaged.calls, 'call')} could be read")
    for since_us, until_us in salvaged.gaps[:MOST_GAPS]:
        print(f"broken: what began between {_time(since_us, 'the start')} and {_time(until_us, 'the end')}")
    if len(salvaged.gaps) > MOST_GAPS:
        print(f"and {counted(len(salvaged.gaps) - MOST_GAPS, 'broken part')} more: see --json")
    if salvaged.unreadable:
        print(f"{counted(salvaged.unreadable, 'call')} made no sense, and could not be kept")
    if salvaged.journaled:
        print(f"{counted(salvaged.journaled, 'record')} of its journal went into the copy too")
    if salvaged.spooled:
        print(f"{counted(salvaged.spooled, 'record')} of the spool {spool} went into the copy too")
    print(f"start with --ledger {copy}")


def _time(us: int | None, otherwise: str) -> str:
    return otherwise if us is None else f"{datetime.fromtimestamp(us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _as_json(
    ledger: Path, copy: Path, copied: Copied, beside: Beside, spool: Path, waiting: int
) -> dict[str, object]:
    return {
        "ledger": str(ledger),
        "copy": str(copy),
        "schema": copied.schema,
        "size_bytes": copied.size_bytes,
        "disagreements": copied.disagreements,
        "keys": str(beside.keys) if beside.has_keys else None,
        "plans": {"path": str(beside.plans), "plans": beside.plan_count} if beside.plan_count else None,
        "spool": {"path": str(spool), "records": waiting},
    }
