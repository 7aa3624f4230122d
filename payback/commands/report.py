"""payback report: what was spent on what."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from ledger.as_json import report_as_json
from ledger.money import render_usd
from ledger.rollup import Rollup
from ledger.store import Group, GroupBy, Report
from ledger.tally import known_cost
from payback.call_lines import LAST_CALLS, render_calls
from payback.clock import utc_now
from payback.commands.asking import add_period_arguments, open_reader, period_of, this_month
from payback.terminal import SENTENCE_COLUMNS, Column, clean, counted, render_table, usd_column
from payback.watch import watch

EVERY_S, LEAST_S, MOST_S = 5.0, 0.2, 3600.0
_TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
_BESIDE = ("unpriced_calls", "self_hosted_calls", "not_billed_calls", "estimated_calls", "interrupted_calls")
"""What whoever reads the sum must know of; a column stands only where there are any."""
_ALWAYS = ("input_tokens", "output_tokens")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The list cost is the sum of the calls whose price is known. Calls without a known price are not in"
        " it: they are counted beside it as unpriced, with the reasons. Without any days it is this month."
    )
    add_period_arguments(parser)
    parser.add_argument(
        "--by",
        choices=[by.value for by in GroupBy],
        default="model",
        help="one line for each (default: model)",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--json", action="store_true", help="for programs: {from, to, total, groups}")
    instead.add_argument(
        "--watch",
        nargs="?",
        const=EVERY_S,
        type=_seconds,
        metavar="SECONDS",
        help=f"go on showing it, with the last calls, every {EVERY_S:g} seconds or as often as this says",
    )


def run(args: argparse.Namespace) -> int:
    if args.watch is not None:
        watch(partial(_frame, args), args.watch, sys.stdout)
    today = utc_now().date()
    period = period_of(args, today) or this_month(today)
    with open_reader(args) as reader:
        report = reader.report(period, GroupBy(args.by))
        if args.json:
            print(json.dumps(report_as_json(report), indent=2))
        else:
            print(render_report(report, reader.unpriced_reasons(period)))
    return 0


def _frame(args: argparse.Namespace) -> str:
    """The report and the last calls, all of one moment; without any days, of the month that it is by then."""
    now = utc_now()
    period = period_of(args, now.date()) or this_month(now.date())
    with open_reader(args) as reader, reader.snapshot():
        report = reader.report(period, GroupBy(args.by))
        told = render_report(report, reader.unpriced_reasons(period))
        last = render_calls(reader.last_calls(LAST_CALLS))
    return f"Read at {now:%Y-%m-%d %H:%M:%S} UTC, every {args.watch:g} s; Ctrl-C ends.\n\n{told}\n\n{last}"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not LEAST_S <= seconds <= MOST_S:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds from {LEAST_S:g} to {MOST_S:g}"
        )
    return seconds


def render_report(report: Report, reasons: Sequence[tuple[str, int]]) -> str:
    first, last = report.period.start, report.period.end - timedelta(days=1)
    parts = [f"{first} to {last} (UTC), by {report.by}"]
    if report.groups:
        parts += [_table(report), "\n".join(_remarks(report.total, reasons))]
    else:
        parts.append("No calls.")
    return "\n\n".join(parts)


def _table(report: Report) -> str:
    all_sums = [*(group.sums for group in report.groups), report.total]
    names = [*(_name_of(group, report.by) for group in report.groups), "total"]
    costs = usd_column([known_cost(sums) for sums in all_sums])
    tokens, beside = _shown(_TOKENS, report.total), _shown(_BESIDE, report.total)
    lines = [
        [name, *_counts(sums, ["calls", *tokens]), cost, *_counts(sums, beside)]
        for name, sums, cost in zip(names, all_sums, costs, strict=True)
    ]
    titles = ["calls", *map(_title_of, tokens), "list cost USD", *map(_title_of, beside)]
    columns = [Column(report.by.value, right=False), *map(Column, titles)]
    return render_table(columns, lines[:-1], lines[-1])


def _shown(measures: Sequence[str], total: Rollup) -> list[str]:
    return [measure for measure in measures if measure in _ALWAYS or getattr(total, measure)]


def _title_of(measure: str) -> str:
    return measure.removesuffix("_tokens").removesuffix("_calls").replace("_", " ")


def _counts(sums: Rollup, measures: Sequence[str]) -> list[str]:
    return [f"{getattr(sums, measure):,}" for measure in measures]


def _name_of(group: Group, by: GroupBy) -> str:
    return f"(no {by})" if group.value is None else clean(group.value)


def _remarks(total: Rollup, reasons: Sequence[tuple[str, int]]) -> list[str]:
    """What the sum does not say by itself."""
    remarks = {
        "unpriced": (total.unpriced_calls, "without a known price, not in the list cost"),
        "self-hosted": (total.self_hosted_calls, "not billed per token, not in the list cost"),
        "not billed": (total.not_billed_calls, "with nothing to bill, such as a list of models"),
        "estimated": (total.estimated_calls, _estimated(total)),
        "interrupted": (total.interrupted_calls, "that payback itself did not live to see the end of"),
        "failed": (total.failed_calls, "that upstream refused, cut or never answered"),
    }
    told = [f"{word}: {counted(calls)} {meaning}" for word, (calls, meaning) in remarks.items() if calls]
    if total.unpriced_calls:
        why = [f"  {calls:,}  {clean(reason, SENTENCE_COLUMNS)}" for reason, calls in reasons]
        told[1:1] = why
    if total.upstream_cost or total.upstream_cost_list:
        told.append(_bill(total))
    return told


def _estimated(total: Rollup) -> str:
    """A count alone does not say whether the sum is well known."""
    part = f"; that is {render_usd(total.estimated_list_cost)} USD of the list cost"
    return "whose tokens upstream did not report in full" + (part if total.estimated_list_cost else "")


def _bill(total: Rollup) -> str:
    """What upstream itself says, beside what the price list says of the same calls."""
    bill, listed = render_usd(total.upstream_cost), render_usd(total.upstream_cost_list)
    without = "; calls without a known price are in the bill alone" if total.unpriced_calls else ""
    return f"upstream's own bill: {bill} USD for calls that we list at {listed} USD{without}"
