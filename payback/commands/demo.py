"""payback demo: the report over made-up days, without a provider or a key."""

import argparse
import tempfile
from pathlib import Path

from ledger.errors import LedgerError
from ledger.imports.keep import keep_all
from payback.clock import utc_now
from payback.commands.asking import config_of
from payback.demo import NOTICE, made_up_calls
from payback.settings import Settings, load_settings
from payback.terminal import counted
from payback.wiring import ledger_path, price_book, spool_path

HOST = "127.0.0.1"
LONGEST_DAYS = 3650


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The made-up ledger is a temporary file that is gone when the demo ends; --ledger keeps it at a path"
        " where nothing is yet. Models and prices are real, the calls are not."
    )
    parser.add_argument("--port", type=int, metavar="P", help="(default: the configuration's, or else 8300)")
    parser.add_argument(
        "--days", type=_read_days, default=90, metavar="N", help="how many days to make up (default: 90)"
    )
    parser.add_argument(
        "--fill-only", action="store_true", help="make the ledger, say where it is, serve nothing"
    )


def run(args: argparse.Namespace) -> int:
    settings = _with_its_own_spool(load_settings(config_of(args)))
    if args.ledger:
        return _demo(args, settings, _fresh(ledger_path(settings, args.ledger)))
    if args.fill_only:
        return _demo(args, settings, Path(tempfile.mkdtemp(prefix="payback-demo-")) / "demo.db")
    with tempfile.TemporaryDirectory(prefix="payback-demo-") as folder:
        return _demo(args, settings, Path(folder) / "demo.db")


def _demo(args: argparse.Namespace, settings: Settings, ledger: Path) -> int:
    notice = NOTICE.format(days=args.days)
    calls = keep_all(
        ledger, spool_path(settings, ledger), made_up_calls(utc_now(), args.days, price_book(settings))
    )
    print(f"{counted(calls, 'made-up call')} in {ledger}", flush=True)
    if args.fill_only:
        return 0
    from payback.commands.serve import serve

    port = settings.server.port if args.port is None else args.port
    return serve(settings, ledger, host=HOST, port=port, notices=[notice], is_made_up=True)


def _with_its_own_spool(settings: Settings) -> Settings:
    """What waits in the configured spool is real, and must not be taken over into made-up books."""
    return settings.model_copy(update={"ledger": settings.ledger.model_copy(update={"spool": None})})


def _fresh(ledger: Path) -> Path:
    """Made-up calls never come into a ledger that somebody has."""
    if ledger.exists():
        raise LedgerError(f"{ledger} is there already; made-up calls go only into a new ledger")
    return ledger


def _read_days(text: str) -> int:
    days = int(text) if text.isdecimal() and len(text) <= len(str(LONGEST_DAYS)) else 0
    if not 1 <= days <= LONGEST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 to {LONGEST_DAYS}")
    return days
