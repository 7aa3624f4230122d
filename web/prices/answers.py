"""Which models were called, and how: asked of rollups, and of a few calls of each model. They block.

Not all calls are looked at: that takes a second for a million. A model that is called in more than one way
has a row for each that is among its latest calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.asking import CallFilter
from ledger.call import Entry, Pricing
from ledger.period import Period
from ledger.rollup import Rollup
from ledger.store import GroupBy, Reader

DAYS = 31
"""As payback prices has it."""
MOST_MODELS = 60
LATEST = 8
"""Calls of each model."""
_SEARCH_S = 0.002


@dataclass(frozen=True, slots=True)
class Seen:
    """A model, by the name that reports group by."""

    name: str | None
    sums: Rollup
    latest: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    period: Period
    seen: tuple[Seen, ...]
    """Those with unpriced calls first, then the most expensive."""
    others: int
    """Models that are not among them."""


def ask(reader: Reader, today: date) -> Answers:
    period = Period(today - timedelta(days=DAYS - 1), today + timedelta(days=1))
    groups = [
        group
        for group in reader.report(period, GroupBy.MODEL).groups
        if group.sums.calls > group.sums.not_billed_calls
    ]
    asked = sorted(groups, key=lambda group: not group.sums.unpriced_calls)[:MOST_MODELS]
    return Answers(
        period=period,
        seen=tuple(Seen(group.value, group.sums, _latest(reader, period, group.value)) for group in asked),
        others=len(groups) - len(asked),
    )


def _latest(reader: Reader, period: Period, name: str | None) -> Sequence[Entry]:
    which = CallFilter(from_us=period.from_us, to_us=period.to_us, model=name or "")
    found = reader.calls_page(which, limit=LATEST, search_s=_SEARCH_S).entries
    return [entry for entry in found if entry.pricing is not Pricing.NOT_BILLED]
