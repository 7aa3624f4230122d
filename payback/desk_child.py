"""The process that projects: `python -m payback.desk_child`, started by the server and ended with it.

It reads questions from its standard input until that ends. What it has read of the ledger it keeps for a
minute, so that another assumption is answered at once."""

import json
import os
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

from ledger.errors import LedgerError
from ledger.period import Period, us_at
from ledger.sqlite.reader import open_sqlite_reader
from payback.clock import utc_now
from payback.desk_messages import BAD_PLAN, FAILED, NOTHING, Setup, framed, read_question
from payback.errors import SettingsError
from payback.fleets import Fleets
from payback.projected import Answer, NoCalls, Terms, answer_as_json, last_days, of_ledger, of_volume
from payback.traffic_store import Traffics, traffics
from projection.plan import Plan
from projection.plan_file import plan_of
from web.projector import BRIEF

KEPT_S = 60.0
NICENESS = 10
"""Calls go first."""


class _Ledger:
    """What was read of it, while that is young enough."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._found: tuple[Period, Traffics] | None = None
        self._read_at_s = 0.0
        self.fleets = Fleets()
        """Of what was read last."""

    def traffics(self, period: Period, now: datetime) -> Traffics:
        if self._found and self._found[0] == period and time.monotonic() - self._read_at_s < KEPT_S:
            return self._found[1]
        with closing(open_sqlite_reader(self._setup.ledger)) as reader:
            found = traffics(reader, self._setup.ledger, period, now_us=us_at(now))
        self._found, self._read_at_s = (period, found), time.monotonic()
        self.fleets = Fleets()
        return found


def main() -> int:
    os.nice(NICENESS)
    asking, answering = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # an answer is the only thing that goes out there
    try:
        setup = read_question(asking)
        ledger = _Ledger(setup)
        while True:
            told = answered(read_question(asking), setup, ledger)
            answering.write(framed(json.dumps(told).encode()))
            answering.flush()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return 0


def answered(document: Any, setup: Setup, ledger: _Ledger) -> dict[str, Any]:
    """{"answer": ...}, or {"failed": why, "sentence": ...}."""
    is_brief = bool(document.pop(BRIEF, False))
    try:
        plan = plan_of(document, "the form")
    except ValueError as error:
        return {"failed": BAD_PLAN, "sentence": str(error)}
    try:
        answer = answer_as_json(_answer(plan, setup, ledger, is_brief=is_brief))
        return {"answer": answer | {"brief": is_brief}}
    except NoCalls as error:
        return {"failed": NOTHING, "sentence": str(error)}
    except (SettingsError, ValueError) as error:
        return {"failed": BAD_PLAN, "sentence": str(error)}
    except LedgerError as error:
        return {"failed": FAILED, "sentence": str(error)}


def _answer(plan: Plan, setup: Setup, ledger: _Ledger, *, is_brief: bool) -> Answer:
    now = utc_now()
    terms = Terms(plan=plan, book=setup.book, now=now, is_brief=is_brief)
    if plan.volume is not None:
        return of_volume(plan.volume, terms)
    period = last_days(now.date())
    found = ledger.traffics(period, now)
    return of_ledger(found, period, plan.workload, replace(terms, sized=ledger.fleets.of))


if __name__ == "__main__":
    sys.exit(main())
