"""What the commands that read the ledger share: which file, which days."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ledger.errors import BadPeriod
from ledger.period import Period, month_of, read_days, read_month
from ledger.store import Reader
from payback import places


def add_period_arguments(parser: argparse.ArgumentParser) -> None:
    days = parser.add_argument_group(
        "which days", "Days and months are UTC; the first and the last day both count."
    )
    days.add_argument("--month", metavar="M", help="a whole month, such as 2026-10")
    days.add_argument("--from", dest="first", metavar="D", help="the first day, such as 2026-10-05")
    days.add_argument("--to", dest="last", metavar="D", help="the last day; today if it is left out")


def period_of(args: argparse.Namespace, today: date) -> Period | None:
    """The days that were asked for; None when none were. Raises BadPeriod."""
    if args.month is not None and (args.first is not None or args.last is not None):
        raise BadPeriod("--month and --from, --to exclude each other; give either the month or the days")
    if args.month is not None:
        return read_month(args.month)
    if args.last is not None and args.first is None:
        raise BadPeriod("--to needs --from, the first day")
    if args.first is not None:
        return read_days(args.first, today.isoformat() if args.last is None else args.last)
    return None


def this_month(today: date) -> Period:
    return month_of(today)


def ledger_of(args: argparse.Namespace) -> Path:
    """Where the ledger is. A configuration is read only if there is one: that takes longer than a report."""
    if args.config is None and not places.CONFIGURATION.is_file():
        return places.ledger_at(args.ledger)
    from payback.settings import load_settings
    from payback.wiring import ledger_path

    return ledger_path(load_settings(config_of(args)), args.ledger)


def config_of(args: argparse.Namespace) -> Path | None:
    return Path(args.config) if args.config else None


@contextmanager
def open_reader(args: argparse.Namespace) -> Iterator[Reader]:
    from payback.commands.reading import open_ledger

    reader = open_ledger(ledger_of(args))
    try:
        yield reader
    finally:
        reader.close()
