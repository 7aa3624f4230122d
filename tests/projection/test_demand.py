import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.period import US_PER_DAY, us_at
from projection.arrivals import US_PER_MINUTE
from projection.columns import Calls, columns_of
from projection.demand import demand_of

AZURE = Path(os.environ.get("PAYBACK_AZURE_TRACE", "not given"))
"""AzureLLMInferenceTrace_conv.csv of https://github.com/Azure/AzurePublicDataset (CC BY 4.0)."""


def three_calls() -> Calls:
    return columns_of(
        started_us=[US_PER_DAY, US_PER_DAY + 1, 2 * US_PER_DAY],
        ended_us=[US_PER_DAY + 10, US_PER_DAY + 11, None],
        input_tokens=[100, None, 300],
        output_tokens=[10, None, 30],
        cache_read_tokens=[50, None, None],
        failed=[0, 1, 0],
        retry_number=[0, 0, 1],
    )


def test_sums_are_exact_and_what_is_unknown_is_counted_apart() -> None:
    demand = demand_of(three_calls(), from_us=0, to_us=4 * US_PER_DAY)
    assert (demand.calls, demand.calls_with_usage, demand.calls_without_usage) == (3, 2, 1)
    assert (demand.input_tokens, demand.output_tokens, demand.cache_read_tokens) == (400, 40, 50)
    assert (demand.mean_input_tokens, demand.mean_output_tokens, demand.days) == (200.0, 20.0, 4.0)


def test_the_cached_share_is_of_those_that_say_so() -> None:
    """50 of 100; the call of 300 does not say, and a 0 for it would make it 12.5 %."""
    assert demand_of(three_calls()).cached_share == 0.5


def test_days_are_whole_ones_without_a_gap() -> None:
    daily = demand_of(three_calls(), from_us=5, to_us=4 * US_PER_DAY + 5).daily
    assert (daily.first_day, daily.calls.tolist()) == (1, [2, 1, 0])
    assert (daily.input_tokens.tolist(), daily.output_tokens.tolist()) == ([100, 300, 0], [10, 30, 0])


def test_half_a_day_is_no_quiet_day() -> None:
    daily = demand_of(three_calls(), from_us=US_PER_DAY, to_us=2 * US_PER_DAY + 1).daily
    assert (daily.first_day, daily.calls.tolist()) == (1, [2])


def test_a_period_that_is_not_given_is_the_minutes_of_the_calls() -> None:
    demand = demand_of(three_calls())
    assert (demand.from_us, demand.to_us) == (US_PER_DAY, 2 * US_PER_DAY + US_PER_MINUTE)
    assert len(demand.minutes.calls) == 24 * 60 + 1


def test_one_call_is_a_demand() -> None:
    demand = demand_of(columns_of(started_us=[90_000_000], input_tokens=[3], output_tokens=[0]))
    assert (demand.from_us, demand.to_us) == (US_PER_MINUTE, 2 * US_PER_MINUTE)
    assert (demand.minutes.peak_factor, demand.cached_share, len(demand.sizes)) == (1.0, None, 1)
    assert (demand.concurrency.most, demand.concurrency.calls_without_end) == (0, 1)


@pytest.mark.parametrize("to_us", [None, 0, 14 * US_PER_DAY])
def test_no_call_at_all_is_a_demand_of_nothing(to_us: int | None) -> None:
    nothing = columns_of(started_us=[], input_tokens=[], output_tokens=[])
    demand = demand_of(nothing, from_us=None if to_us is None else 0, to_us=to_us)
    assert (demand.calls, demand.input_tokens, demand.sizes) == (0, 0, ())
    assert demand.cached_share is None
    assert (demand.mean_input_tokens, demand.mean_output_tokens) == (None, None)
    assert demand.daily.calls.tolist() == [0] * ((to_us or 0) // US_PER_DAY)
    assert demand.concurrency.idle_share == 1.0


def test_a_call_without_any_input_has_no_cached_share() -> None:
    calls = columns_of(started_us=[0], input_tokens=[0], output_tokens=[5], cache_read_tokens=[0])
    assert demand_of(calls).cached_share is None


@pytest.mark.parametrize(("from_us", "to_us"), [(US_PER_DAY + 1, None), (None, 2 * US_PER_DAY)])
def test_calls_outside_the_period_are_refused(from_us: int | None, to_us: int | None) -> None:
    with pytest.raises(ValueError, match="outside the period"):
        demand_of(three_calls(), from_us=from_us, to_us=to_us)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        demand_of(three_calls(), from_us=US_PER_DAY, to_us=0)


@pytest.mark.skipif(not AZURE.is_file(), reason="PAYBACK_AZURE_TRACE does not name the trace")
def test_a_real_hour_is_profiled_to_the_token() -> None:
    with AZURE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC) for row in rows]
    demand = demand_of(
        columns_of(
            started_us=[us_at(time) for time in times],
            input_tokens=[int(row["ContextTokens"]) for row in rows],
            output_tokens=[int(row["GeneratedTokens"]) for row in rows],
        )
    )
    assert (demand.calls, demand.input_tokens, demand.output_tokens) == (19_366, 22_361_870, 4_088_665)
    assert sum(cell.input_tokens for cell in demand.sizes) == 22_361_870
    assert demand.minutes.peak_factor == pytest.approx(1.56, abs=0.005)  # as published for this trace
