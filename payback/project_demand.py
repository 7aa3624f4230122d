"""What a workload asks for: sizes, when calls come, how many at once; and whether machines are enough."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from payback.figures import percent
from payback.terminal import Column, counted, render_table
from projection.arrivals import WeekProfile
from projection.demand import Demand
from projection.fleet import Fleet
from projection.sizes import Cell

CONTEXTS = (8_192, 32_768, 131_072)
"""Of models that are sold: who sends longer calls can move them to fewer."""
BORDERS = (256, 1024, 4096, 16_384, 65_536)
"""Where the table for people has its borders; the bins of projection.sizes end at each."""
_NAMES = ("to 256", "to 1k", "to 4k", "to 16k", "to 64k", "more")
_BUSY = 0.99
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS_PER_DAY = 24


def demand_as_json(demand: Demand) -> dict[str, Any]:
    under_way, minutes = demand.concurrency, demand.minutes
    return {
        "longest_tokens": demand.contexts.longest_tokens,
        "longer_share": {str(tokens): _share(demand.contexts.share_beyond(tokens)) for tokens in CONTEXTS},
        "calls_in_a_minute": {
            "p50": round(minutes.calls_at(0.5), 2),
            "p99": round(minutes.calls_at(_BUSY), 2),
            "most": minutes.peak_calls,
        },
        "under_way": {
            "mean": round(under_way.mean, 4),
            "p99": under_way.at(_BUSY),
            "most": under_way.most,
            "idle_share": round(under_way.idle_share, 4),
            "calls_without_end": under_way.calls_without_end,
        },
        "by_hour": _by_hour(demand.week),
        "sizes": [_cell(cell) for cell in demand.sizes],
        "size_table": {"titles": _NAMES, "calls_by_input": grid_of(demand.sizes)},
    }


def demand_lines(demand: Demand) -> Iterator[str]:
    """For people; when nobody saw a call end, nothing is told of how many were under way."""
    minutes, under_way = demand.minutes, demand.concurrency
    busy = f"a minute has {minutes.calls_at(0.5):,.0f} calls in the middle, {minutes.calls_at(_BUSY):,.0f}"
    yield f"{busy} or fewer in 99 % of them, {minutes.peak_calls:,} at most"
    if under_way.calls_without_end < demand.calls:
        told = f"{under_way.mean:.3g} calls under way on the mean, {under_way.at(_BUSY):,} or fewer for 99 %"
        yield f"{told} of the time, none for {percent(under_way.idle_share)} of it"
    longer = [(tokens, demand.contexts.share_beyond(tokens)) for tokens in CONTEXTS]
    beyond = [f"{percent(share)} exceed {tokens:,}" for tokens, share in longer if share and share >= 0.005]
    if demand.contexts.longest_tokens is not None:
        longest = f"the longest call has {demand.contexts.longest_tokens:,} tokens, input and output"
        yield ", ".join([longest, *beyond])
    yield from _sizes(demand.sizes)


def fleet_lines(fleet: Fleet) -> Iterator[str]:
    """Whether the machines are enough for what is asked for, and when they are full."""
    yield (
        f"{fleet.share_within:.1%} of the measured requests in time, {fleet.longest_queue:,} waiting at"
        f" most; {percent(fleet.overflow_share)} of the tokens overflow"
    )
    yield (
        f"bears {fleet.bears_factor:.3g} times the measured traffic; asked for"
        f" {fleet.observed_tokens_per_s:,.0f} of {fleet.full_tokens_per_s:,.0f} tokens a second on the mean"
    )
    loads = [(load, hour) for hour, load in enumerate(fleet.load_by_hour.tolist()) if not math.isnan(load)]
    if loads:
        most, hour = max(loads)
        when = f"{_DAYS[hour // HOURS_PER_DAY]} {hour % HOURS_PER_DAY}:00 UTC"
        mean = sum(load for load, _ in loads) / len(loads)
        yield (
            f"taken {percent(mean)} on the mean of the hours of the week, {percent(most)} on {when};"
            f" more than 80 % taken for {percent(fleet.nearly_full_share)} of the time"
        )


def grid_of(cells: Sequence[Cell]) -> list[list[int]]:
    """Calls by size of the input, line by line, and of the output."""
    grid = [[0] * len(_NAMES) for _ in _NAMES]
    for cell in cells:
        grid[_place(cell.input_from_tokens)][_place(cell.output_from_tokens)] += cell.calls
    return grid


def _place(tokens: int) -> int:
    return sum(tokens >= border for border in BORDERS)


def _sizes(cells: Sequence[Cell]) -> Iterator[str]:
    """Lines and columns without a call are left out."""
    grid = np.array(grid_of(cells))
    if not grid.any():
        return
    rows, columns = np.flatnonzero(grid.any(axis=1)), np.flatnonzero(grid.any(axis=0))
    lines = [[_NAMES[row], *(f"{grid[row, column]:,}" for column in columns)] for row in rows]
    titles = [Column("calls by input", False), *(Column(f"output {_NAMES[column]}") for column in columns)]
    yield f"sizes of {counted(int(grid.sum()))}, in tokens"
    yield render_table(titles, lines)


def _by_hour(week: WeekProfile) -> dict[str, list[float | None]]:
    """Monday 0:00 UTC first; null: that hour was not seen."""
    per_h = {"calls": week.calls_per_h(), "output_tokens": week.output_tokens_per_h()}
    return {
        name: [None if math.isnan(amount) else round(amount, 2) for amount in amounts.tolist()]
        for name, amounts in per_h.items()
    }


def _cell(cell: Cell) -> dict[str, int]:
    return {
        "input_from": cell.input_from_tokens,
        "input_to": cell.input_to_tokens,
        "output_from": cell.output_from_tokens,
        "output_to": cell.output_to_tokens,
        "calls": cell.calls,
        "input_tokens": cell.input_tokens,
        "output_tokens": cell.output_tokens,
    }


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
