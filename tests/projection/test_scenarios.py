"""Every case of both articles is there, and its bill is the one that the article printed."""

import numpy as np
import pytest

from ledger.period import US_PER_DAY
from projection.catalogue import catalogue
from projection.period import DAYS_PER_MONTH
from projection.scenarios import Scenario, scenarios
from projection.scenarios.loading import scenario_of
from projection.volume import traffic_of

ALL = scenarios()
BILLED = [each for each in ALL if each.finding.bill_usd_per_month is not None]
THEIR_MONTH_DAYS = {"a": DAYS_PER_MONTH, "b": 30.0}
"""The first article states volumes by the month, the second one by the day, for 30 days."""


def named(scenario: Scenario) -> str:
    return scenario.name


def found(prefix: str) -> list[Scenario]:
    return [each for each in ALL if each.finding.where.startswith(prefix)]


def test_every_row_of_the_articles_tables_is_there() -> None:
    assert [len(found(f"Scenario {number}")) for number in (1, 2, 3)] == [4, 4, 3]
    assert len(found("TL;DR decision table")) == 6
    assert len({each.finding.article for each in ALL}) == 2
    assert sum("The Breakeven Analysis" in each.finding.where for each in ALL) == 3


@pytest.mark.parametrize("scenario", BILLED, ids=named)
def test_the_bill_is_the_one_that_was_published(scenario: Scenario) -> None:
    volume = scenario.plan.volume
    assert volume is not None
    traffic = traffic_of(volume, np.random.default_rng(1))
    days = (traffic.to_us - traffic.from_us) / US_PER_DAY
    daily = volume.calls_per_month is not None
    theirs = traffic.list_cost_usd / days * (THEIR_MONTH_DAYS[scenario.name[0]] if daily else DAYS_PER_MONTH)
    assert scenario.finding.bill_usd_per_month == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("scenario", ALL, ids=named)
def test_a_scenario_says_what_it_is_and_names_what_the_catalogue_has(scenario: Scenario) -> None:
    plan = scenario.plan
    assert plan.name
    assert plan.wanted
    known = catalogue(plan.catalogue)
    for wanted in plan.wanted:
        assert wanted.model is not None
        assert wanted.model in known.models
        assert wanted.hardware is None or wanted.hardware in known.hardware


def test_scenarios_come_in_the_order_of_the_articles() -> None:
    names = [each.name for each in ALL]
    assert names == sorted(names)
    assert names[0].startswith("a01")
    assert names[-1].startswith("b")


def test_the_cases_with_a_known_break_even_are_what_they_were() -> None:
    """On the articles' own inputs: 3.2 months; 21.1, 3.88 and 1.92; 1.48."""
    own = {}
    for each in ALL:
        finding, wanted = each.finding, each.plan.wanted[0]
        if finding.bill_usd_per_month and finding.local_usd_per_month and wanted.hardware_usd:
            saved = finding.bill_usd_per_month - finding.local_usd_per_month
            own[each.name[:3]] = wanted.hardware_usd / saved if saved > 0 else float("inf")
    assert own["a01"] == own["a02"] == float("inf")
    assert own["a04"] == pytest.approx(3.2, rel=0.01)
    assert [own[name] for name in ("a06", "a07", "a08")] == pytest.approx([21.1, 3.88, 1.92], rel=0.01)
    assert own["b02"] == pytest.approx(1.48, rel=0.01)


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ("", r"^x: \[published\] article is missing; write what the article says, and where$"),
        ("published = 1", r"^x: \[published\] is 1; write key = value, below \[published\]$"),
        (
            '[published]\narticle = "a"\nwhere = "w"\nverdict = "v"\nbill_usd = 1',
            r"^x: \[published\] bill_usd is no known key; nearest: bill_usd_per_month$",
        ),
    ],
)
def test_a_finding_that_is_incomplete_is_refused(toml: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        scenario_of("x", toml)
