"""What the page Health is told of budgets fits into a header, however many there are."""

from ledger.money import NanoUsd
from payback.budget_states import states_of
from payback.pages_messages import Told, read_told
from proxy.budget import Budget, Purse, Subject
from proxy.wire import LINE_BYTES
from web.report_settings import BudgetState, BudgetStates
from web.visitor import Visitor

DAY_US = 1_795_305_600_000_000
"""2026-11-22."""


def doing(name: str, subject: Subject) -> tuple[Budget, Purse]:
    purse = Purse(subject, subject.period_at(DAY_US))
    purse.recall(7, 2)
    return Budget(name=name, limit=NanoUsd(10), subject=subject), purse


def test_a_budget_is_told_as_it_is() -> None:
    found = states_of([doing("bot", Subject("day", "workload", "support")), doing("all", Subject("month"))])
    assert found.shown[0] == BudgetState(
        name="bot",
        whose="workload support",
        per="day",
        ends="2026-11-23",
        refuses=True,
        limit_nusd=10,
        spent_nusd=7,
        reserved_nusd=0,
        unpriced_calls=2,
    )
    assert (found.shown[1].whose, found.shown[1].ends, found.more) == ("", "2026-12-01", 0)


def test_more_than_a_header_holds_are_counted() -> None:
    """A character beyond the basic plane takes 12 bytes in JSON."""
    names = [f"{number:03}{chr(0x1F4B0) * 197}" for number in range(300)]
    told = states_of([doing(name, Subject("month", "user", name)) for name in names])
    header = Told(
        visitor=Visitor(), problem="x" * 500, spool_problem=None, spooled=0, budgets=told
    ).as_header()
    assert len(told.shown) + told.more == 300
    assert told.more > 0
    assert len(header) < LINE_BYTES
    assert read_told(header).budgets == told


def test_many_short_names_fit_too() -> None:
    told = states_of([doing(f"b{number}", Subject("month", "user", f"u{number}")) for number in range(300)])
    header = Told(visitor=Visitor(), problem=None, spool_problem=None, spooled=0, budgets=told).as_header()
    assert len(header) < LINE_BYTES


def test_without_budgets_nothing_is_told() -> None:
    assert states_of([]) == BudgetStates()
