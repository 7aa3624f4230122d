"""The calls of one workload that a language model answered, as columns, each with what it was billed as.

What a projection compares is the same calls at other prices and on other machines: nothing is summed here."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ledger.needs import Needs as Needs
from projection.columns import UNKNOWN, Calls, Ints

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """A model by the names that its price is looked up with."""

    provider: str | None
    models: tuple[str, ...]
    """As ledger.pricebook wants them: the answer's own name first, then the request's."""
    service_tier: str | None = None

    @property
    def name(self) -> str:
        """As people know it: what was asked for, or else what answered."""
        return self.models[-1] if self.models else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Columns of one length, one place for each attempt, in the order of their start. Left out are calls
    that no language model answers, such as embeddings and images, and those that are at home already:
    they are counted beside."""

    workload: str | None
    """None: all workloads together."""
    from_us: int
    """Of the period, which ends before *to_us*."""
    to_us: int
    calls: Calls
    cache_write_tokens: Ints
    """UNKNOWN where nobody said; so are the next two."""
    cache_write_1h_tokens: Ints
    reasoning_tokens: Ints
    list_cost_nusd: Ints
    """UNKNOWN: unpriced."""
    billed: Ints
    """Which one of *billings*."""
    billings: tuple[Billed, ...]
    needs: Ints
    """Flags of Needs; UNKNOWN where it was not recorded."""
    self_hosted_calls: int = 0
    other_calls: int = 0

    def __post_init__(self) -> None:
        if any(len(getattr(self, name)) != len(self.calls) for name in COLUMNS):
            raise ValueError(f"columns are as long as the calls: {', '.join(COLUMNS)}")
        if np.any((self.billed < 0) | (self.billed >= len(self.billings))):
            raise ValueError("a call is billed as a model that is not among the billings")
        if self.to_us < self.from_us:
            raise ValueError("the period ends before it begins")

    def __len__(self) -> int:
        return len(self.calls)

    @property
    def unpriced_calls(self) -> int:
        return int(np.count_nonzero(self.list_cost_nusd == UNKNOWN))

    @property
    def calls_without_usage(self) -> int:
        """Of the unpriced ones, those whose tokens are not known."""
        unknown = self.calls.input_tokens == UNKNOWN
        return int(np.count_nonzero(unknown & (self.list_cost_nusd == UNKNOWN)))

    @property
    def list_cost_usd(self) -> float:
        """Of the calls whose cost is known."""
        return int(self.list_cost_nusd[self.list_cost_nusd != UNKNOWN].sum()) / 1e9

    def picked(self, which: Flags) -> "Traffic":
        """The same period with those calls only. Nothing is copied where all are meant."""
        if which.all():
            return self
        places = np.flatnonzero(which)  # four times as fast, over as many columns, as the flags are
        in_calls = {field.name: _taken(getattr(self.calls, field.name), places) for field in fields(Calls)}
        others: dict[str, Any] = {name: _taken(getattr(self, name), places) for name in COLUMNS}
        return replace(self, calls=Calls(**in_calls), **others)


def _taken(column: Ints, places: npt.NDArray[np.intp]) -> Ints:
    """A column that repeats one number in memory goes on doing so."""
    return column[: len(places)] if column.strides == (0,) else column[places]


COLUMNS = (
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
    "list_cost_nusd",
    "billed",
    "needs",
)
