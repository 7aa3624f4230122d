"""What pages ask of a ledger beside reports: lists of calls, one call, charts, months, health.

Most are answered in a few hundredths of a second, over ten million calls as over ten: a search has a
bounded time and then says how far it came, and all sums are read from rollups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from ledger.call import Entry, Outcome, Pricing, UsageBasis
from ledger.ids import CallId
from ledger.money import NanoUsd
from ledger.period import Period
from ledger.rollup import Dimension, Rollup

SEARCH_S = 0.015
"""A page of calls is searched for about so long. Some 80,000 calls are looked at in that time, where rollups
cannot tell which hours to leave out; more time shows more."""
MOST_AT_ONCE = 500
"""Entries in one answer; who wants more asks again from where the answer ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls; None and an empty set leave all through. What is not known of a call does not pass.

    A name of "" stands for the calls that have no such name, as None does in a report's groups."""

    from_us: int | None = None
    """By the call's start; inclusive."""
    to_us: int | None = None
    """Exclusive."""
    model: str | None = None
    """As reports group: what was asked for, or else what answered."""
    upstream: str | None = None
    workload: str | None = None
    project: str | None = None
    user: str | None = None
    key: str | None = None
    client: str | None = None
    one_of: Mapping[Dimension, frozenset[str]] = field(default_factory=dict)
    """By dimension, names of which the call has one."""
    none_of: Mapping[Dimension, frozenset[str]] = field(default_factory=dict)
    """By dimension, names of which it has none."""
    session: str | None = None
    operation: str | None = None
    outcomes: frozenset[Outcome] = frozenset()
    """One of them; ledger.rollup.FAILED for all that a report counts as failed."""
    pricing: Pricing | None = None
    reason: str | None = None
    """Why the call is unpriced, the whole text."""
    usage_bases: frozenset[UsageBasis] = frozenset()
    """One of them; ledger.rollup.ESTIMATED for all that a report counts as estimated."""
    http_status: int | None = None
    stream: bool | None = None
    least_cost: NanoUsd | None = None
    """Of the list cost, inclusive; so are the other bounds. A call without a cost is not among them."""
    most_cost: NanoUsd | None = None
    least_latency_us: int | None = None
    """From start to end; a call that has not ended is not among them."""
    least_tokens: int | None = None
    """Input and output together."""
    logical_call_id: CallId | None = None
    tag: str | None = None
    """One whole k=v of the call's tags."""


@dataclass(frozen=True, slots=True)
class CallsPage:
    """Some calls, the latest first."""

    entries: tuple[Entry, ...]
    next_before: CallId | None
    """Ask again with before=this for older ones. None: there are none."""
    newer_after: CallId | None
    """Ask again with after=this for newer ones. None: there were none at that moment."""
    looked_back_to_us: int | None
    """The search's time was used up when it came to this instant: all that began after it was looked at, or
    all before it where *after* was given. The cursor goes on from there. None: the page is full, or all is
    looked at."""


class Unit(StrEnum):
    """Of time, in UTC."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """One value of the dimension over time."""

    value: str | None
    """None: the calls that have no such name, or the others."""
    others: int
    """How many values are summed up in this line; 0: it is one value's."""
    sums: tuple[Rollup, ...]
    """One for each of Series.starts_us."""
    total: Rollup


@dataclass(frozen=True, slots=True)
class Series:
    """Sums by time, and by the largest values of one dimension: what a stacked chart draws.

    Lines by cost, the largest first; the line of the others is the last. Together they are all calls."""

    period: Period
    by: Dimension
    unit: Unit
    starts_us: tuple[int, ...]
    """Of every hour or day in the period, also of those without calls."""
    lines: tuple[SeriesLine, ...]
    total: Rollup


@dataclass(frozen=True, slots=True)
class MonthSums:
    month: date
    """Its first day."""
    sums: Rollup


@dataclass(frozen=True, slots=True)
class Quantiles:
    """By nearest rank: each is one of the values. None: there were no values."""

    p50: float | None = None
    p90: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamHealth:
    """How an upstream has been doing. Times and speeds are of calls that ended well and whose tokens are
    known: an error that comes at once would make it look quick."""

    upstream: str
    sums: Rollup
    """Of all calls since the hour asked for."""
    looked_at: int
    """The latest calls of those; what follows is of them alone."""
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    latency_us: Quantiles = Quantiles()
    """From start to end."""
    first_byte_us: Quantiles = Quantiles()
    """From start to the first byte of a streamed answer."""
    output_tokens_per_s: Quantiles = Quantiles()
    """Of streamed answers, from first byte to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    path: str
    size_bytes: int
    wal_bytes: int
    """Of the write-ahead log beside it."""
    schema_version: int
    sqlite_version: str
    first_us: int | None
    """Start of the first call. None: there is none."""
    last_us: int | None
    calls: int
    """In all; not those that are under way."""


class Asking(Protocol):
    """The questions. Part of ledger.store.Reader, whose promises hold for them too."""

    def calls_page(
        self,
        which: CallFilter,
        *,
        before: CallId | None = None,
        after: CallId | None = None,
        limit: int = 50,
        search_s: float = SEARCH_S,
    ) -> CallsPage:
        """The latest calls that pass; with *before*, the latest of those that began before that call; with
        *after*, the earliest of those that began after it. Not both. Open ones too."""
        ...

    def sums_of(self, which: CallFilter) -> Rollup | None:
        """Of all calls that pass, those under way left out. None: rollups cannot tell, as they know names
        of one dimension at a time, whole hours, and nothing else."""
        ...

    def call(self, call_id: CallId) -> Entry | None: ...

    def attempts(self, logical_call_id: CallId, *, limit: int = MOST_AT_ONCE) -> list[Entry]:
        """All attempts of one call of the application, in the order of time; results of a batch are attempts
        of the call that told of them."""
        ...

    def tail(self, after: CallId, limit: int = 50) -> list[Entry]:
        """The latest of the calls that began after that one, the latest first."""
        ...

    def unfinished(self, limit: int = MOST_AT_ONCE) -> list[Entry]:
        """The latest of the calls that are under way, the latest first; none while nobody writes."""
        ...

    def series(
        self, period: Period, by: Dimension = Dimension.TOTAL, *, unit: Unit = Unit.DAY, most: int = 8
    ) -> Series:
        """With lines for the *most* largest values, and one for the others where there are more.

        Hours are for days, days for months: each is a Rollup for every line."""
        ...

    def months(self) -> Sequence[MonthSums]:
        """All months that have calls, the first one first."""
        ...

    def health(self, since_us: int) -> list[UpstreamHealth]:
        """Of each upstream that had calls since the start of that hour, by name."""
        ...

    def ledger_facts(self) -> LedgerFacts: ...
