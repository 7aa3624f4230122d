"""What is told of a demand: of three calls, to be counted by hand."""

from dataclasses import replace

import numpy as np

from payback.project_demand import demand_as_json, demand_lines, fleet_lines, grid_of
from projection.columns import columns_of
from projection.demand import demand_of
from tests.payback.projections import DEMAND
from tests.projection.cases import fleet


def test_sizes_are_told_together_and_add_up_to_the_calls() -> None:
    """1,000 and 1,020 tokens share a bin of input, 100 and 110 one of output."""
    told = demand_as_json(DEMAND)["sizes"]
    first, second = told
    assert (first["calls"], first["input_tokens"], first["output_tokens"]) == (2, 2020, 210)
    assert first["input_from"] <= 1000 <= 1020 < first["input_to"]
    assert (second["calls"], second["input_tokens"]) == (1, 40_000)


def test_how_many_are_under_way_is_told_by_the_time_it_lasts() -> None:
    """Of eight quarters of an hour one has two, one has one, six have none: a mean of 3/8."""
    assert demand_as_json(DEMAND)["under_way"] == {
        "mean": 0.375, "p99": 2, "most": 2, "idle_share": 0.75, "calls_without_end": 1,
    }  # fmt: skip


def test_minutes_and_hours_of_the_week_are_told_and_what_was_not_seen_is_null() -> None:
    told = demand_as_json(DEMAND)
    assert told["calls_in_a_minute"] == {"p50": 0.0, "p99": 0.81, "most": 2}
    assert told["by_hour"]["calls"][:3] == [2.0, 1.0, None]
    assert told["by_hour"]["output_tokens"][:3] == [210.0, 300.0, None]


def test_calls_too_long_for_a_context_are_a_share_of_those_that_are_known() -> None:
    told = demand_as_json(DEMAND)
    assert told["longest_tokens"] == 40_300
    assert told["longer_share"] == {"8192": 0.3333, "32768": 0.3333, "131072": 0.0}


def test_the_table_has_lines_for_input_and_columns_for_output() -> None:
    assert [row[:3] for row in grid_of(DEMAND.sizes)[1:5]] == [[2, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]]
    text = "\n".join(demand_lines(DEMAND))
    assert "0.375 calls under way on the mean, 2 or fewer for 99 % of the time, none for 75% of it" in text
    assert "the longest call has 40,300 tokens, input and output, 33% exceed 8,192, 33% exceed 32,768" in text
    assert [line.split() for line in text.splitlines()[-2:]] == [
        ["to", "1k", "2", "0"],
        ["to", "64k", "0", "1"],
    ]


def test_of_calls_without_tokens_and_ends_only_the_minutes_are_told() -> None:
    nothing = demand_of(columns_of(started_us=[5], input_tokens=[None], output_tokens=[None]))
    (line,) = demand_lines(nothing)
    assert line == "a minute has 1 calls in the middle, 1 or fewer in 99 % of them, 1 at most"
    assert demand_as_json(nothing)["longer_share"] == {"8192": None, "32768": None, "131072": None}


def test_how_full_a_machine_is_is_told_with_its_fullest_hour_and_what_it_cannot_take() -> None:
    """A tenth in every hour but Tuesday 3:00, which is full: (167 x 0.1 + 1) / 168 = 10.5 %."""
    loads = np.full(168, 0.1)
    loads[24 + 3] = 1.0
    full = replace(fleet(), load_by_hour=loads, overflow_share=0.25, longest_queue=1200)
    in_time, speed, hours = fleet_lines(full)
    assert (
        in_time == "99.9% of the measured requests in time, 1,200 waiting at most; 25% of the tokens overflow"
    )
    assert speed == "bears 2 times the measured traffic; asked for 38 of 1,000 tokens a second on the mean"
    assert hours.startswith("taken 11% on the mean of the hours of the week, 100% on Tuesday 3:00 UTC")
    nothing = replace(full, load_by_hour=np.full(168, np.nan))
    assert len(list(fleet_lines(nothing))) == 2
