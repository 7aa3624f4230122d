"""What the process that projects answers to one question, and what it keeps for the next."""

import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

from ledger.errors import LedgerError
from ledger.period import Period, us_at
from ledger.sqlite.reader import open_sqlite_reader
from payback.clock import utc_now
from payback.desk_messages import BAD_PLAN, FAILED, NOTHING, Setup
from payback.errors import SettingsError
from payback.grounds import Grounds
from payback.projected import Answer, NoCalls, Terms, answer_as_json, last_days, of_ledger, of_volume
from payback.traffic_store import Traffics, traffics
from projection.plan import Plan
from projection.plan_file import plan_of
from web.projector import BRIEF

KEPT_S = 60.0
KEPT_FOR_BRIEF_S = 3600.0
"""A brief answer is to be there at once; a whole one follows it, of the calls too that have come since."""


class ReadLedger:
    """What was read of it, while that is young enough."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._found: tuple[Period, Traffics] | None = None
        self._read_at_s = 0.0
        self.grounds = Grounds()
        """Of what was read last."""

    def traffics(self, period: Period, now: datetime, *, is_brief: bool = False) -> Traffics:
        kept_s = KEPT_FOR_BRIEF_S if is_brief else KEPT_S
        if self._found and self._found[0] == period and time.monotonic() - self._read_at_s < kept_s:
            return self._found[1]
        with closing(open_sqlite_reader(self._setup.ledger)) as reader:
            found = traffics(reader, self._setup.ledger, period, now_us=us_at(now))
        self._found, self._read_at_s = (period, found), time.monotonic()
        self.grounds = Grounds()
        return found


def answered(document: Any, setup: Setup, ledger: ReadLedger) -> dict[str, Any]:
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


def _answer(plan: Plan, setup: Setup, ledger: ReadLedger, *, is_brief: bool) -> Answer:
    now = utc_now()
    terms = Terms(plan=plan, book=setup.book, now=now, is_brief=is_brief)
    if plan.volume is not None:
        return of_volume(plan.volume, terms)
    period = last_days(now.date())
    found = ledger.traffics(period, now, is_brief=is_brief)
    return of_ledger(found, period, plan.workload, replace(terms, grounds=ledger.grounds))
