"""What the server and the process that draws pages say to each other.

A setup is said once, and again when the configuration is read again; the rest with each request, in a header
that nobody else can set."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ledger.pricebook import PriceBook
from web.report_settings import BudgetState, BudgetStates
from web.visitor import SignIn, Visitor

TOLD = "X-Payback-Told"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesSetup:
    """Pickled, as both ends are one program."""

    ledger: Path
    origin: str
    """Where payback listens, such as http://127.0.0.1:8300."""
    notices: tuple[str, ...]
    book: PriceBook
    is_made_up: bool
    log_format: str
    log_level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was true when a request came."""

    visitor: Visitor
    problem: str | None
    """Why the ledger cannot be written."""
    spool_problem: str | None
    spooled: int
    budgets: BudgetStates = field(default_factory=BudgetStates)
    """For the page that shows them."""

    def as_header(self) -> str:
        return json.dumps(asdict(self))


def read_told(header: str) -> Told:
    facts = json.loads(header)
    visitor = facts.pop("visitor")
    sign_in = visitor.pop("sign_in")
    told = facts["budgets"]
    facts["budgets"] = BudgetStates(tuple(BudgetState(**state) for state in told["shown"]), told["more"])
    return Told(visitor=Visitor(**visitor, sign_in=sign_in and SignIn(**sign_in)), **facts)
