"""What the rooms above ask of a ledger, whatever engine keeps it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ledger.asking import Asking
from ledger.call import Entry
from ledger.ids import CallId
from ledger.period import Period
from ledger.rollup import Rollup


class GroupBy(StrEnum):
    """What a report can be split by."""

    MODEL = "model"
    WORKLOAD = "workload"
    PROJECT = "project"
    USER = "user"
    KEY = "key"
    UPSTREAM = "upstream"
    CLIENT = "client"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Group:
    """*value* is None for the calls that have none; a day is 2026-10-05, an hour 2026-10-05T13:00Z."""

    value: str | None
    sums: Rollup


@dataclass(frozen=True, slots=True)
class Report:
    """A period's groups. Days and hours in order, others by cost, largest first. The total is their sum."""

    period: Period
    by: GroupBy
    groups: tuple[Group, ...]
    total: Rollup


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A rollup that is not the sum of its calls, or of the smaller ones that it is made of."""

    dimension: str
    hour: int
    """The first, since the Unix epoch."""
    value: str
    measure: str
    in_rollup: int
    in_calls: int
    unit: str = "hour"
    """Or day, or month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSeen:
    """A model as the calls of a period named it, and how many did; not those with nothing to bill."""

    provider: str | None
    request_model: str | None
    response_model: str | None
    service_tier: str | None
    self_hosted: bool
    calls: int


DEMAND_COLUMNS = (
    "started_us", "ended_us",
    "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens",
    "input_image_tokens", "input_audio_tokens", "needs",
    "list_cost_nusd", "is_self_hosted", "is_ended", "is_failed", "is_estimated", "retry_number",
    "provider_label", "request_model_label", "response_model_label",
    "service_tier_label", "operation_label", "workload_label", "upstream_label",
)  # fmt: skip
"""Of Reader.demand. Labels are numbers that Reader.names_of knows; what begins with is_ is 0 or 1. What a
process left open has not ended, and the next one may yet change it."""
DemandRow = tuple[int, ...]
"""One call, DEMAND_COLUMNS in their order. -1: not known, and of a cost: not priced."""


Meanwhile = Callable[[], None]
"""Asked in between by what takes long, within its transaction. Raises nothing, and leaves the store alone."""


class Store(Protocol):
    """The writing side: one process, one thread at a time. What returns is kept; what raises changed nothing.

    An entry takes the place of what was known of its call, never of its end: kept twice, it counts once.
    One whose item_key another call has is dropped: a batch's result counts once, whatever id it has."""

    def write(self, entries: Iterable[Entry], meanwhile: Meanwhile | None = None) -> None:
        """Keep *entries*; kept before or not, in any order."""
        ...

    def replay(self, entries: Iterable[Entry]) -> int:
        """The same. Returns how many calls were new to the ledger."""
        ...

    def recover(self) -> int:
        """End, as interrupted, what an earlier process left unfinished. Returns how many calls that were."""
        ...

    def probe(self) -> None:
        """Raises as write does while nothing can be written."""
        ...

    def key_secret(self) -> bytes:
        """The secret with which credentials are hashed; made once for each ledger. Raises LedgerError."""
        ...

    def close(self) -> None: ...


class Reader(Asking, Protocol):
    """The asking side; what pages ask beside reports is in ledger.asking. Works beside a writer, and after
    one that was killed: what that one left open is then answered as interrupted. Methods block; run them in
    a thread where a loop is to go on."""

    def snapshot(self) -> AbstractContextManager[None]:
        """All questions within it see the ledger at one moment."""
        ...

    def report(self, period: Period, by: GroupBy) -> Report: ...

    def calls(self, period: Period) -> Iterator[Entry]:
        """Every entry of the period, in the order of time."""
        ...

    def last_calls(self, limit: int) -> list[Entry]:
        """The latest entries, the latest first; open ones too."""
        ...

    def demand(self, period: Period) -> Iterator[Sequence[DemandRow]]:
        """What the ended calls of the period asked for, in the order of time, some thousands at once.

        Left out are reads and whatever else has nothing to bill."""
        ...

    def names_of(self, labels: Iterable[int]) -> Mapping[int, str]:
        """The texts of labels that an answer of demand has named."""
        ...

    def first_and_last(self, period: Period) -> tuple[CallId, CallId] | None:
        """The ids of the period's first call and of its last; open ones too. None: it has no call."""
        ...

    def unpriced_since(self, period: Period, latest: int) -> int:
        """When the first of the so many latest calls without a cost began; the period's start where they are
        not that many. Some 2 ms for 10,000, and what follows takes as long."""
        ...

    def unpriced_reasons(self, period: Period, since_us: int | None = None) -> list[tuple[str, int]]:
        """Why calls have no cost, with how many each; the most frequent first. *since_us*: of those that
        began then or later."""
        ...

    def models_seen(self, period: Period) -> list[ModelSeen]:
        """What was called, the most frequent first."""
        ...

    def disagreements(self) -> list[Disagreement]:
        """Rollups against rows, the whole ledger; empty when all is well."""
        ...

    def close(self) -> None: ...
