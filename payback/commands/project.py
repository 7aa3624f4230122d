"""payback project: when moving to self-hosted models pays off, if ever."""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from ledger.errors import LedgerError
from ledger.period import Period, us_at
from ledger.store import Reader
from payback.clock import utc_now
from payback.commands.asking import add_period_arguments, config_of, period_of
from payback.commands.reading import open_ledger
from payback.errors import SettingsError
from payback.figures import dollars
from payback.progress import Progress
from payback.project_text import render_projection
from payback.projected import (
    DAYS,
    Answer,
    Done,
    Terms,
    answer_as_json,
    days_of,
    last_days,
    of_ledger,
    of_volume,
    workload_of,
)
from payback.projecting import read_plan, stated_volume
from payback.settings import Settings, load_settings
from payback.terminal import clean, counted
from payback.traffic_store import Traffics, traffics
from payback.wiring import ledger_path, price_book
from projection.catalogue import catalogue
from projection.plan import Plan

LARGEST_SEED = 2**32 - 1
NO = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What was asked, read once."""

    args: argparse.Namespace
    plan: Plan
    settings: Settings
    now: datetime

    @property
    def workload(self) -> str | None:
        wanted: str | None = self.args.workload
        return wanted or self.plan.workload

    def terms(self, done: Done | None = None) -> Terms:
        told = Terms(plan=self.plan, book=price_book(self.settings), now=self.now)
        return told if done is None else replace(told, done=done)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Compares, on the calls of your own ledger: staying; the same open models by somebody else's API;"
        " renting, buying and mixing. Break-even months are P10, P50 and P90 of many paths, with the share of"
        f" paths that never pay back. Without any days it is the last {DAYS} whole days. Exit status: 0 where"
        " something pays off, 1 where nothing does or it is too early to say, 2 where something cannot be"
        " read. A workload under 1 % of the cost is projected only when it is asked for by name."
    )
    parser.add_argument("--workload", metavar="W", help="one workload (default: each by itself)")
    parser.add_argument(
        "--plan", metavar="FILE", type=Path, help="machines, models, limits and assumptions, in TOML"
    )
    add_period_arguments(parser)
    instead = parser.add_argument_group("instead of the ledger's calls").add_mutually_exclusive_group()
    instead.add_argument(
        "--volume",
        metavar="IN/OUT",
        help="tokens a month that nobody measured, such as 100M/50M; with --model",
    )
    instead.add_argument(
        "--claim", metavar="TEXT", help='is a claimed speed possible, such as "70B q4 on RTX 4090: 60 tok/s"'
    )
    instead.add_argument(
        "--backtest", action="store_true", help="how often forecasts were right, here and on made-up traffic"
    )
    parser.add_argument("--model", metavar="M", help="what --volume runs on today")
    parser.add_argument("--seed", type=_read_seed, metavar="N", help="of the random numbers (default: 8300)")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    plan = _plan_of(args)
    if args.claim is not None:
        return _check(args, plan)
    question = _Question(args=args, plan=plan, settings=load_settings(config_of(args)), now=utc_now())
    if args.backtest:
        return _backtest(question)
    volume = plan.volume
    answer = _from_ledger(question) if volume is None else of_volume(volume, question.terms())
    print(json.dumps(answer_as_json(answer), indent=2) if args.json else _as_text(answer))
    return 0 if any(found.pays_off for found in answer.projections) else NO


def _plan_of(args: argparse.Namespace) -> Plan:
    plan = Plan() if args.plan is None else read_plan(args.plan)
    if (args.volume is None) != (args.model is None):
        raise SettingsError("--volume and --model go together, as in --volume 100M/50M --model gpt-4o")
    if args.volume is not None:
        if plan.volume is not None:
            raise SettingsError(f"{args.plan} states a volume too; leave --volume out, or the plan's")
        plan = replace(plan, volume=stated_volume(args.volume, args.model))
    if plan.volume is not None and (args.workload or args.first or args.last or args.month):
        raise SettingsError("a stated volume has no workloads and no days; leave --workload and days out")
    return plan if args.seed is None else replace(plan, seed=args.seed)


def _from_ledger(asked: _Question) -> Answer:
    period = period_of(asked.args, asked.now.date()) or last_days(asked.now.date())
    with _reader(asked) as reader:
        found = _read(reader, asked, period)
    with Progress("projecting workloads") as progress:
        return of_ledger(found, period, asked.workload, asked.terms(progress))


@contextmanager
def _reader(asked: _Question) -> Iterator[Reader]:
    with closing(open_ledger(ledger_path(asked.settings, asked.args.ledger))) as reader:
        yield reader


def _read(reader: Reader, asked: _Question, period: Period) -> Traffics:
    ledger = ledger_path(asked.settings, asked.args.ledger)
    with Progress("reading days of calls") as progress:
        return traffics(reader, ledger, period, now_us=us_at(asked.now), progress=progress)


def _as_text(answer: Answer) -> str:
    period = answer.period
    days = f"{period.start} to {period.end - timedelta(days=1)} (UTC)" if period else "Stated volume"
    parts = [days, *map(render_projection, answer.projections)]
    parts += [f"Not projected: {clean(why, 400)}" for why in answer.failed]
    if answer.smaller:
        names = ", ".join(map(clean, answer.smaller[:5])) + (", ..." if len(answer.smaller) > 5 else "")
        smaller = counted(len(answer.smaller), "smaller workload")
        cost = f"{dollars(answer.smaller_usd)} USD together"
        parts.append(f"{smaller} ({names}), {cost}; --workload projects one.")
    return "\n\n".join(parts)


def _check(args: argparse.Namespace, plan: Plan) -> int:
    from payback.claim_text import claim_as_json, render_claim
    from projection.claim import Credibility, check_claim

    with _in_one_sentence():
        claim = check_claim(args.claim, catalogue(plan.catalogue))
    print(json.dumps(claim_as_json(claim), indent=2) if args.json else render_claim(claim))
    return NO if claim.credibility is Credibility.IMPOSSIBLE else 0


def _backtest(asked: _Question) -> int:
    from payback.backtest_text import render_backtest
    from payback.backtesting import made_up_scores, own_scores, whole_history
    from payback.project_json import backtest_as_json

    with _reader(asked) as reader:
        today = asked.now.date()
        period = period_of(asked.args, today) or whole_history(reader, today)
        if period is None:
            raise LedgerError("the ledger has no whole day of calls yet; there is nothing to test")
        found = _read(reader, asked, period)
    traffic = workload_of(found, asked.workload, period) if asked.workload else found.together
    own = own_scores(traffic, asked.plan.seed)
    with Progress("forecasting made-up traffic") as progress:
        families = made_up_scores(asked.plan.seed, progress)
    who = f"{clean(asked.workload or 'All workloads')}, {days_of(period)}"
    told = backtest_as_json(own, families)
    print(json.dumps(told, indent=2) if asked.args.json else render_backtest(who, own, families))
    return 0


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Of what was asked for in words."""
    try:
        yield
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _read_seed(text: str) -> int:
    seed = int(text) if text.isdecimal() and len(text) <= len(str(LARGEST_SEED)) else -1
    if not 0 <= seed <= LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {LARGEST_SEED}")
    return seed
