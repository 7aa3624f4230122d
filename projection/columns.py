"""Calls as columns: what the demand of a workload is read from, one number per call and question."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Column = Sequence[int | None] | Ints

UNKNOWN = -1
"""In a column, what nobody reported. In a plain sequence None says the same."""
_MOST_SUM = 2**62
"""Columns with a larger sum are refused: near there 64 bits run over, and a sum is wrong in silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Columns of one length, one place for each attempt, in the order of their start. Times are in
    microseconds since the epoch. Tokens are inclusive, as in ledger.usage. See columns_of."""

    started_us: Ints
    ended_us: Ints
    input_tokens: Ints
    """UNKNOWN exactly where output_tokens are: no usage is known of that call."""
    output_tokens: Ints
    cache_read_tokens: Ints
    failed: Ints
    """1: upstream refused it, broke it off or was too late; 0: not."""
    estimated: Ints
    """1: the tokens are our estimate, whole or in part; 0: as the provider counted them, or not known."""
    retry_number: Ints
    """Above 0: an attempt at a call that had been tried before."""

    def __len__(self) -> int:
        return len(self.started_us)

    def __post_init__(self) -> None:
        names = [field.name for field in fields(self)]
        if len({len(getattr(self, name)) for name in names}) != 1:
            raise ValueError(f"columns are of one length: {', '.join(names)}")
        if np.any(self.started_us < 0):
            raise ValueError("a call without a start has no place in a demand")
        if np.any((self.input_tokens < 0) != (self.output_tokens < 0)):
            raise ValueError("a call's input_tokens and output_tokens are both known or both unknown")
        if np.any((self.cache_read_tokens > self.input_tokens) & (self.input_tokens >= 0)):
            raise ValueError("cache_read_tokens exceed input_tokens, which include them")
        if float(self.input_tokens.sum(dtype=float) + self.output_tokens.sum(dtype=float)) >= _MOST_SUM:
            raise ValueError("the tokens add up to more than 2^62: counts that no provider can have meant")


def columns_of(
    *,
    started_us: Column,
    input_tokens: Column,
    output_tokens: Column,
    ended_us: Column | None = None,
    cache_read_tokens: Column | None = None,
    failed: Column | None = None,
    estimated: Column | None = None,
    retry_number: Column | None = None,
) -> Calls:
    """Calls in the order of their start, from columns in any order. What is not given is unknown of all
    calls, but failed, estimated and retry_number, which are then 0. Raises ValueError for columns that
    contradict."""
    count = len(started_us)
    given = {
        "started_us": started_us,
        "ended_us": _or_all(ended_us, UNKNOWN, count),
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": _or_all(cache_read_tokens, UNKNOWN, count),
        "failed": _or_all(failed, 0, count),
        "estimated": _or_all(estimated, 0, count),
        "retry_number": _or_all(retry_number, 0, count),
    }
    columns = {name: _column(name, column) for name, column in given.items()}
    order = np.argsort(columns["started_us"], kind="stable")
    if any(len(column) != count for column in columns.values()):
        raise ValueError(f"columns are of one length: {', '.join(columns)}")
    return Calls(**{name: column[order] for name, column in columns.items()})


def _or_all(column: Column | None, value: int, count: int) -> Column:
    return np.full(count, value, dtype=np.int64) if column is None else column


def _column(name: str, values: Column) -> Ints:
    if isinstance(values, np.ndarray):
        if values.ndim != 1 or not (np.issubdtype(values.dtype, np.integer) or values.dtype == np.bool_):
            raise ValueError(f"{name} is not one row of whole numbers")
        column = values.astype(np.int64)
    else:
        column = np.array([UNKNOWN if value is None else value for value in values], dtype=np.int64)
    if np.any(column < UNKNOWN):
        raise ValueError(f"{name} has a number below 0")
    return column
