"""Budgets in front of calls: one that has no room in a budget is refused, before it is written down or sent.

A fault of our own lets the call pass, and is logged: a budget saves money, and is no lock. What the call
costs is still counted at its end, as far as that can be."""

import logging
from collections.abc import Callable

from ledger.money import render_usd
from ledger.pricebook import PriceBook
from ledger.rating import Unpriced
from proxy.budget import Budget, Budgets, NoRoom
from proxy.expected import expected_cost, standard_cost
from proxy.hold import Hold, begins_anew, limit_in_words
from proxy.plan import Plan
from proxy.refusal import Reason, Refusal

log = logging.getLogger(__name__)


class Spending:
    """*count* hears why a call is refused."""

    def __init__(self, budgets: Budgets, prices: PriceBook, count: Callable[[Reason], None]) -> None:
        self.budgets = budgets
        self._prices = prices
        self._count = count

    def hold_for(self, plan: Plan) -> Hold:
        """What *plan*'s next attempt may cost, kept for it. Raises Refusal, and nothing else.

        Of a call that no provider charges for, and of one to an upstream of one's own, nothing is kept; nor
        of one that starts what is billed later, which needs a budget that is not spent."""
        if not self.budgets.are_there or plan.upstream.self_hosted:
            return Hold(self.budgets)
        if not (plan.is_billable or plan.is_socket or plan.starts_billed):
            return Hold(self.budgets)
        try:
            return self._held(plan)
        except Refusal:
            raise
        except Exception as error:  # as the docstring above says
            log.error("the budgets could not be looked at, and a call passes", exc_info=error)
            return Hold(self.budgets)

    def _held(self, plan: Plan) -> Hold:
        concerning = self.budgets.concerning(plan.call)
        if not concerning:
            return Hold(self.budgets)
        expected = expected_cost(plan, self._prices)
        if isinstance(expected, Unpriced):
            self._refuse_unpriced(concerning, expected)
            expected = standard_cost(plan, self._prices)
        found = self.budgets.reserve(plan.call, expected)
        if isinstance(found, NoRoom):
            self._count("budget")
            raise _refusal_of(found)
        return Hold(self.budgets, found)

    def _refuse_unpriced(self, concerning: list[Budget], unpriced: Unpriced) -> None:
        for budget in concerning:
            if budget.refuses_unpriced:
                self._count("unpriced")
                raise Refusal(
                    403,
                    "budget_unpriced",
                    f"the budget {budget.name} is for calls with a known price, and this one has none"
                    f" ({unpriced.reason}); whoever runs payback can write a [[price]]",
                )


def _refusal_of(found: NoRoom) -> Refusal:
    """Clients that try again by themselves are told not to, where only time helps."""
    name, limit, anew = found.budget.name, limit_in_words(found.budget), begins_anew(found.purse)
    if found.is_for_a_moment:
        message = f"what is left of the budget {name} of {limit} is kept for calls under way; try again soon"
        return Refusal(429, "budget_reserved", message, retry_after_s=1)
    if not found.budget.limit:
        message = f"the budget {name} of {limit} is spent: it lets no call pass that is billed"
    elif found.is_for_good:
        message = (
            f"this call may cost {render_usd(found.expected)} USD, more than the whole budget {name} of"
            f" {limit}; allow it fewer tokens"
        )
    elif found.is_spent:
        message = f"the budget {name} of {limit} is spent; it begins anew on {anew}"
    else:
        message = (
            f"this call may cost {render_usd(found.expected)} USD, and less is left of the budget {name} of"
            f" {limit}; allow it fewer tokens, or wait until {anew}"
        )
    return Refusal(429, "budget_spent", message, is_final=True)
