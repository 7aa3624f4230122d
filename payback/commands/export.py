"""payback export: every call of a month, as a file with a manifest."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from ledger.call import Entry
from ledger.errors import BadPeriod, LedgerError
from ledger.exports.csv_file import csv_lines
from ledger.exports.jsonl_file import jsonl_lines
from ledger.exports.manifest import Digest, Manifest
from ledger.period import Period, month_of
from ledger.sqlite.schema import migrations
from ledger.store import Reader
from ledger.tally import Tally
from payback.clock import utc_now
from payback.commands.asking import add_period_arguments, ledger_of, open_reader, period_of
from payback.terminal import cost_in_words, counted
from payback.version import VERSION
from payback.whole_file import whole_file

FORMATS: dict[str, Callable[[Iterable[Entry]], Iterator[bytes]]] = {"csv": csv_lines, "jsonl": jsonl_lines}
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
        export = _Export(reader, args.format, period)
        if path is None:
            export.to_stdout()
        else:
            export.to_file(path)
    return 0


class _Export:
    """One pass over the period's calls: counted, rendered, hashed and written as they come."""

    def __init__(self, reader: Reader, format_name: str, period: Period) -> None:
        self._format, self._period = format_name, period
        self._tally, self._digest = Tally(), Digest()
        self._chunks = self._digest.of(FORMATS[format_name](self._tally.of(reader.calls(period))))

    def to_stdout(self) -> None:
        if sys.stdout is None:
            raise LedgerError("standard output is closed; give --out the path of a file")
        sys.stdout.buffer.writelines(self._chunks)
        sys.stdout.buffer.flush()
        print(self._manifest(None).as_json(), file=sys.stderr)

    def to_file(self, path: Path) -> None:
        with whole_file(path) as file:
            file.writelines(self._chunks)
        manifest = self._manifest(path.name)
        with whole_file(_manifest_path(path)) as file:
            file.write(manifest.as_json(indent=2).encode() + b"\n")
        print(f"{path}: {_summary(self._tally)}; sha256 and sums in {_manifest_path(path).name}")

    def _manifest(self, file: str | None) -> Manifest:
        return Manifest(
            file=file,
            format=self._format,
            period=self._period,
            tally=self._tally,
            digest=self._digest,
            payback_version=VERSION,
            ledger_schema=migrations()[-1][0],
            created_at=utc_now(),
        )


def _name_of(period: Period) -> str:
    if period == month_of(period.start):
        return f"payback-{period.start:%Y-%m}"
    return f"payback-{period.start}_{period.end - timedelta(days=1)}"


def _path_of(args: argparse.Namespace, period: Period) -> Path:
    return Path(f"{_name_of(period)}.{args.format}" if args.out is None else args.out)


def _manifest_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.manifest.json")


def _refuse_to_replace(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise LedgerError(f"{path} is a folder; give --out the path of a file")
    for taken in (path, _manifest_path(path)):
        if os.path.lexists(taken) and not (force and taken.is_file()):
            remedy = "--force replaces it" if taken.is_file() else "it is not a file; give --out another path"
            raise LedgerError(f"{taken} is there already; {remedy}")


_LEDGER_FILES = ("", "-wal", "-shm", "-journal", ".lock", ".spool", ".reserve")


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
