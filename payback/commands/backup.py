"""payback backup: a copy of the ledger, while a server may be writing to it."""

import argparse
import json
from pathlib import Path

from ledger.spool import Spool
from ledger.sqlite.backup import Copied, back_up
from payback.commands.asking import config_of
from payback.settings import load_settings
from payback.terminal import counted
from payback.wiring import ledger_path, spool_path

MIB = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The copy shows the ledger at one moment, is checked as payback check does, and stands under its name"
        " only then. To go back to it: end payback, move the copy to the ledger's place, start payback. It"
        " holds the secret that keys are hashed with, as the ledger does: keep it private. Exit status: 0,"
        " or 1 where the copy was kept but the sums of its report are not those of its calls."
    )
    parser.add_argument("copy", type=Path, metavar="DEST", help="the copy's file; it must not exist yet")
    parser.add_argument(
        "--json", action="store_true", help="for programs: {ledger, copy, schema, size_bytes, spool, ...}"
    )


def run(args: argparse.Namespace) -> int:
    settings = load_settings(config_of(args))
    ledger = ledger_path(settings, args.ledger)
    copied = back_up(ledger, args.copy)
    spool = spool_path(settings, ledger)
    waiting = Spool(spool).waiting
    if args.json:
        print(_as_json(ledger, args.copy, copied, spool, waiting))
    else:
        _tell(ledger, args.copy, copied, spool, waiting)
    return int(copied.disagreements > 0)


def _tell(ledger: Path, copy: Path, copied: Copied, spool: Path, waiting: int) -> None:
    size = f"{copied.size_bytes / MIB:.1f} MiB, schema {copied.schema}"
    print(f"{copy} is a copy of {ledger} ({size}); SQLite finds it whole")
    if copied.disagreements:
        print(
            f"but {counted(copied.disagreements, 'sum')} of its report differ from its calls: payback check"
        )
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        print(f"{counted(waiting, 'record')} still {verb} in the spool; copy that too: {spool}")


def _as_json(ledger: Path, copy: Path, copied: Copied, spool: Path, waiting: int) -> str:
    told = {
        "ledger": str(ledger),
        "copy": str(copy),
        "schema": copied.schema,
        "size_bytes": copied.size_bytes,
        "disagreements": copied.disagreements,
        "spool": {"path": str(spool), "records": waiting},
    }
    return json.dumps(told, indent=2)
