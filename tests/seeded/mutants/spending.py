"""What budgets keep and count."""

from tests.seeded.mutant import Mutant

_HOLD = "tests/proxy/test_hold.py"
_SPENDING = "tests/proxy/test_spending.py"
_BUDGETING = "tests/payback/test_budgeting.py"
MUTANTS = (
    Mutant(
        "a call that the ledger refuses keeps its place in a budget",
        "With each of them less is left, until nothing is.",
        "proxy/record.py",
        '                self._books.watch.refused("ledger")\n                self._release()\n',
        '                self._books.watch.refused("ledger")\n',
        (f"{_HOLD}::test_what_was_kept_is_back_when_the_ledger_refuses_the_call",),
    ),
    Mutant(
        "a fault in judging a call keeps its place in a budget",
        "With each of them less is left, until nothing is.",
        "proxy/record.py",
        "        finally:\n            self._release()\n",
        "        finally:\n            pass\n",
        (f"{_HOLD}::test_what_was_kept_is_back_after_a_fault_of_our_own",),
    ),
    Mutant(
        "an end gives nothing back",
        "A budget is used up by what calls might have cost.",
        "proxy/budget.py",
        "        for purse in self._taken_from:\n            purse.reserved -= less\n",
        "",
        (f"{_HOLD}::test_what_was_kept_is_back_when_the_client_has_left",),
    ),
    Mutant(
        "room is taken a while after it was found",
        "Calls at once all find the same room.",
        "proxy/budget.py",
        "            purse.reserved += expected\n",
        "            loop = __import__('asyncio').get_running_loop()\n"
        "            loop.call_later(0.05, setattr, purse, 'reserved', purse.reserved + expected)\n",
        (f"{_SPENDING}::test_of_ten_calls_at_once_with_room_for_three_exactly_three_reach_upstream",),
    ),
    Mutant(
        "usage on the way is spent again at the end",
        "A stream that tells its usage before its end costs the budget twice.",
        "proxy/budget.py",
        "        self._cost, self._is_unpriced = cost, is_unpriced\n",
        "",
        (
            f"{_HOLD}::test_usage_that_comes_on_the_way_is_spent_at_once_and_once",
            "tests/proxy/test_budget.py::test_whatever_happens_nothing_stays_kept_and_what_is_spent_is_what_was_judged",
        ),
    ),
    Mutant(
        "a self-hosted upstream's calls are refused",
        "Hardware that is paid for stands still because money for an API is spent.",
        "proxy/spending.py",
        "        if not self.budgets.are_there or plan.upstream.self_hosted:\n",
        "        if not self.budgets.are_there:\n",
        (
            f"{_SPENDING}::test_calls_to_an_upstream_of_ones_own_use_up_nothing_whatever_price_is_written_down",
        ),
    ),
    Mutant(
        "a start begins with nothing spent",
        "Whoever restarts payback has the whole budget again.",
        "payback/budgeting.py",
        "        if new:\n            self._read(new)\n",
        "",
        (
            f"{_BUDGETING}::test_after_a_restart_on_the_same_ledger_the_budget_is_still_spent",
            f"{_BUDGETING}::test_after_a_kill_too",
        ),
    ),
    Mutant(
        "a new configuration asks the ledger anew",
        "What is kept for calls under way is forgotten.",
        "proxy/budget.py",
        "before.get(subject, [])",
        "[]",
        (
            f"{_BUDGETING}::test_a_new_configuration_carries_over_what_is_spent_and_kept",
            "tests/proxy/test_budget.py::test_a_configuration_that_keeps_a_subject_keeps_what_is_spent_and_kept",
        ),
    ),
    Mutant(
        "clients are not told to stop trying",
        "SDKs call three times for each call, until the month is over.",
        "proxy/refusal.py",
        'headers["x-should-retry"] = "false"',
        "pass",
        (f"{_SPENDING}::test_a_spent_budget_refuses_a_call_that_upstream_never_hears_of",),
    ),
)
