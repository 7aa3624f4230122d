"""Rollups: what an entry adds to the sums that reports are read from.

An entry's contribution is a function of the entry alone. When an entry moves on, the difference
between its contributions is added; so the sums are at every commit those of the rows."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from operator import add, attrgetter
from typing import TypeVar

import msgspec

from ledger.call import Entry, Outcome, Pricing, State, UsageBasis
from ledger.money import NOTHING, NanoUsd
from ledger.period import US_PER_HOUR


class Dimension(StrEnum):
    """What reports group by. Every call is in each of them once."""

    TOTAL = "total"
    MODEL = "model"
    WORKLOAD = "workload"
    PROJECT = "project"
    USER = "user"
    KEY = "key"
    UPSTREAM = "upstream"
    CLIENT = "client"


class Rollup(msgspec.Struct, frozen=True):
    """Sums over calls. Tokens are those that are known; list_cost is that of the priced calls."""

    calls: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    list_cost: NanoUsd = NOTHING
    unpriced_calls: int = 0
    """Calls whose cost is not known and not in list_cost."""
    self_hosted_calls: int = 0
    not_billed_calls: int = 0
    estimated_calls: int = 0
    """Calls whose tokens are an estimate, of the whole or of the part that was seen."""
    interrupted_calls: int = 0
    failed_calls: int = 0
    upstream_cost: NanoUsd = NOTHING
    """What upstream itself says that calls cost, of those of which it says so. Never part of list_cost."""
    upstream_cost_list: NanoUsd = NOTHING
    """The list cost of those same calls, as far as it is known: what upstream_cost compares with."""
    estimated_list_cost: NanoUsd = NOTHING
    """The part of list_cost that rests on the tokens of estimated_calls."""

    def __add__(self, other: "Rollup") -> "Rollup":
        return Rollup(*map(add, amounts_of(self), amounts_of(other)))


MEASURES = Rollup.__struct_fields__
COST_MEASURES = frozenset({"list_cost", "upstream_cost", "upstream_cost_list", "estimated_list_cost"})
"""Measures that are money; the others are counts."""
FAILED = frozenset({Outcome.UPSTREAM_ERROR, Outcome.UPSTREAM_BROKE, Outcome.TIMEOUT})
"""What failed_calls counts."""
ESTIMATED = frozenset({UsageBasis.ESTIMATED, UsageBasis.PARTIAL})
"""What estimated_calls counts."""

K = TypeVar("K")
Sums = tuple[int, ...]
"""The measures of a Rollup, in order."""
Cell = tuple[int, str, str, str, str, str, str, str]
"""Hour since the epoch, then model, workload, project, user, key, upstream, client; '' for none."""
_NOTHING: Sums = (0,) * len(MEASURES)


amounts_of = attrgetter(*MEASURES)
"""A Rollup as Sums."""


def sum_of(rows: Iterable[Sums]) -> Rollup:
    found = list(rows)
    if len(found) == 1:  # most are: reports have thousands
        return Rollup(*found[0])  # type: ignore[arg-type]  # some are money
    return Rollup(*map(sum, zip(*found, strict=True)))  # type: ignore[arg-type]


def sums_of(entry: Entry) -> Sums:
    """What *entry* counts for. An open call counts for nothing yet."""
    if entry.state is State.OPEN:
        return _NOTHING
    call, usage, pricing = entry.call, entry.call.usage, entry.pricing
    return (
        1,
        usage.input_tokens if usage else 0,
        (usage.cache_read_tokens or 0) if usage else 0,
        (usage.cache_write_tokens or 0) if usage else 0,
        usage.output_tokens if usage else 0,
        (usage.reasoning_tokens or 0) if usage else 0,
        entry.list_cost or 0,
        int(pricing is Pricing.UNPRICED),
        int(pricing is Pricing.SELF_HOSTED),
        int(pricing is Pricing.NOT_BILLED),
        int(call.usage_basis in ESTIMATED),
        int(call.outcome is Outcome.INTERRUPTED),
        int(call.outcome in FAILED),
        call.upstream_cost or 0,
        (entry.list_cost or 0) if call.upstream_cost is not None else 0,
        (entry.list_cost or 0) if call.usage_basis in ESTIMATED else 0,
    )


class Contributions:
    """Adds up what a batch of entries changes."""

    def __init__(self) -> None:
        self._cells: dict[Cell, list[int]] = {}

    def move(self, before: Entry | None, after: Entry) -> None:
        """Count *after* in place of *before*, which was counted earlier; None: nothing was."""
        if before is not None and before.state is not State.OPEN:
            self._add(before, -1)
        if after.state is not State.OPEN:
            self._add(after, 1)

    def by_dimension(self) -> Iterator[tuple[Dimension, int, str, Sums]]:
        """Dimension, hour, value, what to add. Each (dimension, hour, value) comes once."""
        tables: dict[Dimension, dict[tuple[int, str], list[int]]] = {dimension: {} for dimension in Dimension}
        for (hour, *values), sums in self._cells.items():
            changes = [(position, amount) for position, amount in enumerate(sums) if amount]
            for table, value in zip(tables.values(), ("", *values), strict=True):
                _add_into(table, (hour, value), sums, changes)
        for dimension, table in tables.items():
            for (hour, value), sums in table.items():
                if any(sums):
                    yield dimension, hour, value, tuple(sums)

    def _add(self, entry: Entry, sign: int) -> None:
        sums, cell = sums_of(entry), _cell_of(entry)
        total = self._cells.get(cell)
        if total is None:
            self._cells[cell] = [sign * amount for amount in sums]
            return
        for position, amount in enumerate(sums):
            if amount:
                total[position] += sign * amount


def _add_into(table: dict[K, list[int]], key: K, sums: list[int], changes: list[tuple[int, int]]) -> None:
    """A cell comes through here eight times. *changes* are those of *sums* that are not 0, found once."""
    total = table.get(key)
    if total is None:
        table[key] = sums.copy()
        return
    for position, amount in changes:
        total[position] += amount


def _cell_of(entry: Entry) -> Cell:
    call, who = entry.call, entry.call.who
    return (
        call.started_us // US_PER_HOUR,
        call.model or "",
        who.workload or "",
        who.project or "",
        who.user or "",
        who.key or "",
        call.upstream,
        who.client or "",
    )
