"""What the command and the page both ask: which workloads, and what is said when there are none."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from ledger.period import Period
from ledger.pricebook import PriceBook
from payback.day_calls import Beside
from payback.projected import NoCalls, Terms, answer_as_json, last_days, of_ledger, of_volume
from payback.traffic_store import Traffics
from projection.plan import Plan, Volume
from projection.traffic import Traffic
from projection.volume import traffic_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PERIOD = Period(date(2024, 1, 1), date(2024, 1, 29))
TERMS = Terms(plan=Plan(paths=200), book=PriceBook(), now=NOW)
STATED = Volume(
    input_tokens_per_month=1e6,
    output_tokens_per_month=1e6,
    model="m",
    input_usd_per_mtok=1.0,
    output_usd_per_mtok=1.0,
)


def made_up() -> Traffic:
    return traffic_of(STATED, np.random.default_rng(1))


def held(traffic: Traffic, *workloads: str, beside: dict[str, Beside] | None = None) -> Traffics:
    """All calls are the first workload's."""
    return Traffics(
        together=traffic,
        workloads=workloads,
        beside=beside or {name: Beside() for name in workloads},
        of_workload=np.zeros(len(traffic), dtype=np.int64),
        names=workloads or ("",),
    )


def test_ninety_whole_days_are_asked_for_and_today_is_none_of_them() -> None:
    assert last_days(date(2026, 11, 22)) == Period(date(2026, 8, 24), date(2026, 11, 22))


def test_each_workload_is_projected_by_its_name() -> None:
    answer = of_ledger(held(made_up(), "bot"), PERIOD, None, TERMS)
    assert [found.workload for found in answer.projections] == ["bot"]
    told = answer_as_json(answer)
    assert (told["from"], told["to"]) == ("2024-01-01", "2024-01-28")
    assert told["smaller_workloads"] == []


def test_a_stated_volume_has_no_days() -> None:
    told = answer_as_json(of_volume(STATED, TERMS))
    assert (told["from"], told["to"]) == (None, None)


def test_an_unknown_workload_is_offered_the_nearest_one() -> None:
    with pytest.raises(NoCalls, match=r"no calls of workload 'bat' .*; perhaps 'bot'"):
        of_ledger(held(made_up(), "bot"), PERIOD, "bat", TERMS)


def test_a_workload_that_is_at_home_already_says_so() -> None:
    found = held(made_up(), "bot", beside={"bot": Beside(), "lab": Beside(self_hosted=3)})
    with pytest.raises(NoCalls, match="self-hosted already"):
        of_ledger(found, PERIOD, "lab", TERMS)


def test_no_calls_at_all_say_which_days_were_looked_at() -> None:
    nothing = made_up().picked(np.zeros(len(made_up()), dtype=np.bool_))
    with pytest.raises(NoCalls, match="no calls between 2024-01-01 and 2024-01-28"):
        of_ledger(held(nothing), PERIOD, None, TERMS)
    at_home = replace(nothing, self_hosted_calls=5)
    with pytest.raises(NoCalls, match="5 are self-hosted already"):
        of_ledger(held(at_home), PERIOD, None, TERMS)
