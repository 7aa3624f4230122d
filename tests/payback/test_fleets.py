"""Machines that were counted before: counted once for the same calls, limits and machines, and the same."""

from dataclasses import replace

from payback.fleets import Fleets
from projection.candidates import candidates_of
from projection.catalogue import catalogue
from projection.plan import Plan
from tests.web.projected import PATIENT, WANTED, traffic


def test_an_assumption_counts_nothing_again_and_a_limit_does() -> None:
    plan = Plan(wanted=WANTED[:1], constraints=PATIENT)
    calls, known = traffic("a", 40, 15), catalogue()
    fleets = Fleets()
    first, again = (fleets.of(candidates_of(calls, plan, known).open[0], plan) for _ in range(2))
    assert first is again
    impatient = replace(plan, constraints=replace(PATIENT, burst_factor=3.0))
    other = candidates_of(calls, impatient, known).open[0]
    assert fleets.of(other, impatient) is not first


def test_calls_of_another_workload_are_counted_by_themselves() -> None:
    plan, known, fleets = Plan(wanted=WANTED[:1], constraints=PATIENT), catalogue(), Fleets()
    found = [
        fleets.of(candidates_of(traffic(name, 40, 15), plan, known).open[0], plan) for name in ("a", "b")
    ]
    assert found[0] is not found[1]
