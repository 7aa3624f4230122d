"""payback export: every call of a month, as a file with a manifest."""

import argparse
import os
import sys
from pathlib import Path

from ledger.errors import BadPeriod, LedgerError
from ledger.exports.export import FORMATS, MANIFEST_ENDING, Export, file_name
from ledger.exports.manifest import Manifest
from ledger.period import Period
from ledger.sqlite.schema import migrations
from ledger.tally import Tally
from payback.clock import utc_now
from payback.commands.asking import add_period_arguments, ledger_of, open_reader, period_of
from payback.terminal import cost_in_words, counted
from payback.version import VERSION
from payback.whole_file import whole_file

STDOUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "One row per call. A cost that is not known is an empty cell (csv) or null (jsonl), never 0. Beside"
        " the file stands FILE.manifest.json with its rows, sums and sha256; with --out - it is one line of"
        " JSON on stderr."
    )
    add_period_arguments(parser)
    parser.add_argument("--format", choices=list(FORMATS), default="csv", help="(default: csv)")
    parser.add_argument(
        "--out", metavar="FILE", help="where to; - is stdout (default: payback-2026-10.csv here)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there already")


def run(args: argparse.Namespace) -> int:
    period = period_of(args, utc_now().date())
    if period is None:
        raise BadPeriod(
            "say which month to export, as in --month 2026-10, or which days with --from and --to"
        )
    path = None if args.out == STDOUT else _path_of(args, period)
    if path is not None:
        _refuse_to_replace(path, force=args.force)
        _refuse_ledger(path, ledger_of(args))
    with open_reader(args) as reader:
        export = Export(reader, args.format, period)
        if path is None:
            _to_stdout(export)
        else:
            _to_file(export, path)
    return 0


def _to_stdout(export: Export) -> None:
    if sys.stdout is None:
        raise LedgerError("standard output is closed; give --out the path of a file")
    sys.stdout.buffer.writelines(export.chunks)
    sys.stdout.buffer.flush()
    print(_manifest(export, None).as_json(), file=sys.stderr)


def _to_file(export: Export, path: Path) -> None:
    with whole_file(path) as file:
        file.writelines(export.chunks)
    manifest = _manifest(export, path.name)
    with whole_file(_manifest_path(path)) as file:
        file.write(manifest.as_json(indent=2).encode() + b"\n")
    print(f"{path}: {_summary(export.tally)}; sha256 and sums in {_manifest_path(path).name}")


def _manifest(export: Export, file: str | None) -> Manifest:
    return export.manifest(
        file, payback_version=VERSION, ledger_schema=migrations()[-1][0], created_at=utc_now()
    )


def _path_of(args: argparse.Namespace, period: Period) -> Path:
    return Path(file_name(period, args.format) if args.out is None else args.out)


def _manifest_path(path: Path) -> Path:
    return path.with_name(f"{path.name}{MANIFEST_ENDING}")


def _refuse_to_replace(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise LedgerError(f"{path} is a folder; give --out the path of a file")
    for taken in (path, _manifest_path(path)):
        if os.path.lexists(taken) and not (force and taken.is_file()):
            remedy = "--force replaces it" if taken.is_file() else "it is not a file; give --out another path"
            raise LedgerError(f"{taken} is there already; {remedy}")


_LEDGER_FILES = ("", "-wal", "-shm", "-journal", ".lock", ".journal", ".spool", ".reserve")


def _refuse_ledger(path: Path, ledger: Path) -> None:
    """Neither the ledger nor what lies beside it under its name is replaced, by force or not."""
    out, real = path.resolve(), ledger.resolve()
    if out in [real.with_name(f"{real.name}{end}") for end in _LEDGER_FILES] or (
        out.exists() and real.exists() and out.samefile(real)
    ):
        raise LedgerError(f"{path} belongs to the ledger; give --out another path")


def _summary(tally: Tally) -> str:
    sums = tally.sums
    unpriced = f", {counted(sums.unpriced_calls)} unpriced" if sums.unpriced_calls else ""
    return f"{counted(tally.rows, 'row')}, {cost_in_words(sums)}{unpriced}"
