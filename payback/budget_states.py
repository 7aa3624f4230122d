"""How budgets are doing, as the page Health is told."""

from collections.abc import Sequence

from ledger.money import NanoUsd
from proxy.budget import Budget, Purse
from web.report_settings import BudgetState, BudgetStates

MOST_CHARACTERS = 3000
"""Of all names together: they travel in a header of 64 KiB, where one character may take 12 bytes."""
MOST_SHOWN = 80


def states_of(budgets: Sequence[tuple[Budget, Purse]]) -> BudgetStates:
    """As many as there is room for, in the order of the configuration."""
    shown: list[BudgetState] = []
    room = MOST_CHARACTERS
    for budget, purse in budgets[:MOST_SHOWN]:
        state = state_of(budget, purse)
        room -= len(state.name) + len(state.whose)
        if room < 0:
            break
        shown.append(state)
    return BudgetStates(tuple(shown), len(budgets) - len(shown))


def state_of(budget: Budget, purse: Purse) -> BudgetState:
    subject = budget.subject
    return BudgetState(
        name=budget.name,
        whose=f"{subject.field} {subject.name}" if subject.field else "",
        per=subject.per,
        ends=purse.period.end.isoformat(),
        refuses=budget.refuses,
        limit_nusd=budget.limit,
        spent_nusd=NanoUsd(purse.spent),
        reserved_nusd=NanoUsd(purse.reserved),
        unpriced_calls=purse.unpriced_calls,
    )
