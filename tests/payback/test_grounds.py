"""What earlier questions stood on: found once for the same calls and limits, forgotten where too many."""

from dataclasses import replace
from datetime import date

import pytest

from payback import grounds
from payback.grounds import Grounds
from projection.assumptions import Assumptions
from projection.catalogue import catalogue
from projection.ground import Ground, ground_of
from projection.plan import Plan
from projection.price_columns import Prices
from projection.sized import Sizing
from tests.web.projected import PATIENT, WANTED, _prices, traffic

TODAY = date(2026, 11, 22)
PLAN = Plan(wanted=WANTED[:1], constraints=PATIENT, paths=200)
DEARER = replace(PLAN, assumptions=Assumptions().with_value("ops_h_per_month", 9.0))


class Asking:
    """Of workloads of some 150 calls each."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._grounds = Grounds()

    def ask(self, workload: str, plan: Plan = PLAN) -> Ground:
        prices: Prices = _prices()

        def make(sized: Sizing) -> Ground:
            self.made.append(workload)
            return ground_of(traffic(workload, 40, 15), plan, catalogue(), prices, TODAY, sized=sized)

        return self._grounds.of(workload, plan, TODAY, make)


def test_another_assumption_is_asked_of_the_same_ground_and_another_limit_is_not() -> None:
    asking = Asking()
    first, again = asking.ask("a"), asking.ask("a", DEARER)
    assert first is again
    asking.ask("a", replace(PLAN, constraints=replace(PATIENT, burst_factor=3.0)))
    assert asking.made == ["a", "a"]


def test_each_workload_has_its_own_and_leaves_that_of_others() -> None:
    asking = Asking()
    assert asking.ask("a") is not asking.ask("b")
    asking.ask("a", DEARER)
    asking.ask("b", DEARER)
    assert asking.made == ["a", "b"]


def test_those_asked_for_first_are_forgotten_where_all_would_take_too_much_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = len(traffic("a", 40, 15))
    monkeypatch.setattr(grounds, "MOST_CALLS", 2 * calls)
    asking = Asking()
    for workload in ("a", "b", "c", "b", "c", "a"):
        asking.ask(workload)
    assert asking.made == ["a", "b", "c", "a"]


def test_what_is_too_large_to_be_kept_is_worked_out_each_time_and_drives_out_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = Asking()
    asking.ask("a")
    monkeypatch.setattr(grounds, "MOST_CALLS", len(traffic("a", 40, 15)) - 1)
    for workload in ("b", "b", "a"):
        asking.ask(workload)
    assert asking.made == ["a", "b", "b"]
