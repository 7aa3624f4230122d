"""One day's calls as columns: what the ledger's answer becomes before it is kept in a file, or projected."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ledger.store import DEMAND_COLUMNS, DemandRow
from projection.columns import UNKNOWN, Ints
from projection.traffic import Billed, Needs

LANGUAGE = frozenset({"chat", "text_completion", "generate_content"})
"""Operations that an open language model could answer in place of the cloud's."""
NO_WORKLOAD = "(no workload)"
"""Stands for calls without a workload, as in a report."""
KEPT_COLUMNS = (
    "started_us", "ended_us", "input_tokens", "output_tokens", "cache_read_tokens", "failed", "estimated",
    "retry_number",
    "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens", "list_cost_nusd",
    "needs", "billed", "workload",
)  # fmt: skip
"""Those of projection.columns.Calls, then those of projection.traffic.Traffic, then the workload."""

NamesOf = Callable[[Iterable[int]], Mapping[int, str]]
AnyInts = npt.NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Calls of a workload that are counted and not projected."""

    self_hosted: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayCalls:
    """Columns in the order of time: calls that a language model answered and that were paid for by use."""

    columns: Mapping[str, AnyInts]
    """KEPT_COLUMNS. billed and workload are positions in the next two."""
    billings: tuple[Billed, ...]
    workloads: tuple[str, ...]
    beside: tuple[Beside, ...]
    """One for each of *workloads*."""
    are_over: bool = True
    """False: one of them was left open, and may yet be written otherwise."""

    def __len__(self) -> int:
        return len(self.columns["started_us"])

    @property
    def calls(self) -> int:
        """All that there were of that day, those beside too."""
        return len(self) + sum(each.self_hosted + each.other for each in self.beside)


def day_calls_of(answer: Iterable[Sequence[DemandRow]], names_of: NamesOf) -> DayCalls:
    """*answer* is that of ledger.store.Reader.demand, for one day."""
    rows = _columns_of(answer)
    workloads, workload = _texts_of(rows["workload_label"], names_of)
    operations, operation = _texts_of(rows["operation_label"], names_of)
    is_other = ~np.isin(operation, [n for n, name in enumerate(operations) if name in LANGUAGE])
    is_home = (rows["is_self_hosted"] == 1) & ~is_other
    moves = ~is_other & ~is_home
    billings, billed = _billings_of({name: rows[name][moves] for name in _BILLED}, names_of)
    columns = {name: rows[column][moves] for name, column in _AS_THEY_ARE.items()}
    columns |= {"needs": _needs_of(rows)[moves], "billed": billed, "workload": workload[moves]}
    return DayCalls(
        columns=_in_order_of_time(columns),
        billings=billings,
        workloads=tuple(name or NO_WORKLOAD for name in workloads),
        beside=_beside_of(len(workloads), workload[is_home], workload[is_other]),
        are_over=bool(rows["is_ended"].all()),
    )


_FLAGS = ("failed", "estimated")
_AS_THEY_ARE = {name: f"is_{name}" if name in _FLAGS else name for name in KEPT_COLUMNS[:-3]}
_BILLED = ("provider_label", "response_model_label", "request_model_label", "service_tier_label")


def _columns_of(answer: Iterable[Sequence[DemandRow]]) -> dict[str, Ints]:
    parts = [np.array(some, dtype=np.int64) for some in answer]
    rows = np.concatenate(parts) if parts else np.zeros((0, len(DEMAND_COLUMNS)), dtype=np.int64)
    return dict(zip(DEMAND_COLUMNS, np.ascontiguousarray(rows.T), strict=True))


def _texts_of(labels: Ints, names_of: NamesOf) -> tuple[tuple[str, ...], Ints]:
    """The different texts, and which one each call has; an empty one stands for none too."""
    numbers, which = np.unique(labels, return_inverse=True)
    texts: dict[str, int] = {}
    places = [texts.setdefault(text, len(texts)) for text in _texts(numbers, names_of)]
    return tuple(texts), np.array(places, dtype=np.int64)[which]


def _texts(labels: Ints, names_of: NamesOf) -> list[str]:
    numbers: list[int] = labels.tolist()
    known = names_of({number for number in numbers if number != UNKNOWN})
    return [known.get(number, "") for number in numbers]


def _billings_of(labels: Mapping[str, Ints], names_of: NamesOf) -> tuple[tuple[Billed, ...], Ints]:
    first, which = _grouped(list(labels.values()))
    texts = [_texts(labels[name][first], names_of) for name in _BILLED]
    billings = [
        Billed(provider=provider or None, models=_models_of(answered, asked), service_tier=tier or None)
        for provider, answered, asked, tier in zip(*texts, strict=True)
    ]
    return tuple(billings), which


def _models_of(answered: str, asked: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (answered, asked) if name))


def _grouped(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Where each different combination stands first, and which one each row has."""
    group = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        numbers, which = np.unique(column, return_inverse=True)
        _, group = np.unique(group * max(len(numbers), 1) + which, return_inverse=True)
    _, first, group = np.unique(group, return_index=True, return_inverse=True)
    return first, group


def _needs_of(rows: Mapping[str, Ints]) -> Ints:
    """What requests showed, and what tokens tell beside: a session's, or of turns that upstream keeps."""
    images = np.where(rows["input_image_tokens"] > 0, int(Needs.IMAGES), 0)
    audio = np.where(rows["input_audio_tokens"] > 0, int(Needs.AUDIO), 0)
    told, shown = images | audio, rows["needs"]
    return np.where(shown != UNKNOWN, shown | told, np.where(told > 0, told, UNKNOWN))


def _beside_of(workloads: int, home: Ints, other: Ints) -> tuple[Beside, ...]:
    counts = (np.bincount(which, minlength=workloads).tolist() for which in (home, other))
    return tuple(Beside(self_hosted=at_home, other=others) for at_home, others in zip(*counts, strict=True))


def _in_order_of_time(columns: dict[str, Ints]) -> dict[str, Ints]:
    """The ledger's order is that of ids, which are made of the start; imported ones could be otherwise."""
    started = columns["started_us"]
    if not np.any(started[1:] < started[:-1]):
        return columns
    order = np.argsort(started, kind="stable")
    return {name: column[order] for name, column in columns.items()}
