"""What the report is told by the program that shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.pricebook import PriceBook
from ledger.store import Reader
from web.plan_shelf import PlanShelf
from web.projector import Projector


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The ledger from its writer's side."""

    problem: str | None
    """Why the ledger cannot be written at this moment."""
    spool_problem: str | None
    """Why the spool cannot be written either."""
    spooled: int
    """Records that wait in the spool."""
    disk_free_bytes: int
    disk_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """How a budget is doing. Amounts are nano-USD at list prices."""

    name: str
    whose: str
    """Of whom, in words; empty: of all calls."""
    per: str
    """day or month."""
    ends: str
    """The day on which it begins anew, such as 2026-12-01."""
    refuses: bool
    limit_nusd: int
    spent_nusd: int
    reserved_nusd: int
    unpriced_calls: int


@dataclass(frozen=True, slots=True)
class BudgetStates:
    shown: Sequence[BudgetState] = ()
    more: int = 0
    """Further ones, that there was no room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    open_reader: Callable[[], Reader]
    """A read-only view of the ledger, used by one thread and closed. May raise LedgerError."""
    now: Callable[[], datetime]
    """UTC."""
    base_url: str
    """What applications point at, such as http://127.0.0.1:8300/v1."""
    ledger_name: str
    notices: Callable[[], Sequence[str]] = tuple
    """Sentences to show above everything."""
    projector: Projector | None = None
    """Answers what plans come to, in a process of its own; None: the page names the command instead."""
    plans: PlanShelf | None = None
    """Who keeps named plans; None: nobody does."""
    book: Callable[[], PriceBook] = PriceBook
    """What calls are priced by now: the user's own prices first."""
    writing: Callable[[], Writing] | None = None
    """How the writing of the ledger goes; None: nobody writes it here. May block for a moment."""
    budgets: Callable[[], BudgetStates] = BudgetStates
    """As they are now."""
    open_long_reader: Callable[[], Reader] | None = None
    """As open_reader, for downloads, which take as long as they take. None: open_reader."""
    version: str = ""
    """The program's, for manifests."""
    answer_within_s: float = 5.0
