"""payback import: other people's records as calls."""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from ledger.errors import BadPeriod
from ledger.imports.azure_trace import Trace, entries_of, read_trace
from ledger.imports.keep import keep_all
from ledger.period import us_at
from ledger.pricelist import provider_of_model
from ledger.tally import Tally, measures_of
from payback.commands.asking import config_of
from payback.settings import load_settings
from payback.terminal import cost_in_words, counted
from payback.wiring import ledger_path, price_book, spool_path

FORMATS = ("azure-trace",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Every line is checked before anything is kept: a file with a bad line leaves the ledger as it is."
        " Importing the same file at the same time again adds nothing."
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="what to import")
    parser.add_argument("--format", choices=FORMATS, required=True, help="what the file is")
    parser.add_argument(
        "--model", metavar="M", help="the model that the calls are priced as; without it they have no cost"
    )
    parser.add_argument(
        "--provider", metavar="P", help="whose price list applies (default: the model's maker)"
    )
    parser.add_argument(
        "--start",
        metavar="T",
        help="when the first call was, such as 2026-10-05T00:00:00Z (default: as in the file)",
    )
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    start_us = None if args.start is None else _read_start(args.start)
    trace = read_trace(args.file)
    settings = load_settings(config_of(args))
    book = price_book(settings)
    provider = args.provider or (provider_of_model(book, args.model) if args.model else None)
    entries = entries_of(trace, book, provider=provider, model=args.model, start_us=start_us)
    tally = Tally()
    ledger = ledger_path(settings, args.ledger)
    new = keep_all(ledger, spool_path(settings, ledger), tally.of(entries))
    print(json.dumps(_as_json(trace, tally, new), indent=2) if args.json else _as_text(trace, tally, new))
    return 0


def _read_start(text: str) -> int:
    """RFC 3339, as microseconds since the epoch."""
    try:
        start = datetime.fromisoformat(text)
        if start.tzinfo is None:
            raise ValueError
    except ValueError:
        raise BadPeriod(f"{text!r} is not a time with its zone; write it as 2026-10-05T00:00:00Z") from None
    return us_at(start)


def _as_json(trace: Trace, tally: Tally, new: int) -> dict[str, Any]:
    return {"file": str(trace.path), "rows": tally.rows, "new_calls": new, "sums": measures_of(tally.sums)}


def _as_text(trace: Trace, tally: Tally, new: int) -> str:
    sums = tally.sums
    tokens = f"{sums.input_tokens:,} input tokens, {sums.output_tokens:,} output tokens"
    lines = [
        f"{trace.path}: {counted(tally.rows, 'row')}, {tokens}, {cost_in_words(sums)}",
        f"{counted(new, 'new call')}, {tally.rows - new:,} in the ledger already",
    ]
    if sums.unpriced_calls:
        lines.append(f"{counted(sums.unpriced_calls)} without a known price; payback report says why")
    return "\n".join(lines)
