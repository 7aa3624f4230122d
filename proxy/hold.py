"""What one call tells budgets: what it comes to, and that it has ended.

A fault in here is a line in the log and changes nothing for the client: what was kept for the call is given
back all the same, and what was not counted is read from the ledger at the next start."""

import logging
from collections.abc import Iterable

from ledger.call import Entry
from ledger.money import NanoUsd, render_usd
from proxy.budget import Budget, Budgets, Purse, Reservation

log = logging.getLogger(__name__)


class Hold:
    def __init__(self, budgets: Budgets, reservation: Reservation | None = None) -> None:
        self._budgets = budgets
        self._reservation = reservation

    def metered(self, entry: Entry) -> None:
        """Counted, also where there is no budget yet: there may be one when the call ends."""
        self._count(self._own(), entry, is_over=False)

    def ended(self, entry: Entry) -> None:
        """It was judged for the last time."""
        if self._reservation is not None or self._budgets.purses.are_there:
            self._count(self._own(), entry, is_over=True)

    def reported(self, item: Entry) -> None:
        """A call that this call's answer tells of. One that has a key is counted where it is seen first."""
        purses = self._budgets.purses
        is_first = item.item_key is None or purses.is_first(item.item_key)  # there may be budgets later
        if is_first and purses.are_there:
            self._count(Reservation(purses), item, is_over=True)

    def _count(self, reservation: Reservation, entry: Entry, *, is_over: bool) -> None:
        try:
            for purse in reservation.spend(entry, is_over=is_over):
                tell_spent((budget, purse) for budget in self._budgets.of(purse.subject))
        except Exception as error:  # whatever it is, the call goes on
            log.error("what a call has cost is not counted in a budget", exc_info=error)

    def release(self) -> None:
        """However the call has ended. May be said twice."""
        if self._reservation is not None:
            self._reservation.release()

    def _own(self) -> Reservation:
        if self._reservation is None:
            self._reservation = Reservation(self._budgets.purses)
        return self._reservation


def tell_spent(budgets: Iterable[tuple[Budget, Purse]]) -> None:
    """Once for each budget and period, not for each call."""
    for budget, purse in budgets:
        told = (budget.name, int(budget.limit), budget.refuses)
        if purse.spent >= budget.limit and told not in purse.told:
            purse.told.add(told)
            log.warning(
                "the budget %s is spent: %s USD of %s; %s",
                budget.name,
                render_usd(NanoUsd(purse.spent)),
                limit_in_words(budget),
                _what_follows(budget, purse),
            )


def _what_follows(budget: Budget, purse: Purse) -> str:
    until = f"until {begins_anew(purse)}"
    if not budget.refuses:
        return f"calls go on, as its when_spent says, {until}"
    return f"calls are refused {until}" if budget.limit else "it lets no call pass that is billed"


def limit_in_words(budget: Budget) -> str:
    return f"{render_usd(budget.limit)} USD a {budget.subject.per}"


def begins_anew(purse: Purse) -> str:
    return f"{purse.period.end.isoformat()} 00:00 UTC"
